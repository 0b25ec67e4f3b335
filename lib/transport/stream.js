'use strict';

/**
 * The sending half of the stream transport: the frames of one burst are written in one write per connection.
 *
 * The native side writes frames behind each other into a slab that it shares with us. While one connection sends, its
 * frames are one range of the slab; when another one sends, that range ends and waits. A flush gives each range to its
 * stream as a Buffer on the slab, uncopied. `lib/transport/prompt.js` decides whether a frame is flushed at once. If
 * not, it is at the end of the dispatch or in the next tick, and always before the stream or the process ends.
 */

const { callFromTick } = require('./posting');
const { beforeExit } = require('./exit');
const immediates = require('./immediates');
const { write, writeRanges } = require('./lending');
const { lengthOf } = require('../native/bytes');
const memory = require('./memory');
const native = require('../native');
const { MAX_HEADER, shortHeader } = require('../native/header');
const { endBurst, hasStack, isDue } = require('./prompt');
const { pause, resume } = require('./reading');
const { readable } = require('./small_bytes');
const told = require('./told');
const { Fronts } = require('./views');

/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').OwnedStream} OwnedStream */
/** @typedef {(() => void) | undefined} Written */

const SLAB = 64 * 1024;
/** Payloads from this size up are framed in memory of their own. */
const OWN_MEMORY_FROM = 16 * 1024;
/** UTF-16 units from which a text is encoded into a Buffer of its own. */
const OWN_MEMORY_FROM_UNITS = 16 * 1024;
/** What the native side returns if a frame does not fit. A new slab has room for every frame that is not large. */
const NO_ROOM = -1;
/** What it adds to the end of the frame if it knows that the stack has room for a write. */
const SHALLOW = 1 << 20;

/** @type {Buffer} */
let slab;
/** Views of it: most answers do alone. @type {Fronts} */
let fronts;
let cursor = 0;
/** The connection whose frames are being written, and where its range begins. */
/** @type {Connection | null} */
let owner = null;
let start = 0;
/** Ranges that wait: a connection, a Buffer, a function to call once it is written or nothing, and so on. */
/** @type {any[]} */
let waiting = [];
let scheduled = false;
/** Whether nothing was sent since the last burst ended. */
let isQuiet = true;
let dispatching = 0;
let flushing = 0;
/** Whether the burst ends in the next turn, for it may be in a loop that a handler runs: no dispatch ends and no tick runs there. */
let inLoop = false;
/** Whether no range of the running flush is needed any more, so that the slab may be overwritten. */
let reusable = true;

/** Takes new memory for the slab. The bytes of the old one stay there until they are written. */
function renew() {
  seal();
  slab = Buffer.allocUnsafeSlow(SLAB);
  memory.share(slab.buffer);
  native.shareSlab(slab);
  fronts = new Fronts(slab);
  cursor = start = 0;
  reusable = true;
}
renew();

/** Ends the range of the connection that is sending. */
function seal() {
  if (owner !== null) {
    if (cursor > start) {
      const range = slab.subarray(start, cursor);
      waiting.push(owner, range, undefined);
      owner._pending += range.length;
    }
    owner = null;
  }
  start = cursor;
}

/**
 * Makes `ws` the connection that is sending.
 *
 * @param {Connection} ws
 */
function own(ws) {
  isQuiet = false;
  if (owner !== ws) {
    seal();
    owner = ws;
  }
  if (dispatching === 0 && !scheduled) {
    // `nextTick` comes first: if it throws for lack of stack, the next caller schedules.
    process.nextTick(tick);
    scheduled = true;
  }
}

function tick() {
  scheduled = false;
  callFromTick(flushBurst);
}

/** A burst ends for want of a tick. */
function endInLoop() {
  inLoop = false;
  callFromTick(flushBurst);
}

/** The burst is over: everything is written. */
function flushBurst() {
  if (inLoop) immediates.takeBack(endInLoop);
  inLoop = false;
  isQuiet = true;
  endBurst();
  flush();
}

