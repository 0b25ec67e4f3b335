'use strict';

/**
 * The scope of a connection: the async context in which it was constructed. Its handlers run in it, whatever code has
 * called them (a read of this connection, of several in one turn of the loop, or a job on another thread).
 *
 * A handler's exception is thrown within that scope, in a tick, so that `domain` and AsyncLocalStorage know the
 * connection. Raising it at once as an uncaught exception would also end the scopes of the code that has called us.
 */

const { AsyncResource } = require('async_hooks');

const native = require('../native');
const { cells, DEPTH } = require('../native/rows');
const { IS_NODE } = require('../native/runtime');
const { began, ended, depth, outside } = require('../native/surface');

/** @typedef {import('./connection').Receiver} Receiver */
/** @typedef {import('./connection').Scope} Scope */
/** @typedef {Pick<Receiver, '_scope'>} Scoped */

/** What async_hooks call a connection. */
const TYPE = 'WEBSOCKET';

/** Node's own function, even if a test replaces it later. */
const { nextTick } = process;
/** What Node itself runs between two timers: next ticks and microtasks. */
const runTicks = IS_NODE ? unannounced(process._tickCallback) : undefined;
/** Whether {@link native.raise} is the binary's. */
const IS_NATIVE = IS_NODE && native.engine !== 'wasm';

/**
 * Node's function, without what it tells of itself under `--pending-deprecation` when it is first called. Nobody but us can do
 * anything about that call, and `--throw-deprecation` would end the process.
 *
 * @param {Function|undefined} run
 */
function unannounced(run) {
  if (typeof run !== 'function' || run.name !== 'deprecated') return run;
  let first = true;
  return () => {
    if (first) withholdWarning('DEP0134');
    first = false;
    return run();
  };
}

/** Has the next warning of the process not be told if it is that one. @param {string} code */
function withholdWarning(code) {
  const { emitWarning } = process;
  process.emitWarning = (/** @type {any[]} */ ...values) => {
    process.emitWarning = emitWarning;
    if (values[2] !== code) Reflect.apply(emitWarning, process, values);
  };
}

/** Makes the scope of a connection that is being constructed. */
function makeScope() {
  return new AsyncResource(TYPE);
}

/** The scope of an object without one: its handlers run in the context of the caller. */
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
 * The same, in a context of its own that has what the scope has: Node.js 18 to 22 keep a store that is entered on the resource,
 * where all that runs later in the scope sees it.
 *
 * @param {Scoped} ws the connection
 * @param {Function} action
 * @param {...unknown} values arguments
 */
function apart(ws, action, ...values) {
  const once = /** @type {AsyncResource} */ (within(ws, () => new AsyncResource(`${TYPE}OPEN`)));
  once.runInAsyncScope(/** @type {(...values: unknown[]) => unknown} */ (action), ws, ...values);
}

/**
 * Calls `action` in the scope of `ws` for code that the loop has called: an exception becomes an uncaught one, and the
 * caller goes on.
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

/** Whether the loop is being run by a handler, or by what one has put off. */
function isInside() {
  return cells[DEPTH] > 0 || depth() > 0;
}

/**
 * Makes an exception an uncaught one, in the scope of its connection. Within a loop that a handler runs, an uncaught
 * exception would end the process, so there it is thrown once that handler has returned.
 *
 * @param {Scoped} ws the connection
 * @param {unknown} error
 */
function raise(ws, error) {
  if (depth() > 1) outside(() => raise(ws, error));
  else within(ws, nextTick, rethrow, ws, error);
}

/**
 * @param {Scoped} ws the connection
 * @param {unknown} error
 */
function rethrow(ws, error) {
  if (depth() === 0) throwUncaught(error);
  // A loop inside of another handler has come to this tick.
  else outside(() => raise(ws, error));
}

/**
 * Throws what nobody catches, from a tick. Where it ends the process, Node prints the line that has thrown: this one if it is
 * thrown once more. So then the binary raises it, and Node prints the line of the handler.
 *
 * @param {unknown} error
 */
function throwUncaught(error) {
  if (!IS_NATIVE || isHandled() || abortsOnUncaught()) throw error;
  native.raise(error);
}

/** Whether somebody hears of uncaught exceptions, a domain among others. */
function isHandled() {
  return process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback();
}

/** Whether the process is to leave a core behind: V8 aborts where something is thrown, and not where it is raised. */
function abortsOnUncaught() {
  return /--abort[-_]on[-_]uncaught/.test(`${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS || ''}`);
}

/**
 * Calls `second` whatever `first` does. If both throw, the first exception becomes an uncaught one.
 *
 * @param {Scoped} ws the connection
 * @param {() => void} first
 * @param {() => void} second
 */
function both(ws, first, second) {
  let hasThrown = false;
  /** @type {unknown} */
  let thrown;
  let isOneOfTwo = false;
  try {
    first();
  } catch (error) {
    hasThrown = true;
    thrown = error;
    // Here, since what `second` throws is to surface behind it.
    within(ws, nextTick, () => isOneOfTwo && rethrow(ws, thrown));
  }
  try {
    second();
  } catch (error) {
    isOneOfTwo = hasThrown;
    throw error;
  }
  if (hasThrown) throw thrown;
}

/** Whether {@link drain} works in this runtime. */
const drains = typeof runTicks === 'function';

/** Runs the next ticks and microtasks of the handlers that have just run, before the handlers of another connection. */
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

module.exports = {
  NO_SCOPE,
  makeScope,
  both,
  within,
  apart,
  enter,
  began,
  depth,
  ended,
  isInside,
  raise,
  drain,
  drains,
  nextTick
};
