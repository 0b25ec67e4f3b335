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

/** How many rows were told since {@link begin} with others behind them, and when the first of these was. */
let told = 0;
let since = 0;

/**
 * A connection's turn begins, or a chunk that comes within it. A loop that a handler runs begins others within it, which makes
 * it a little longer.
 */
function begin() {
  told = 0;
}

/**
 * Whether a connection's turn is over, behind a row and in front of another one. For the caller of a stream that is no
 * socket, who expects its bytes to be worked on at once, time does not count.
 *
 * @param {Receiver} ws
 * @returns {boolean}
 */
function isSlow(ws) {
  if (++told === 1) since = now();
  return told % LOOK === 0 && ws._fromLoop && now() - since >= LONGEST;
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
  return told > 0 && ws._fromLoop ? (now() - since) / LONGEST : 0;
}

module.exports = { begin, isSlow, startOf, partSince };
