'use strict';

/**
 * Decides which connection has its turn: each works off the bytes that it has received in order, and in one turn of the
 * loop only so much of them that the other connections do not wait long.
 *
 * A chunk is worked on as soon as it arrives. It waits if work is left when the connection's turn is over, if the
 * connection holds (a message is at work elsewhere), or if one of its own handlers is running. While a chunk waits
 * nothing more is read, so at most one chunk, and those that the stream had under way, wait in memory. The waiting
 * connections stand in one line (`lib/transport/line.js`); each turn of the loop serves the first of them, behind the
 * connections whose bytes have just arrived.
 *
 * A handler may run the loop itself. The inner loop goes on with what waits: rows are counted before they are
 * dispatched, so that each is dispatched once.
 */

const { afterwards, comeBehind } = require('./afterwards');
const atJobs = require('./at_jobs');
const brake = require('./brake');
const { Chunk } = require('./chunk');
const immediates = require('./immediates');
const { post } = require('./posting');
const outbox = require('./stream');
const { cells, CELLS, DEPTH } = require('../native/rows');
const { isHeldUp, mustWait, look } = require('./held_up');
const { later } = require('./line');
const { began, depth, ended, isInside, nextTick, raise } = require('./scope');
const slowTurns = require('./slow_turns');
const { OPEN, CLOSED } = require('./ready_state');

/** @typedef {import('./connection').Receiver} Receiver */
/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').Chunk} ChunkOf */

/** What one connection may do in a turn of the loop, in units of `src/protocol/work.rs`. */
const TURN = 1024 * 1024;
/** The work that each chunk costs in addition. */
const CHUNK = 4 * 1024;
/** How a turn ended: with nothing more to do in it, an exception that becomes an uncaught one, or one for the caller. */
const DONE = 0;
const RAISED = 1;
const THROWN = 2;
/** From so much work on it matters whether the next chunk comes in the same turn. */
const MUCH = TURN / 16;

/** Stands in the place of a chunk while the handlers of its only row run. */
const TOLD = new Chunk(null);

/** The connection whose handler is running; the innermost one if a handler runs the loop. */
/** @type {Receiver | null} */
let working = null;
/** The number of this turn of the loop. Only turns with work are counted. */
let turn = 0;
let turning = false;

/**
 * Works off a chunk, whose bytes may be overwritten, or as much of it as the turn allows.
 *
 * @param {Receiver} ws the connection
 * @param {Buffer} bytes
 * @param {boolean} [inScratch] whether the next read of any socket overwrites them; nothing of the connection waits then
 */
function receive(ws, bytes, inScratch) {
  const chunk = new Chunk(bytes, inScratch);
  if (ws._chunk !== null) {
    append(ws, chunk);
    // The caller of a stream that is no socket expects its bytes to be worked on at once, even if a handler has thrown
    // before; but not for a peer that takes no answers.
    if (!ws._fromLoop && ws._works === 0 && !isHeldUp(ws)) proceed(ws);
    return;
  }
  if (ws._turn !== turn) begin(ws);
  // Behind a chunk whose handlers have used up the turn, this one waits.
  ws._left = ws._spare <= 0 ? 0 : ws._left - CHUNK;
  ws._chunk = chunk;
  const start = slowTurns.startOf(ws, bytes);
  try {
    proceed(ws);
  } finally {
    ws._spare -= slowTurns.partSince(ws, start) * TURN;
    if (Math.min(ws._left, ws._spare) < ws._most - MUCH && !turning) {
      immediates.put(nextTurn);
      turning = true;
    }
  }
}

function nextTurn() {
  turning = false;
  turn++;
}

/** Gives a connection a turn. @param {Receiver} ws */
function begin(ws) {
  ws._turn = turn;
  ws._left = ws._most;
  ws._spare = ws._most;
  slowTurns.begin();
}

/**
 * Counts work that was done on behalf of the connection whose handlers are running. Once it comes to a turn's, the rows
 * behind the one that is being dispatched wait for the next turn.
 *
 * @param {number} units of `src/protocol/work.rs`
 */
