'use strict';

/**
 * Ends the turn of a connection whose handlers take long. What parsing and sending cost is counted in units of work, but not
 * what handlers do besides; a thousand messages at ten microseconds each would hold up all other connections.
 */

const { now } = require('./prompt');

/** @typedef {import('./connection').Receiver} Receiver */

/** How long the handlers of one connection may take in one turn, in milliseconds. */
const LONGEST = 2;
/**
 * A chunk of one message is timed if it has so many bytes. Those of several messages are all timed. A stream may bring many of
 * either in one turn.
 */
const LARGE = 16 * 1024;
/** The clock is read once for so many rows. Fewer, of one packet, are always told together. */
const LOOK = 16;

/** When the first rows since {@link begin} were told that had others behind them; 0 before that. */
let since = 0;

/**
 * A connection's turn begins, or a chunk that comes within it. A loop that a handler runs begins others within it, which makes
 * it a little longer.
 */
function begin() {
  since = 0;
}

/** Several rows of one chunk are about to be told. */
function startMany() {
  if (since === 0) since = now();
}

/**
 * Whether a connection's turn is over, behind {@link LOOK} rows and in front of another one. For the caller of a stream that is no
 * socket, who expects its bytes to be worked on at once, time does not count.
 *
 * @param {Receiver} ws
 * @returns {boolean}
 */
function isSlow(ws) {
  return ws._fromLoop && now() - since >= LONGEST;
}

/**
 * Work on a chunk that has just arrived begins.
 *
 * @param {Receiver} ws
 * @param {Buffer} bytes
 * @returns {number} when, if the chunk is large, otherwise 0
 */
function startOf(ws, bytes) {
  begin();
  return bytes.length >= LARGE && ws._fromLoop ? now() : 0;
}

/**
 * The part of a turn that the work on a chunk has taken, as far as that is timed.
 *
 * @param {Receiver} ws
 * @param {number} start of {@link startOf}
 * @returns {number}
 */
function partSince(ws, start) {
  if (start !== 0) return (now() - start) / LONGEST;
  return since !== 0 && ws._fromLoop ? (now() - since) / LONGEST : 0;
}

module.exports = { LOOK, begin, startMany, isSlow, startOf, partSince };
