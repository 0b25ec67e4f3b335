'use strict';

/**
 * Dispatch: the native side parses a chunk in one call, and the rows that it returns become events, in order.
 *
 * Pongs, the answer to a close frame and the end after a violation are sent when their row is dispatched, so that
 * answers of handlers and of the protocol are sent in the order of the messages that they answer. Handlers may do
 * anything between two rows: send, close, destroy, feed another connection, throw, or run the loop. When a connection's
 * turn ends before its chunk does, see `lib/transport/turns.js`.
 */

const { asciiOf } = require('./ascii');
const atJobs = require('./at_jobs');
const batch = require('./batch');
const { Chunk } = require('./chunk');
const native = require('../native');
const { bytes, control, lose, skip, takeAscii, text } = require('./payloads');
const rows = require('../native/rows');
const { mustWait } = require('./held_up');
const copies = require('./scratch_copies');
const copying = require('./copying');
const { failureOf } = require('./socket_failure');
const { LOOK, isSlow, startMany } = require('./slow_turns');
const texts = require('./texts');
const told = require('./told');
const turns = require('./turns');
const { OPEN } = require('./ready_state');
const { INTERNAL } = require('../native/close_codes');

/** @typedef {import('./connection').Receiver} Receiver */
/** @typedef {Required<import('./connection').Coding>} Coding */
/** @typedef {import('./connection').Chunk} ChunkOf */
const { cells, CELLS, HEAD, LEFT, QUEUED, REACHED } = rows;

/** What a chunk is counted as at most beyond its bytes, if these are put to a message that goes on. */
const HEADERS = 64;
/** The part of that, as a shift, which is the price of unmasking and copying: less than a tenth of a nanosecond a byte. */
const GATHERED_SHIFT = 3;

/**
 * Works on a chunk: dispatches its rows, and parses what is behind them, in as many calls as that needs and for as long
 * as the connection's turn lasts.
 *
 * @param {Receiver} ws the connection
 * @param {ChunkOf} chunk of `lib/transport/turns.js`
 */
function work(ws, chunk) {
  const level = copies.level();
  try {
    workOff(ws, chunk);
  } catch (error) {
    batch.keepRest(chunk);
    throw error;
  } finally {
    if (chunk.inScratch && !chunk.isDone && !copies.keep(chunk)) lose(ws);
    copies.leave(level);
    told.forget();
  }
}

/**
 * Works on a chunk. A handler's exception ends the call; the chunk can be worked on again behind the row that threw.
 *
 * @param {Receiver} ws
 * @param {ChunkOf} chunk
 */
function workOff(ws, chunk) {
  // Counted here, and not by a call for each row.
  let look = LOOK;
  for (;;) {
    if (mustWait(ws, chunk) || (ws._holds && (atJobs.has(ws) || isForPlugins(chunk)))) {
      // The rows behind the message that is at work elsewhere wait for it, and those for plugins until they have caught up.
      batch.leaveShared(chunk);
      return;
    }
    if (chunk.row + CELLS < chunk.end) startMany();
    while (chunk.row < chunk.end) {
      const { row, rows: list } = chunk;
      // The row is counted before it is dispatched, since its handler may throw or run the loop.
      chunk.row = row + CELLS;
      const kind = list[row];
      const offset = list[row + 1];
      if (kind === rows.ASCII && offset !== QUEUED && ws.readyState <= OPEN) {
        const message = asciiOf(chunk, offset, list[row + 2]);
        if (chunk.view !== null && message.length <= told.SHORT) told.remember(message, chunk.view, offset);
        ws._receiveMessage(message);
      } else dispatch(ws, chunk, kind, offset, list[row + 2], list[row + 3]);
      // A loop that a handler has run may have put a message in front of what is left here.
      const isBehind = ws._chunk !== chunk && ws._chunk !== null;
      let isOver = ws._spare <= 0;
      if (--look === 0) {
        look = LOOK;
        isOver ||= chunk.row < chunk.end && isSlow(ws);
      }
      if (isOver || isBehind || (ws._holds && (atJobs.has(ws) || isForPlugins(chunk)))) {
        batch.leaveShared(chunk);
        return;
      }
    }
    if (chunk.isDone || ws._holds || ws._left <= 0) return;
    if (ws._slot === -1) chunk.at = chunk.bytes.length;
    else parse(ws, chunk);
  }
}

