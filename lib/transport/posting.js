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
const { setImmediate } = require('timers');
const { MessageChannel } = require('worker_threads');

const { Queue } = require('./queue');
const { IS_NODE } = require('../native/runtime');
const { depth } = require('../native/surface');

/** @type {Queue<() => void>} */
const callers = new Queue();
/**
 * The channel through which we send messages to ourselves, and the context in which it is made: nobody's, since it stays.
 *
 * @type {MessageChannel | null}
 */
let channel = null;
const unscoped = new AsyncResource('WEBSOCKET_TURNS');
/** How many wait because a tick was no place for them. */
let fromTicks = 0;

/**
 * Has the loop call `action`, behind all that wait here. An exception surfaces as an uncaught one.
 *
 * @param {() => void} action
 */
function post(action) {
  if (!IS_NODE) {
    setImmediate(action);
    return;
  }
  callers.push(action);
  if (callers.length === 1) sendMessage();
}

function sendMessage() {
  if (channel === null) {
    channel = unscoped.runInAsyncScope(() => new MessageChannel());
    channel.port1.on('message', callFirst);
  }
  channel.port1.ref();
  channel.port2.postMessage(0);
}

/** Calls the first. Who is next is called behind it, or within, if it runs the loop. */
function callFirst() {
  const action = /** @type {() => void} */ (callers.shift());
  if (callers.length > 0) sendMessage();
  else /** @type {MessageChannel} */ (channel).port1.unref();
  action();
}

/**
 * Calls `action` for a tick or a microtask, which is right where those follow upon what the loop has called. In a loop that a
 * handler runs, Node comes to them only between two immediates or two timers, and it never comes back from a loop that is run
 * between immediates. So there, and behind what has come there before, the loop calls it.
 *
 * @param {() => void} action
 */
function callFromTick(action) {
  if (!IS_NODE || (depth() === 0 && fromTicks === 0)) {
    action();
    return;
  }
  fromTicks++;
  post(() => {
    fromTicks--;
    action();
  });
}

/** Calls `action` in the next tick, as {@link callFromTick} does. @param {() => void} action */
function soon(action) {
  process.nextTick(callFromTick, action);
}

module.exports = { post, callFromTick, soon };
