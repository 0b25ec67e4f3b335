'use strict';

/**
 * Who waits for a turn of the loop: each turn calls the first of them, behind everybody who has just arrived.
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

/** Has {@link serve} called once in a turn of the loop to come. */
function schedule() {
  if (scheduled) return;
  // In this order: where the caller's stack ends here, the next one schedules.
  setImmediate(IS_NODE ? knock : serve);
  scheduled = true;
}

/**
 * Node's immediates are no place for handlers: one that runs the loop in the second immediate of a turn ends the process
 * (Node takes up the list of immediates where it stands, and that is in use). A message that we send to ourselves comes
 * where what sockets bring comes.
 */
function knock() {
  if (door === null) {
    door = unscoped.runInAsyncScope(() => new MessageChannel());
    door.port1.on('message', serve);
  }
  door.port1.ref();
  door.port2.postMessage(0);
}

/** Serves the first of the line. The turn of the next comes behind all that happens meanwhile, or within (see above). */
function serve() {
  scheduled = false;
  if (door !== null) door.port1.unref();
  const action = /** @type {() => void} */ (line.shift());
  if (line.length > 0) schedule();
  action();
}

module.exports = { later };
