'use strict';

/**
 * When those are answered who ask for a WebSocket over HTTP/2. One read of a session may bring a thousand requests, and Node
 * calls for each of them before the loop goes on. So once a turn of the loop has spent a while on openings, the others begin
 * in later turns, in their order, behind what other connections have sent. Who has given up by then has cost no more than an
 * object.
 */

const { put } = require('../transport/immediates');
const { later } = require('../transport/line');
const { now } = require('../transport/prompt');
const { Queue } = require('../transport/queue');
const { drain, drains, isInside } = require('../transport/scope');

/** How long the openings of one turn may take, in milliseconds. */
const LONGEST = 2;

/** @type {Queue<() => void>} */
const waiting = new Queue();
/** When the openings of this turn began; 0 before the first. */
let since = 0;
let scheduled = false;

function endTurn() {
  since = 0;
}

/** Whether this turn has time for one more. */
function hasTime() {
  const time = now();
  if (since === 0) {
    since = time;
    put(endTurn);
  }
  return time - since < LONGEST;
}

/**
 * Has an opening begin in a later turn, if this one has opened many.
 *
 * @param {() => void} begin
 * @returns {boolean} false if it may begin now
 */
function putOff(begin) {
  if (waiting.length === 0 && hasTime()) return false;
  waiting.push(begin);
  schedule();
  return true;
}

function schedule() {
  if (scheduled) return;
  later(serve);
  scheduled = true;
}

/** Begins what waits, for as long as the openings of a turn may take. The ticks of one come before the next. */
function serve() {
  scheduled = false;
  const start = now();
  for (let begin = waiting.shift(); begin !== undefined; begin = waiting.shift()) {
    // Before it begins, since it may throw, and its handlers may run the loop.
    if (waiting.length > 0) schedule();
    begin();
    if (waiting.length === 0 || isInside() || !drains || now() - start >= LONGEST) return;
    drain();
  }
}

module.exports = { putOff };
