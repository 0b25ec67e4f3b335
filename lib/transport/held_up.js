'use strict';

/**
 * What one read has brought waits while the brake is on, or who reads the messages is slow: a KiB may inflate to a MiB that a
 * handler answers with. What is known of the socket does not wait with it: that it has taken everything, or has failed, comes
 * first. Its end does wait: a peer that has ended its half may still take answers, or be given up
 * (`lib/transport/half_close.js`).
 */

const brake = require('./brake');
const rows = require('../native/rows');
const { OPEN } = require('./ready_state');

/** @typedef {import('./connection').Receiver} Receiver */
const { CELLS } = rows;

/** What is known of a socket that changes what may be sent to it. */
const FIRST = [rows.DRAINED, rows.READ_FAILED, rows.WRITE_FAILED];

/**
 * Whether what has been read waits because of the brake, or for those who read messages.
 *
 * @param {Receiver} ws the connection
 * @returns {boolean}
 */
function isHeldUp(ws) {
  if (ws.readyState > OPEN) return false;
  if (brake.isOn(ws)) return true;
  return ws._slowReaders > 0 && !brake.isReleased(ws);
}

/**
 * Whether a chunk has to wait while its connection is held up: {@link look} puts one in front that has not.
 *
 * @param {Receiver} ws
 * @param {import('./connection').Chunk} chunk
 * @returns {boolean}
 */
function mustWait(ws, chunk) {
  return isHeldUp(ws) && !(chunk.bytes === null && FIRST.includes(chunk.rows[chunk.row]));
}

/**
 * Looks at the last row that waits. If it says that the socket has taken everything, or has failed, it comes first.
 *
 * @param {Receiver} ws the connection, which is held up
 * @param {(ws: Receiver, row: number[]) => void} putFirst
 */
function look(ws, putFirst) {
  const chunk = ws._behind === null ? ws._chunk : ws._behind[ws._behind.length - 1];
  if (chunk === null || chunk.row >= chunk.end) return;
  const at = chunk.end - CELLS;
  const kind = chunk.rows[at];
  if (!FIRST.includes(kind)) return;
  const row = Array.from(chunk.rows.slice(at, chunk.end));
  chunk.end = at;
  if (kind === rows.DRAINED) brake.lift(ws);
  else brake.release(ws);
  putFirst(ws, row);
}

module.exports = { isHeldUp, mustWait, look };
