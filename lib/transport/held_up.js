'use strict';

/**
 * What one read has brought waits while the brake is on: a KiB may inflate to a MiB that a handler answers with. What is
 * known of the socket does not wait with it: that it has taken everything comes first, and behind its end nothing is held
 * up any more.
 */

const brake = require('./brake');
const rows = require('../native/rows');
const { OPEN } = require('./ready_state');

/** @typedef {import('./connection').Receiver} Receiver */
const { CELLS } = rows;

/**
 * Whether what has been read waits because of the brake. A stream that is no socket has an owner who expects messages
 * within its call.
 *
 * @param {Receiver} ws the connection
 * @returns {boolean}
 */
function isHeldUp(ws) {
  return brake.isOn(ws) && ws._fromLoop && ws.readyState <= OPEN;
}

/**
 * Looks at the last row that waits. If it says that the socket has taken everything, it comes first.
 *
 * @param {Receiver} ws the connection, which is held up
 * @param {(ws: Receiver, row: number[]) => void} putFirst
 */
function look(ws, putFirst) {
  const chunk = ws._behind === null ? ws._chunk : ws._behind[ws._behind.length - 1];
  if (chunk === null || chunk.row >= chunk.end) return;
  const at = chunk.end - CELLS;
  const kind = chunk.rows[at];
  if (kind === rows.DRAINED) {
    const row = Array.from(chunk.rows.slice(at, chunk.end));
    chunk.end = at;
    brake.lift(ws);
    putFirst(ws, row);
  } else if (kind === rows.END || kind === rows.READ_FAILED || kind === rows.WRITE_FAILED) {
    brake.release(ws);
  }
}

module.exports = { isHeldUp, look };
