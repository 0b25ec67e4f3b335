'use strict';

/**
 * When frames leave: now, or with what follows them in the same turn. `is_due` in `src/transport/connection.rs` is the
 * same for the direct transport.
 *
 * - While more messages of a connection are about to be handled, their answers leave together, unless the handlers are
 *   slow.
 * - Otherwise the first frame of a turn leaves at once: who has sent it may go on computing, block, or end the process.
 *   What follows it leaves when it is due by the clock, so that a burst is not a write for each frame.
 * - Everything leaves at the end of the turn, and nothing is tried while the stream holds what it was given before.
 */

const { performance } = require('perf_hooks');

/** @typedef {import('./connection').Connection} Connection */

/** The clock as it is when we are loaded: tests put others in its place, whose time stands still. */
const now = performance.now.bind(performance);

/** How long a frame may wait for others of its turn, in milliseconds. */
const PROMPT = 1;
/** Of answers that leave together, how many are given between two looks at the clock, which costs as much as they do. */
const LOOK = 8;

/** As many calls as take what a write takes of the stack, with room to spare. */
const DEEP = 64;

/** What is sent until a dispatch or a tick has ended is sent in the same turn. */
let turn = 1;
/** Answers of this turn that have waited for others, and when the clock was first looked at for them. */
let answers = 0;
let looked = 0;

/**
 * Whether more messages of a connection are about to be handled in this turn (`lib/transport/turns.js`).
 *
 * @param {Connection} ws
 * @returns {boolean}
 */
function hasMore(ws) {
  const chunk = ws._chunk;
  return chunk !== null && chunk.row < chunk.end && ws._works > 0;
}

/**
 * Whether what was just framed for a connection leaves now. Whoever is told so has it leave.
 *
 * @param {Connection} ws
 * @returns {boolean}
 */
function isDue(ws) {
  const stream = ws._stream;
  // A cork gathers what leaves together, and whoever set it takes it away when all of that is to leave.
  if (stream.writableLength > 0) return stream.writableCorked > 0;
  if (hasMore(ws)) return answers++ % LOOK === 0 && areSlow();
  const time = now();
  if (ws._wroteIn === turn && time - ws._wroteAt < PROMPT) return false;
  ws._wroteIn = turn;
  ws._wroteAt = time;
  answers = 0;
  return true;
}

/** Whether the handlers of the answers that wait have taken long. */
function areSlow() {
  const time = now();
  if (answers > 1 && time - looked >= PROMPT) {
    answers = 0;
    return true;
  }
  if (answers === 1) looked = time;
  return false;
}

/**
 * Whether the caller's stack has room for a write: a stream whose write is cut short there never writes again.
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

/** Everything leaves. */
function endTurn() {
  answers = 0;
  turn++;
}

module.exports = { hasMore, isDue, hasStack, endTurn };