/**
 * The frames of `ws` stand in the slab up to `end`. They are written now or later.
 *
 * @param {Connection} ws
 * @param {number} end with {@link SHALLOW} or without
 * @returns {boolean} false while the stream is backed up
 */
function sent(ws, end) {
  cursor = end & (SHALLOW - 1);
  // If a stream calls back while it is written to, what is sent then waits for the end of that flush.
  if (flushing > 0) return !ws._backedUp;
  if (isDue(ws)) {
    if (end >= SHALLOW || hasStack()) flush();
  } else if (!inLoop && (end >= SHALLOW || hasStack())) {
    immediates.put(endInLoop);
    inLoop = true;
  }
  return !ws._backedUp;
}

/** Gives everything that waits to the streams. */
function flush() {
  if (owner === null && waiting.length === 0) return;
  flushing++;
  try {
    flushAll();
  } finally {
    flushing--;
  }
}

function flushAll() {
  if (owner !== null && waiting.length === 0) {
    // One range of one connection: by far the most common case.
    const ws = owner;
    owner = null;
    if (cursor > start) {
      const range = start === 0 ? fronts.of(cursor) : slab.subarray(start, cursor);
      start = cursor;
      if (!write(ws, range)) reusable = false;
      // The stream may have called back, and a connection may have sent since.
      if (reusable && owner === null && waiting.length === 0) cursor = start = 0;
    }
    return;
  }
  seal();
  /** @type {unknown[]} */
  const failures = [];
  while (waiting.length > 0) {
    const ranges = waiting;
    waiting = [];
    if (!writeRanges(ranges, failures)) reusable = false;
  }
  if (reusable && owner === null) cursor = start = 0;
  if (failures.length > 0) throw failures[0];
}

/** The slab is full, or its memory was taken away: writes what it holds, and takes a new one unless it is free then. */
function overflow() {
  try {
    flush();
  } finally {
    if (cursor > 0 || slab.length !== SLAB) renew();
  }
}

/**
 * Sends a text message.
 *
 * @param {Connection} ws the connection
 * @param {string} text
 * @returns {boolean} false while the stream is backed up
 */
function sendText(ws, text) {
  const units = text.length;
  if (ws._deflates) return packed(ws, native.packText(ws._slot, text, units, ownRoom(ws)));
  if (units >= OWN_MEMORY_FROM_UNITS) {
    sendLargeText(ws, text, units);
    return !ws._backedUp;
  }
  own(ws);
  /** @type {number | undefined} */
  let end = inLoop ? told.frame(ws, text, fronts.numbers, cursor, room()) : told.OTHER;
  if (end === told.OTHER) end = native.sendText(ws._slot, text, room());
  if (end === NO_ROOM) {
    overflow();
    own(ws);
    end = native.sendText(ws._slot, text, room());
  }
  return sent(ws, end === undefined ? (cursor + shortHeader(units, ws._masks) + units) | SHALLOW : end);
}

/**
 * Sends a frame of bytes.
 *
 * @param {Connection} ws the connection
 * @param {number} opcode
 * @param {Uint8Array} bytes
 * @returns {boolean} false while the stream is backed up
 */
function sendBytes(ws, opcode, bytes) {
  // A message with RSV1 was compressed on another thread already.
  if (ws._deflates && (opcode === 1 || opcode === 2)) {
    return packed(ws, native.packBytes(ws._slot, opcode, bytes, ownRoom(ws)));
  }
  if (lengthOf(bytes) >= OWN_MEMORY_FROM) {
    sendLarge(ws, opcode, bytes);
    return !ws._backedUp;
  }
  own(ws);
  let end = native.sendBytes(ws._slot, opcode, readable(bytes), room());
  if (end === NO_ROOM) {
    overflow();
    own(ws);
    end = native.sendBytes(ws._slot, opcode, readable(bytes), room());
  }
  return sent(ws, end);
}

