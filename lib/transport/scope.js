'use strict';

/**
 * The scope of a connection: the async context in which it was constructed, and in which its handlers run, whoever
 * has read what they are told (one connection, several in a turn of the loop, another thread).
 *
 * An exception of a handler surfaces inside of it, where `domain` and AsyncLocalStorage see whose it is: in a tick that
 * throws it. To make it an uncaught one on the spot would end the scopes around ours, too, which are not ours to end.
 */

const { AsyncResource } = require('async_hooks');

const native = require('../native');
const { IS_NODE } = require('../native/runtime');

/** @typedef {import('./connection').Receiver} Receiver */
/** @typedef {import('./connection').Scope} Scope */
/** @typedef {Pick<Receiver, '_scope'>} Scoped */

/** What async_hooks call a connection. */
const TYPE = 'WEBSOCKET';

/** Node's own, whatever a test puts in its place. */
const { nextTick } = process;
/** What Node itself runs between two timers: what was put off to the next tick, and microtasks. */
const runTicks = IS_NODE ? process._tickCallback : undefined;

/** How many calls of handlers have not returned: more than one where a handler runs the loop. */
let running = 0;
/** Exceptions that wait, with the connections that they are of. */
/** @type {[ws: Scoped, error: unknown][]} */
let postponed = [];

/** Makes the scope of a connection that is being constructed. */
function makeScope() {
  return new AsyncResource(TYPE);
}

/** The scope of who has none: everything happens within its caller's calls. */
/** @type {Scope} */
const NO_SCOPE = {
  runInAsyncScope: (action, self, ...values) => action.apply(/** @type {any} */ (self), values)
};

/**
 * Calls `action` in the scope of `ws`, with `ws` as `this`; what it throws is thrown here.
 *
 * @param {Scoped} ws the connection
 * @param {Function} action
 * @param {...unknown} values arguments
 * @returns {any} what it returns
 */
function within(ws, action, ...values) {
  return ws._scope.runInAsyncScope(/** @type {(...values: unknown[]) => unknown} */ (action), ws, ...values);
}

/**
 * The same for what the loop has called: an exception surfaces as an uncaught one, and whoever called goes on.
 *
 * @param {Scoped} ws the connection
 * @param {Function} action
 * @param {...unknown} values arguments
 */
function enter(ws, action, ...values) {
  began();
  try {
    within(ws, action, ...values);
  } catch (error) {
    raise(ws, error);
  } finally {
    ended();
  }
}

/** Handlers of a connection begin to run; {@link ended} follows. */
function began() {
  running++;
}

/** They have run. */
function ended() {
  running--;
  if (running > 0 || postponed.length === 0) return;
  const exceptions = postponed;
  postponed = [];
  for (const [ws, error] of exceptions) raise(ws, error);
}

/**
 * Makes an exception an uncaught one, in the scope of its connection. In a loop that a handler runs Node cannot bear any,
 * so it waits until that handler has returned.
 *
 * @param {Scoped} ws the connection
 * @param {unknown} error
 */
function raise(ws, error) {
  if (running > 1) postponed.push([ws, error]);
  else within(ws, nextTick, rethrow, error);
}

/** @param {unknown} error */
function rethrow(error) {
  throw error;
}

/** Whether {@link drain} can do what it says. */
const drains = typeof runTicks === 'function';

/** Runs what handlers have put off to the next tick, and their promises' continuations, before anybody else's turn. */
function drain() {
  for (;;) {
    try {
      /** @type {Function} */ (runTicks)();
      return;
    } catch (error) {
      native.raise(error);
    }
  }
}

module.exports = { NO_SCOPE, makeScope, within, enter, began, ended, raise, drain, drains, nextTick };