function spend(units) {
  if (working !== null) working._spare -= units;
}

/**
 * Puts a chunk behind the one that is being worked on.
 *
 * @param {Receiver} ws
 * @param {ChunkOf} chunk
 */
function append(ws, chunk) {
  if (ws._chunk === null) ws._chunk = chunk;
  else if (ws._behind === null) ws._behind = [chunk];
  else ws._behind.push(chunk);
  wait(ws);
}

/**
 * Puts a chunk in front of all others.
 *
 * @param {Receiver} ws
 * @param {ChunkOf} chunk
 */
function putInFront(ws, chunk) {
  if (ws._chunk !== null) {
    if (ws._behind === null) ws._behind = [ws._chunk];
    else ws._behind.unshift(ws._chunk);
  }
  ws._chunk = chunk;
}

/** @param {Receiver} ws @param {number[]} row */
function putRowFirst(ws, row) {
  const chunk = new Chunk(null);
  chunk.rows = Int32Array.from(row);
  chunk.end = CELLS;
  putInFront(ws, chunk);
}

/**
 * The turn is over before the chunk is: reading stops until nothing waits.
 *
 * @param {Receiver} ws
 */
function wait(ws) {
  ws._waits = true;
  ws._transport.pause(ws);
  if (isHeldUp(ws)) look(ws, putRowFirst);
  if (!ws._holds && !(ws._chunk !== null && mustWait(ws, ws._chunk))) standInLine(ws);
}

/** @param {Receiver} ws */
function standInLine(ws) {
  if (ws._inLine) return;
  ws._inLine = true;
  later(() => serve(ws));
}

/** It is a connection's turn. @param {Receiver} ws */
function serve(ws) {
  ws._inLine = false;
  if (ws._chunk === null || ws._holds || mustWait(ws, ws._chunk)) return;
  begin(ws);
  proceed(ws);
}

/**
 * Works on the chunks of a connection, in its scope, until none is left or its turn is over. A handler's exception
 * becomes an uncaught one, and the work goes on. If the bytes came from other code than the loop (a stream that is no
 * socket), the exception is thrown to that code, and the work goes on in another turn.
 *
 * @param {Receiver} ws
 */
function proceed(ws) {
  const around = working;
  // This call is within a handler of another connection, which may run the loop until it has received more; so that
  // connection stands in line as well.
  if (around !== null && around._chunk !== null) standInLine(around);
  if (brake.isBehind(ws)) brake.reads(ws);
  cells[DEPTH]++;
  enter(ws);
  let end = THROWN;
  try {
    end = ws._scope.runInAsyncScope(work, undefined, ws);
  } finally {
    cells[DEPTH]--;
    leave(ws, around, end);
  }
}

/**
 * Whether a connection may be told a message by {@link tell}: no handler is running, and nothing of it waits in either
 * direction.
 *
 * @param {Receiver} ws
 * @returns {boolean}
 */
function isFree(ws) {
  return working === null && ws._chunk === null && !ws._holds && ws.readyState <= OPEN && !brake.isBehind(ws);
}

/**
 * A turn with nothing in it but one message, which most are, of a connection that {@link isFree}: what {@link proceed} does,
 * without what only chunks need.
 *
 * @param {Receiver} ws
 * @param {string | Buffer} data
 */
function tell(ws, data) {
  begin(ws);
  // What else comes while the handlers run waits for their end.
  ws._chunk = TOLD;
  enter(ws);
  let end = THROWN;
  try {
    end = tellWithin(ws, data);
  } finally {
    leave(ws, null, end);
  }
}

/**
 * @param {Receiver} ws
 * @param {string | Buffer} data
 * @returns {number} how the turn ended
 */
function tellWithin(ws, data) {
  try {
    ws._scope.runInAsyncScope(ws._receiveMessage, ws, data);
  } catch (error) {
    if (ws._chunk === TOLD) ws._chunk = next(ws);
    raise(ws, error);
    return RAISED;
  }
  if (ws._chunk === TOLD) ws._chunk = next(ws);
  return ws._chunk === null ? DONE : ws._scope.runInAsyncScope(work, undefined, ws);
}

