'use strict';

/**
 * Ends the turn of a connection whose handlers take long. What parsing and sending cost is counted in units of work, but not
 * what handlers do besides; a thousand messages at ten microseconds each would hold up all other connections.
 */

const { now } = require('./prompt');

/** @typedef {import('./connection').Receiver} Receiver */

/** How long the handlers of one connection may take in one turn, in milliseconds. */
const LONGEST = 2;
/** A chunk of so many bytes is timed as a whole, since a stream may bring many in one turn, of one message each. */
const LARGE = 16 * 1024;
/** The clock is read once for so many rows. Fewer, of one packet, are always told together. */
const LOOK = 16;

/** How many rows this turn has told, and when it had told the first. */
let told = 0;
let since = 0;

/** A connection's turn begins. A loop that a handler runs begins others within it, which makes it a little longer. */
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
 * When work on a chunk begins that is to be timed; 0 for one that is not.
 *
 * @param {Receiver} ws
 * @param {Buffer} bytes
 * @returns {number}
 */
function startOf(ws, bytes) {
  return bytes.length >= LARGE && ws._fromLoop ? now() : 0;
}

/**
 * The part of a turn that the work on a chunk has taken.
 *
 * @param {number} start of {@link startOf}
 * @returns {number}
 */
function partSince(start) {
  return start === 0 ? 0 : (now() - start) / LONGEST;
}

module.exports = { begin, isSlow, startOf, partSince };