/**
 * Whether the next row of a chunk is a message for plugins.
 *
 * @param {ChunkOf} chunk
 * @returns {boolean}
 */
function isForPlugins(chunk) {
  return chunk.row < chunk.end && chunk.rows[chunk.row] === rows.RAW;
}

/**
 * Has the native side parse a chunk from where it stands.
 *
 * @param {Receiver} ws
 * @param {ChunkOf} chunk
 */
function parse(ws, chunk) {
  const { at, bytes } = chunk;
  batch.setAside();
  const { _left: left } = ws;
  cells[LEFT] = left;
  const result = native.receive(ws._slot, bytes, at);
  ws._left = cells[LEFT];
  chunk.at = cells[REACHED];
  if (typeof result === 'string') {
    batch.own(chunk, 1);
    chunk.group = result;
    chunk.groupAt = cells[chunk.row + 1];
  } else if (result > 0) {
    batch.own(chunk, result);
    // What was put to a message before counts in full now that it becomes a string or a Buffer, and is told.
    ws._left -= ws._owed;
    ws._owed = 0;
  } else if (chunk.at === at) {
    // If the session parses no byte and writes no row, the chunk counts as parsed: this loop would not end otherwise.
    chunk.at = bytes.length;
    native.stop(ws._slot);
    ws._receiveViolation(INTERNAL, 'Internal error');
  } else if (chunk.at === bytes.length && left - ws._left <= chunk.at - at + HEADERS) {
    // These bytes were put to a message that goes on, and nothing else: that takes a part of what they are counted as.
    const counted = (left - ws._left) >> GATHERED_SHIFT;
    ws._owed = Math.min(ws._owed + left - ws._left - counted, turns.TURN);
    ws._left = left - counted;
  }
  // A handler may run the loop, which reads into the scratch: what is behind the first row must not be there.
  if (chunk.inScratch && (chunk.row + CELLS < chunk.end || chunk.at < bytes.length) && !copies.secure(chunk))
    lose(ws);
}

/**
 * Calls the method of `ws` that a row stands for.
 *
 * @param {Receiver} ws
 * @param {ChunkOf} chunk
 * @param {number} kind
 * @param {number} offset
 * @param {number} length
 * @param {number} extra
 */
function dispatch(ws, chunk, kind, offset, length, extra) {
  if (kind === rows.ASCII) {
    if (ws.readyState > OPEN) return skip(ws, offset);
    const message =
      offset === QUEUED ? takeAscii(ws, length) : chunk.bytes.latin1Slice(offset, offset + length);
    if (message !== null) ws._receiveMessage(message);
  } else if (kind === rows.BINARY) {
    if (ws.readyState > OPEN) return skip(ws, offset);
    if (
      length >= copying.PARTS_FROM &&
      offset === QUEUED &&
      copying.copy(ws, length, (message) => goOnWith(ws, message, rows.BINARY, 0))
    ) {
      return;
    }
    const message = bytes(ws, chunk, offset, length);
    if (message !== null) ws._receiveMessage(message);
  } else if (kind === rows.TEXT) {
    if (ws.readyState > OPEN) return skip(ws, offset);
    if (
      length >= texts.ELSEWHERE_FROM &&
      offset === QUEUED &&
      texts.convert(ws, (...row) => goOn(ws, ...row, texts.CONVERTED))
    ) {
      return;
    }
    const message = text(ws, chunk, offset, length);
    if (message !== null) ws._receiveMessage(message);
  } else if (ws._slot !== -1) {
    dispatchControl(ws, chunk, kind, offset, length, extra);
  }
}

/**
 * Answers the ping whose row is being dispatched, and those that stand right behind it, in one call. For a single one that
 * would take as long as a pong by itself.
 *
 * @param {Receiver} ws
 * @param {ChunkOf} chunk
 * @returns {boolean} whether that was possible
 */
function answerPings(ws, chunk) {
  if (chunk.row >= chunk.end || chunk.rows[chunk.row] !== rows.PING) return false;
  if (chunk.rows !== cells || ws._receivePings === undefined) return false;
  const count = ws._receivePings(chunk.bytes, (chunk.row - HEAD) / CELLS - 1, (chunk.end - HEAD) / CELLS);
  if (count === 0) return false;
  chunk.row += (count - 1) * CELLS;
  return true;
}