/** A connection's turn begins. @param {Receiver} ws */
function enter(ws) {
  working = ws;
  began();
  ws._works++;
  outbox.enter();
}

/**
 * Ends what {@link enter} began.
 *
 * @param {Receiver} ws
 * @param {Receiver | null} around the connection within whose turn this was
 * @param {number} end how the work ended
 */
function leave(ws, around, end) {
  working = around;
  ws._works--;
  ended();
  outbox.leave();
  if (ws._chunk === null) {
    if ((ws._waits || ws._afterwards !== null) && !atJobs.has(ws)) endWait(ws);
  } else if (end === RAISED) {
    if (depth() === 0) nextTick(goOn, ws);
    // In a loop that a handler runs there may be no ticks.
    if (isInside()) standInLine(ws);
  } else if (end === THROWN) {
    post(() => goOn(ws));
  } else {
    wait(ws);
  }
}

/** Goes on behind an exception. @param {Receiver} ws */
function goOn(ws) {
  if (ws._chunk === null || ws._holds) return;
  if (isHeldUp(ws)) wait(ws);
  else proceed(ws);
}

/**
 * Works on the chunks of a connection. Returns how that ended.
 *
 * @param {Receiver} ws
 * @returns {number}
 */
function work(ws) {
  try {
    for (;;) {
      const chunk = ws._chunk;
      if (chunk === null) return DONE;
      ws._work(chunk);
      // A handler may have run the loop, and that may have worked off this chunk.
      if (ws._chunk !== chunk) continue;
      if (!chunk.isDone) return DONE;
      ws._chunk = next(ws);
    }
  } catch (error) {
    if (ws._chunk !== null && ws._chunk.isDone) ws._chunk = next(ws);
    if (!ws._fromLoop) throw error;
    raise(ws, error);
    return RAISED;
  }
}

/**
 * @param {Receiver} ws
 * @returns {ChunkOf | null}
 */
function next(ws) {
  if (ws._behind === null) return null;
  const chunk = /** @type {ChunkOf} */ (ws._behind.shift());
  if (ws._behind.length === 0) ws._behind = null;
  return chunk;
}

/** Nothing waits any more. @param {Receiver} ws */
function endWait(ws) {
  ws._waits = false;
  const { _afterwards: actions } = ws;
  ws._afterwards = null;
  if (ws.readyState !== CLOSED) ws._readOn();
  if (actions !== null) for (const action of actions) action();
}

/**
 * Parses nothing more until {@link endHold}: chunks that arrive are kept, and reading stops.
 *
 * @param {Receiver} ws
 * @param {boolean} [forJob] whether a job of ours ends it, for which also the end of the connection waits
 */
function hold(ws, forJob = false) {
  ws._holds = true;
  if (forJob) atJobs.add(ws);
  // What has been put off until now need not wait for extensions, which may never catch up.
  else if (ws._afterwards !== null) post(() => comeBehind(ws));
  ws._transport.pause(ws);
}

/**
 * Ends what {@link hold} began, and gives the connection a turn.
 *
 * @param {Receiver} ws
 */
function endHold(ws) {
  ws._holds = false;
  atJobs.delete(ws);
  // Reading goes on once nothing is left.
  ws._waits = ws._chunk !== null;
  if (ws._chunk === null) {
    endWait(ws);
  } else if (ws._works > 0 || isHeldUp(ws)) {
    wait(ws);
  } else {
    begin(ws);
    proceed(ws);
  }
}

/** Drops what waits, at the end of a connection. @param {Receiver} ws */
function drop(ws) {
  ws._chunk = null;
  ws._behind = null;
  ws._waits = false;
  ws._holds = false;
  atJobs.delete(ws);
  brake.lift(ws);
}

module.exports = {
  TURN,
  receive,
  begin,
  spend,
  append,
  putInFront,
  isFree,
  tell,
  proceed,
  afterwards,
  hold,
  endHold,
  drop,
  standInLine
};
