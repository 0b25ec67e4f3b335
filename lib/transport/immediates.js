'use strict';

/**
 * What is put off to the next turn of the loop, in one of Node's immediates for all. Between two immediates Node runs ticks,
 * in which a handler of the application's may run the loop, and from a loop there it never comes back (`posting.js`). Of a
 * single one no tick comes in between.
 */

const { clearImmediate, setImmediate } = require('timers');

/** What the next immediate calls, in order. @type {(() => void)[]} */
let actions = [];
/** @type {NodeJS.Immediate | null} */
let immediate = null;

/**
 * Has `action` called in the next turn of the loop. It must call no handler of a connection's, nor anything else that has an
 * async context: all are called in that of the first.
 *
 * @param {() => void} action
 */
function put(action) {
  // `setImmediate` comes first: if it throws for lack of stack, nothing waits for it.
  if (immediate === null) immediate = setImmediate(callAll);
  actions.push(action);
}

/**
 * Takes back what is put off to the next turn. While the actions of this turn are called, those behind stay.
 *
 * @param {() => void} action
 */
function takeBack(action) {
  const at = actions.lastIndexOf(action);
  if (at === -1) return;
  if (at === actions.length - 1) actions.pop();
  else actions.splice(at, 1);
  if (actions.length > 0) return;
  clearImmediate(/** @type {NodeJS.Immediate} */ (immediate));
  immediate = null;
}

/** Calls all that are put off by now. What one throws is uncaught, and the others are called in the next turn. */
function callAll() {
  const now = actions;
  actions = [];
  immediate = null;
  let done = 0;
  try {
    while (done < now.length) now[done++]();
  } finally {
    for (; done < now.length; done++) put(now[done]);
  }
}

module.exports = { put, takeBack };
