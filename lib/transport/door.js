'use strict';

/**
 * Where the loop calls handlers that no socket and no timer calls: those of whoever has waited for a turn, and of
 * messages that another thread has worked on.
 *
 * Neither Node's immediates nor its thread-safe functions are a place for handlers. One that runs the loop in the second
 * immediate of a turn ends the process (Node takes up the list of immediates where it stands, and that is in use), and
 * while a thread-safe function is being called, a loop inside is told of nothing that it has to say. A message that
 * we send to ourselves comes where what sockets bring comes, also inside.
 */

const { AsyncResource } = require('async_hooks');
const { MessageChannel } = require('worker_threads');

const { Queue } = require('./queue');

/** @type {Queue<() => void>} */
const callers = new Queue();
/**
 * The channel of {@link knock}, and the context in which it is made: nobody's, since it stays.
 *
 * @type {MessageChannel | null}
 */
let door = null;
const unscoped = new AsyncResource('WEBSOCKET_TURNS');

/**
 * Has the loop call `action`, behind all that wait here.
 *
 * @param {() => void} action
 */
function call(action) {
  callers.push(action);
  if (callers.length === 1) knock();
}

function knock() {
  if (door === null) {
    door = unscoped.runInAsyncScope(() => new MessageChannel());
    door.port1.on('message', open);
  }
  door.port1.ref();
  door.port2.postMessage(0);
}

/** Calls the first. Who is next is called behind it, or within, if it runs the loop. */
function open() {
  const action = /** @type {() => void} */ (callers.shift());
  if (callers.length > 0) knock();
  else /** @type {MessageChannel} */ (door).port1.unref();
  action();
}

module.exports = { call };
