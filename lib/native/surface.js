'use strict';

/**
 * Exceptions of handlers, where what has called them has more to do first; and how many handlers are running, since in
 * a loop that one of them runs Node cannot bear an uncaught exception: it ends the scopes of what is around that loop.
 */

const { setImmediate } = require('timers');

/** How many calls of handlers have not returned: more than one where a handler runs the loop. */
let running = 0;
/**
 * What waits until they have.
 *
 * @type {(() => void)[]}
 */
let postponed = [];

/** Handlers of a connection begin to run; {@link ended} follows. */
function began() {
  running++;
}

/** They have run. */
function ended() {
  running--;
  if (running > 0 || postponed.length === 0) return;
  const actions = postponed;
  postponed = [];
  for (const action of actions) action();
}

/** How many are running. */
function depth() {
  return running;
}

/** Calls `action` once no handler is running any more. @param {() => void} action */
function outside(action) {
  postponed.push(action);
}

/** @param {*} error surfaces as an uncaught exception, in a turn of the loop of its own */
function surface(error) {
  setImmediate(() => {
    if (running === 0) throw error;
    outside(() => surface(error));
  });
}

module.exports = { began, ended, depth, outside, surface };
