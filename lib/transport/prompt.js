'use strict';

/**
 * When frames are written: now, or with later frames of the same burst, which are those that are sent between two
 * flushes of everything. `is_due` in `src/transport/connection.rs` is the same for the direct transport.
 *
 * - While more messages of a connection are about to be handled, their answers are written together, unless the
 *   handlers are slow.
 * - Otherwise the first few frames of a burst are written at once each, since the code that sent them may go on computing,
 *   block, or end the process. A later frame of the burst is written if the last write was a millisecond ago, so that it
 *   does not cost one write per frame. Once later frames of a connection have left within a millisecond, as the answers of
 *   asynchronous handlers do, only the first frame of its bursts is written at once, until some have waited for longer.
 * - Everything is written at the end of the burst. Nothing is written earlier while the stream still holds bytes.
 */

const { performance } = require('perf_hooks');

/** @typedef {import('./connection').Connection} Connection */

/** The clock at the time when this module is loaded: tests replace it later by one whose time stands still. */
const now = performance.now.bind(performance);

/** How long a frame may wait for later frames of its burst, in milliseconds. */
const PROMPT = 1;
/** So many writes of a burst are made at once; the frames of a longer one leave together. */
const AT_ONCE = 4;
/** So many are if the frames of the connection that waited last did not wait long. */
const AT_ONCE_OF_QUICK = 1;
/**
 * While answers are gathered to leave together, the clock is read once for so many of them; that costs as much as the
 * answers do.
 */
const LOOK = 8;

/** So many nested calls take more of the stack than a write does. */
const DEEP = 64;

/** The number of the burst. A burst ends when a dispatch or a tick has ended. */
let burst = 1;
/** Answers of this burst that wait to leave together, and when the first of them came. */
let answers = 0;
let looked = 0;
/** When the first of the other frames of this burst came that wait, or 0; and the last burst in which one waited for long. */
let waited = 0;
let slow = 0;

/**
 * Whether more messages of a connection are about to be handled (`lib/transport/turns.js`).
 *
 * @param {Connection} ws
 * @returns {boolean}
 */
function hasMore(ws) {
  const chunk = ws._chunk;
  return chunk !== null && chunk.row < chunk.end && ws._works > 0;
}

/**
 * Whether the frames of a connection are to be written now. If so, the caller writes them.
 *
 * @param {Connection} ws
 * @returns {boolean}
 */
function isDue(ws) {
  const stream = ws._stream;
  // If the stream is corked, the frame is given to it at once: the code that corked it uncorks it when everything is to
  // be written.
  if (stream.writableLength > 0) return stream.writableCorked > 0;
  if (hasMore(ws)) return answers++ % LOOK === 0 && areSlow();
  if (ws._wroteIn !== burst) {
    if (ws._writes > ws._atOnce) ws._atOnce = ws._wroteIn > slow ? AT_ONCE_OF_QUICK : AT_ONCE;
    ws._wroteIn = burst;
    ws._writes = 0;
  }
  if (++ws._writes >= ws._atOnce) {
    // From here on it matters when the last write was; before, the clock need not be read.
    const time = now();
    if (ws._writes > ws._atOnce && time - ws._wroteAt < PROMPT) {
      if (waited === 0) waited = time;
      return false;
    }
    ws._wroteAt = time;
    ws._writes = ws._atOnce;
    if (waited > 0) lookBack(time);
  }
  answers = 0;
  return true;
}

/** Whether the handlers of the waiting answers have taken a millisecond or more. */
function areSlow() {
  const time = now();
  if (answers > 1 && time - looked >= PROMPT) {
    answers = 0;
    return true;
  }
  if (answers === 1) looked = time;
  return false;
}

/** Notes whether the frames that wait have done so for a millisecond or more. @param {number} time */
function lookBack(time) {
  if (time - waited >= PROMPT) slow = burst;
}

/**
 * Whether the caller's stack has room for a write. A stream whose write is cut short by a stack overflow never writes
 * again.
 *
 * @returns {boolean}
 */
function hasStack() {
  try {
    return descend(DEEP);
  } catch {
    return false;
  }
}

/**
 * @param {number} calls
 * @returns {boolean}
 */
function descend(calls) {
  return calls === 0 || descend(calls - 1);
}

/** The burst is over: everything is written. */
function endBurst() {
  if (waited > 0) lookBack(now());
  waited = answers = 0;
  burst++;
}

module.exports = { AT_ONCE, now, hasMore, isDue, hasStack, endBurst };
