'use strict';

/**
 * What rows point at: bytes in a chunk, or at the front of the session's queue, as the Buffers and strings that handlers get.
 */

const memory = require('./memory');
const native = require('../native');
const { QUEUED } = require('../native/rows');
const texts = require('./texts');
const told = require('./told');
const { INTERNAL } = require('../native/close_codes');

/** @typedef {import('./connection').Receiver} Receiver */
/** @typedef {import('./connection').Chunk} Chunk */

/** Messages from this size up are gathered in memory that the native side keeps for later messages. */
const TOUCH_FROM = 64 * 1024;
/**
 * A message is copied if slicing it out of its chunk would keep more than this many bytes alive and more than so many
 * times its own size.
 */
const SLICE_UP_TO = 8 * 1024;
const SHARE = 32;

/**
 * The payload of a ping or a pong, which is only valid during the call.
 *
 * @param {Receiver} ws
 * @param {Chunk} chunk
 * @param {number} offset
 * @param {number} length
 * @returns {Buffer | null}
 */
function control(ws, chunk, offset, length) {
  if (offset === QUEUED || chunk.inScratch) return bytes(ws, chunk, offset, length);
  return chunk.bytes.subarray(offset, offset + length);
}

/**
 * Drops a message from the queue that nobody wants any more, so that the queue stays in step with the rows.
 *
 * @param {Receiver} ws
 * @param {number} offset
 */
function skip(ws, offset) {
  if (ws._slot === -1) return;
  if (offset === QUEUED) native.skip(ws._slot);
  else if (offset === texts.CONVERTED) native.takeConverted(ws._slot);
}

/**
 * The bytes of a row, which belong to the handler. They are a slice at the end of the chunk; or a copy, if the chunk is
 * still needed, will be overwritten, or is large and would be kept alive by a small message.
 *
 * @param {Receiver} ws
 * @param {Chunk} chunk
 * @param {number} offset
 * @param {number} length
 * @returns {Buffer | null} null if there is no memory, which ends the connection
 */
function bytes(ws, chunk, offset, length) {
  try {
    return offset === QUEUED ? takeBytes(ws, length) : slice(ws, chunk, offset, length);
  } catch {
    lose(ws);
    return null;
  }
}

/**
 * There is no memory for a part of what has come: the connection ends, and nothing behind that part is told.
 *
 * @param {Receiver} ws
 */
function lose(ws) {
  if (ws._chunk !== null) {
    ws._chunk.row = ws._chunk.end;
    ws._chunk.at = Infinity;
  }
  ws._behind = null;
  native.stop(ws._slot);
  ws._receiveViolation(INTERNAL, 'Out of memory');
}

/**
 * Bytes that stand in the chunk.
 *
 * @param {Receiver} ws
 * @param {Chunk} chunk
 * @param {number} offset
 * @param {number} length
 * @returns {Buffer}
 */
function slice(ws, { bytes: chunk, inScratch }, offset, length) {
  const end = offset + length;
  // Behind its last message nobody else needs the chunk, so the handler may keep or transfer its memory, unless it is a part of
  // more: from Node.js 24 on, what comes over TLS is, of memory into which Node goes on reading.
  if (end === chunk.length && !inScratch && chunk !== ws._scratch) {
    // This asks the engine, which takes long: not for each message.
    const { byteLength } = chunk.buffer;
    const isAlone = chunk.length === byteLength;
    if (isAlone && (byteLength <= SLICE_UP_TO || length * SHARE >= byteLength))
      return chunk.subarray(offset, end);
  }
  return memory.ownPart(chunk, offset, length);
}

/**
 * Bytes of the session's queue.
 *
 * @param {Receiver} ws
 * @param {number} length
 * @returns {Buffer}
 */
function takeBytes(ws, length) {
  if (length >= TOUCH_FROM) memory.touch();
  let target;
  try {
    target = memory.own(length);
  } catch {
    // There is no memory for a copy: the message stays in Rust's memory.
    return native.takeOwned(ws._slot);
  }
  native.takeBytes(ws._slot, target);
  return target;
}

/**
 * The text of a row.
 *
 * @param {Receiver} ws
 * @param {Chunk} chunk
 * @param {number} offset
 * @param {number} length
 * @returns {string | null} null if it cannot be had, which ends the connection
 */
function text(ws, chunk, offset, length) {
  try {
    if (offset === QUEUED) return takeText(ws, length);
    if (offset === texts.CONVERTED) return native.takeConverted(ws._slot);
    return length === 0 ? '' : native.text(chunk.bytes, offset, length);
  } catch {
    lose(ws);
    return null;
  }
}

/**
 * Texts that are not in the chunk but in the session's queue.
 *
 * @param {Receiver} ws
 * @param {number} length
 * @returns {string | null} as `text`
 */
function takeAscii(ws, length) {
  if (length >= TOUCH_FROM) memory.touch();
  try {
    const text = native.takeAscii(ws._slot);
    if (length >= TOUCH_FROM) told.keep(text);
    return text;
  } catch {
    lose(ws);
    return null;
  }
}

/**
 * @param {Receiver} ws
 * @param {number} length
 * @returns {string}
 */
function takeText(ws, length) {
  if (length >= TOUCH_FROM) memory.touch();
  return native.takeText(ws._slot);
}

module.exports = { bytes, control, lose, skip, takeAscii, text };
