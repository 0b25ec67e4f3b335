'use strict';

/**
 * The line of connections that wait for a turn of the loop: each turn serves the first one, behind the connections
 * whose bytes have just arrived.
 */

const { put } = require('./immediates');
const { post } = require('./posting');
const { Queue } = require('./queue');
const { IS_NODE } = require('../native/runtime');

/** @type {Queue<() => void>} */
const line = new Queue();
let scheduled = false;

/**
 * Calls `action` in a turn of its own, behind all that wait.
 *
 * @param {() => void} action
 */
function later(action) {
  line.push(action);
  schedule();
}

/** Makes a later turn of the loop call {@link serve}, once. */
function schedule() {
  if (scheduled) return;
  // This comes first: if it throws for lack of stack, the next caller schedules.
  put(IS_NODE ? postServe : serve);
  scheduled = true;
}

/** Handlers must not run in Node's immediates (`posting.js`). */
function postServe() {
  post(serve);
}

/** Serves the first of the line. The next one's turn comes behind everything that arrives meanwhile. */
function serve() {
  scheduled = false;
  const action = /** @type {() => void} */ (line.shift());
  if (line.length > 0) schedule();
  action();
}

module.exports = { later };