/** The free bytes of the slab. The number also tells the native side that the slab still has its memory. */
function room() {
  return slab.length - cursor;
}

/**
 * @param {Connection} ws
 * @returns {number}
 */
function ownRoom(ws) {
  own(ws);
  return room();
}

/**
 * A message was packed, and written to the slab if there was room: its end there, or its size as a negative number.
 *
 * @param {Connection} ws
 * @param {number} end
 * @returns {boolean}
 */
function packed(ws, end) {
  if (end >= 0) return sent(ws, end);
  const size = -end;
  if (size > SLAB) {
    const target = memory.acquireOrFail(size);
    native.takePacked(target);
    sendAlone(ws, target.subarray(0, size), () => memory.recycle(target));
    return !ws._backedUp;
  }
  let isSent;
  try {
    overflow();
  } finally {
    // The message is compressed already, whatever the stream of another connection throws.
    own(ws);
    isSent = sent(ws, native.sendPacked(room()));
  }
  return isSent;
}

/**
 * A text too large for the slab, framed in memory that comes back once it is written.
 *
 * @param {Connection} ws
 * @param {string} text
 * @param {number} units
 */
function sendLargeText(ws, text, units) {
  const target = memory.acquire(native.measureText(text, units, told.isAscii(text) ? 1 : 0));
  const size = native.encodeText(ws._slot, target, text, units);
  sendAlone(ws, target.subarray(0, size), () => memory.recycle(target));
}

/**
 * A payload too large for the slab, copied to memory that comes back once it is written: a stream may hold it for as long
 * as the peer likes, and the payload is the application's again when `send` returns.
 *
 * @param {Connection} ws
 * @param {number} opcode
 * @param {Uint8Array} bytes
 */
function sendLarge(ws, opcode, bytes) {
  const target = memory.acquire(lengthOf(bytes) + MAX_HEADER);
  const size = native.frameBytes(ws._slot, opcode, bytes, target);
  sendAlone(ws, target.subarray(0, size), () => memory.recycle(target));
}

/**
 * Sends memory that is not the slab's, at once.
 *
 * @param {Connection} ws
 * @param {Buffer} bytes
 * @param {Written} written
 */
function sendAlone(ws, bytes, written) {
  own(ws);
  seal();
  waiting.push(ws, bytes, written);
  ws._pending += bytes.length;
  flush();
}

/**
 * Sends a close frame.
 *
 * @param {Connection} ws the connection
 * @param {number} code
 * @param {string} reason
 */
function sendClose(ws, code, reason) {
  if (room() < 256) overflow();
  own(ws);
  sent(ws, native.sendClose(ws._slot, code, reason, room()));
}

/**
 * Bytes of `ws` that have not left the process.
 *
 * @param {Connection} ws
 * @returns {number}
 */
function pending(ws) {
  return ws._pending + (owner === ws ? cursor - start : 0) + (ws._stream.writableLength || 0);
}

/** Bytes that were received and sent by Rust before. @param {Connection} ws */
function counters(ws) {
  return ws._counters;
}

/** Whether we are writing to streams at the moment. */
function isFlushing() {
  return flushing > 0;
}

/** A dispatch begins: flushes are put off until {@link leave}. */
function enter() {
  dispatching++;
}

/** Ends what {@link enter} began, and flushes; also within another dispatch, whose handler runs the loop. */
function leave() {
  dispatching--;
  if (told.isKept()) told.drop();
  // So it is behind each turn of a connection whose bytes Rust moves.
  if (!isQuiet) flushBurst();
}

const outbox = {
  name: /** @type {'stream'} */ ('stream'),
  sendText,
  sendBytes,
  sendClose,
  sendAlone,
  pending,
  pause,
  resume,
  counters,
  flush,
  flushAll: flush,
  isFlushing,
  enter,
  leave
};

beforeExit(outbox);

module.exports = outbox;
