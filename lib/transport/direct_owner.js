'use strict';

/**
 * The direct transport's part when the owner of a socket pauses, references or measures it while Rust reads and writes
 * it, when the peer pings, and when a frame does not leave at once.
 */

/** The native side with the direct transport, which is in use when these are called. */
const native = /** @type {import('../native').Core & import('../native').Direct} */ (require('../native'));

/** @typedef {import('./connection').Connection} Connection */

/** What the native side returns of a frame that waits for the end of the burst. */
const WAITS = 2;

/**
 * The owner of the socket pauses it, or has it flow again.
 *
 * @param {Connection} ws
 * @param {boolean} paused
 */
function pausedByOwner(ws, paused) {
  native.directPause(ws._slot, paused || ws._isReadingStopped() ? 1 : 0);
}

/**
 * Whether the socket keeps the process alive.
 *
 * @param {Connection} ws
 * @param {boolean} alive
 */
function keepAlive(ws, alive) {
  native.directAlive(ws._slot, alive ? 1 : 0);
}

/**
 * Bytes received and sent that Node has not counted.
 *
 * @param {Connection} ws
 * @returns {readonly number[]}
 */
function counters(ws) {
  const [received, sent] = native.directCounters(ws._slot);
  return [ws._counters[0] + received, ws._counters[1] + sent + native.directPending(ws._slot)];
}

/**
 * A number that changes when some bytes move of which JavaScript is not told.
 *
 * @param {Connection} ws
 * @returns {number} 0 if the last of them were told
 */
function movedUntold(ws) {
  return native.directCounters(ws._slot)[2];
}

/**
 * Answers pings whose rows stand one behind the other in the shared memory.
 *
 * @param {Connection} ws
 * @param {Buffer} bytes in which their payloads stand
 * @param {number} row the first of them
 * @param {number} end the row that is not looked at any more
 * @returns {number} twice the number of pings that were answered, and one more if the connection is backed up
 */
function sendPongs(ws, bytes, row, end) {
  if (ws._timed) ws._stream._unrefTimer();
  return native.directPongs(ws._slot, bytes, row, end);
}

/**
 * Notes what has become of a frame that did not just leave.
 *
 * @param {Connection} ws
 * @param {number} is
 * @returns {boolean} false if the connection is backed up
 */
function note(ws, is) {
  if (is === WAITS) ws._unsent = true;
  else ws._backedUp = true;
  return is === WAITS;
}

module.exports = { note, sendPongs, pausedByOwner, keepAlive, counters, movedUntold };
