'use strict';

/**
 * The line of connections that wait for a turn of the loop: each turn serves the first one, behind the connections
 * whose bytes have just arrived.
 */

const { AsyncResource } = require('async_hooks');
const { MessageChannel } = require('worker_threads');

const { IS_NODE } = require('../native/runtime');

/** @type {(() => void)[]} */
const line = [];
let scheduled = false;
/**
 * The channel of {@link knock}, and the context in which it is made: nobody's, since it stays.
 *
 * @type {MessageChannel | null}
 */
let door = null;
const unscoped = new AsyncResource('WEBSOCKET_TURNS');

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
  // `setImmediate` comes first: if it throws for lack of stack, the next caller schedules.
  setImmediate(IS_NODE ? knock : serve);
  scheduled = true;
}

/**
 * Handlers must not run in Node's immediates: one that runs the loop in the second immediate of a turn ends the
 * process, since Node goes through a list of immediates that is in use already. A message that we post to ourselves
 * arrives in the phase in which sockets are read.
 */
function knock() {
  if (door === null) {
    door = unscoped.runInAsyncScope(() => new MessageChannel());
    door.port1.on('message', serve);
  }
  door.port1.ref();
  door.port2.postMessage(0);
}

/** Serves the first of the line. The next one's turn comes behind everything that arrives meanwhile. */
function serve() {
  scheduled = false;
  if (door !== null) door.port1.unref();
  const action = /** @type {() => void} */ (line.shift());
  if (line.length > 0) schedule();
  action();
}

module.exports = { later };