/**
 * @param {Receiver} ws
 * @param {ChunkOf} chunk
 * @param {number} kind
 * @param {number} offset
 * @param {number} length
 * @param {number} extra
 */
function dispatchControl(ws, chunk, kind, offset, length, extra) {
  let payload;
  let reason;
  switch (kind) {
    case rows.LOST:
      lose(ws);
      break;
    case rows.PING:
      if (answerPings(ws, chunk)) break;
      payload = control(ws, chunk, offset, length);
      if (payload !== null) ws._receivePing(payload);
      break;
    case rows.PONG:
      payload = control(ws, chunk, offset, length);
      if (payload !== null) ws._receivePong(payload);
      break;
    case rows.CLOSE:
      reason = text(ws, chunk, offset, length);
      if (reason !== null) ws._receiveClose(extra, reason);
      break;
    case rows.VIOLATION:
      reason = offset === texts.CONVERTED ? native.resultText(length) : text(ws, chunk, QUEUED, length);
      if (reason !== null) ws._receiveViolation(extra, reason);
      break;
    case rows.OPEN:
      ws._receiveOpen();
      break;
    case rows.REFUSED:
      reason = text(ws, chunk, QUEUED, length);
      if (reason !== null) ws._receiveRefusal(extra, reason);
      break;
    case rows.TUNNEL:
      payload = bytes(ws, chunk, offset, length);
      if (payload !== null) ws._receiveTunnel(payload);
      break;
    case rows.RAW:
      if (
        length >= copying.PARTS_FROM &&
        offset === QUEUED &&
        copying.copy(ws, length, (message) => goOnWith(ws, message, kind, extra))
      ) {
        break;
      }
      payload = bytes(ws, chunk, offset, length);
      if (payload !== null) /** @type {Coding} */ (ws._coding).receive(extra & 15, extra >> 4, payload);
      break;
    case rows.INFLATE:
      turns.hold(ws, true);
      /** @type {Coding} */ (ws._coding).inflate();
      break;
    case rows.REST:
      payload = bytes(ws, chunk, offset, length);
      if (payload !== null) takeRest(ws, payload);
      break;
    default:
      // A row about the socket. If Rust does not read the socket any more, its stream finds this out by itself; but why a read
      // has failed the system says once.
      if (ws._transport.control) ws._transport.control(ws, kind, extra);
      else if (kind === rows.READ_FAILED) /** @type {any} */ (ws._stream).destroy(failureOf(extra, 'read'));
  }
}

/**
 * Takes a copy of the bytes of the scratch that were not parsed, because the session holds or its turn is over. They
 * are parsed next, in a later turn.
 *
 * @param {Receiver} ws
 * @param {Buffer} bytes
 */
function takeRest(ws, bytes) {
  const rest = new Chunk(bytes);
  if (ws._behind === null) ws._behind = [rest];
  else ws._behind.unshift(rest);
  ws._left = 0;
}

/**
 * Goes on after a large message was at work elsewhere: dispatches the message, then what waits.
 *
 * @param {Receiver} ws the connection
 * @param {number} kind of the row that the message became
 * @param {number} length
 * @param {number} extra
 * @param {number} [offset]
 */
function goOn(ws, kind, length, extra, offset = QUEUED) {
  const chunk = new Chunk(null);
  chunk.rows = Int32Array.of(kind, offset, length, extra);
  chunk.end = CELLS;
  turns.putInFront(ws, chunk);
  turns.endHold(ws);
}

/**
 * Goes on after a large message was copied: dispatches it, then what waits.
 *
 * @param {Receiver} ws
 * @param {Buffer | null} message all of its memory; null if it is lost
 * @param {number} kind of its row
 * @param {number} extra
 */
function goOnWith(ws, message, kind, extra) {
  if (message === null) {
    goOn(ws, rows.LOST, 0, 0);
    return;
  }
  const chunk = new Chunk(message);
  chunk.at = message.length;
  chunk.rows = Int32Array.of(kind, 0, message.length, extra);
  chunk.end = CELLS;
  turns.putInFront(ws, chunk);
  turns.endHold(ws);
}

/**
 * Goes on behind a large message at which a job of ours has failed: the connection ends.
 *
 * @param {Receiver} ws
 * @param {number} id of the job, which has the text of the fault
 * @param {number} code
 */
function fail(ws, id, code) {
  goOn(ws, rows.VIOLATION, id, code, texts.CONVERTED);
}

module.exports = { work, goOn, fail };
