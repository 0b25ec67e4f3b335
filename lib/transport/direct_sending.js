'use strict';

/**
 * What the direct transport sends: Rust frames it and writes it to the descriptor. Where somebody is to see what is written to the
 * socket, the connection goes on over the stream.
 */

const { note } = require('./direct_owner');
const memory = require('./memory');
const { lengthOf } = require('../native/bytes');
/** The native side with this transport, which is in use when these are called. */
const native = /** @type {import('../native').Core & import('../native').Direct} */ (require('../native'));
const { hasMore } = require('./prompt');
const { readable } = require('./small_bytes');
const outbox = require('./stream');
const { isTaken } = require('./taken_socket');
const told = require('./told');
const { isWriteNodes } = require('./untouched');

/** @typedef {import('./connection').Connection} Connection */

/** Frames from this size up are made in memory that is kept for the next ones. */
const TOUCH_FROM = 16 * 1024;

/**
 * Whether somebody has put a method in the place of `write` of Node's sockets, to see what is sent: a connection that only sends
 * has no turns in which that is looked at. A method of this socket alone is found at the next turn, or with the close frame: to
 * look for it with each message would take 24 instructions, and V8 knows of the class without a look.
 *
 * @returns {boolean}
 */
function isSeen() {
  return !isWriteNodes();
}

/**
 * Goes on over the stream, where what is sent is seen.
 *
 * @param {Connection} ws
 * @returns {typeof outbox}
 */
function shown(ws) {
  /** @type {{giveBack: (ws: Connection) => void}} */ (/** @type {unknown} */ (ws._transport)).giveBack(ws);
  return outbox;
}

/**
 * Sends a text message; false while the connection is backed up.
 *
 * @param {Connection} ws
 * @param {string} text
 * @returns {boolean}
 */
function sendText(ws, text) {
  if (isSeen()) return shown(ws).sendText(ws, text);
  if (ws._timed) ws._stream._unrefTimer();
  const more = hasMore(ws);
  ws._unsent = more;
  let size = text.length * 4 + (more ? 1 : 0);
  if (text.length >= TOUCH_FROM) {
    memory.touch();
    if (told.isAscii(text)) size += 2;
  }
  const is = native.directText(ws._slot, text, size);
  return is === undefined || note(ws, is);
}

/**
 * Sends a frame of bytes; false while the connection is backed up.
 *
 * @param {Connection} ws
 * @param {number} opcode
 * @param {Uint8Array} bytes
 * @returns {boolean}
 */
function sendBytes(ws, opcode, bytes) {
  if (isSeen()) return shown(ws).sendBytes(ws, opcode, bytes);
  if (ws._timed) ws._stream._unrefTimer();
  if (ws._masks && lengthOf(bytes) >= TOUCH_FROM) memory.touch();
  const more = hasMore(ws);
  ws._unsent = more;
  const is = native.directBytes(ws._slot, opcode * 2 + (more ? 1 : 0), readable(bytes));
  return is === undefined || note(ws, is);
}

/**
 * Sends a close frame.
 *
 * @param {Connection} ws
 * @param {number} code
 * @param {string} reason
 */
function sendClose(ws, code, reason) {
  if (isSeen() || !isTaken(ws._stream)) return shown(ws).sendClose(ws, code, reason);
  native.directClose(ws._slot, code, reason, hasMore(ws) ? 1 : 0);
}

module.exports = { isSeen, sendText, sendBytes, sendClose };
