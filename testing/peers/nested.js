'use strict';

/** Loops that a test runs inside of handlers, and waiting for what only comes once none is running. */

const { setImmediate: turn } = require('node:timers/promises');

const { load } = require('./run_loop');

const { runLoop, skip } = load();

/** How many loops are running inside of handlers. */
let depth = 0;

/** Runs the loop until `condition` holds; whether that came to pass. */
function loopUntil(condition) {
  const end = Date.now() + 10_000;
  depth++;
  while (!condition() && Date.now() < end) runLoop(false);
  depth--;
  return condition();
}

/** Runs the loop for some turns, unless `deepest` loops are running. */
function loopFor(turns, deepest) {
  if (depth >= deepest) return;
  depth++;
  for (let i = 0; i < turns; i++) runLoop(false);
  depth--;
}

/** Resolves once `condition` holds and no loop is running inside of a handler: promises go on there, too. */
async function until(condition) {
  while (depth > 0 || !condition()) await turn();
}

module.exports = { loopFor, loopUntil, skip, until };
