'use strict';

/**
 * What a handle of Node's gets when Rust reads and writes its descriptor: methods of its own in front of its class's,
 * which give the descriptor up before they close it. The system may give the number to somebody else in the same turn
 * of the loop, so this must not be missed: whatever ends a socket (`destroy`, `resetAndDestroy`, being sent to another
 * process, its owner's `_handle.close()`) comes by here.
 *
 * Only when its environment ends does Node close a handle without calling these; see `src/binding/turn.rs`.
 */

/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').Handle} Handle */

/** The WebSocket whose bytes Rust moves, on a handle. */
const DIRECT = Symbol('faye-websocket-native direct');

/** Set by {@link onClose}. */
/** @type {function(Connection): void} */
let giveUp = () => {};

/**
 * @this {Handle}
 * @param {(() => void)} [callback]
 */
function close(callback) {
  if (this[DIRECT]) giveUp(this[DIRECT]);
  return Object.getPrototypeOf(this).close.call(this, callback);
}

/**
 * @this {Handle}
 * @param {(() => void)} [callback]
 */
function reset(callback) {
  if (this[DIRECT]) giveUp(this[DIRECT]);
  return Object.getPrototypeOf(this).reset.call(this, callback);
}

/**
 * Sets what is called before a handle closes that has a connection.
 *
 * @param {(ws: Connection) => void} action takes the connection
 */
function onClose(action) {
  giveUp = action;
}

/**
 * Lends the descriptor of a handle to a connection.
 *
 * @param {Handle} handle
 * @param {Connection} ws the connection
 * @returns {boolean} false if somebody else stands in front of its methods
 */
function lend(handle, ws) {
  const own = Object.getPrototypeOf(handle);
  if (handle.close !== close) {
    if (handle.close !== own.close || handle.reset !== own.reset) return false;
    handle.close = close;
    // Sockets of the file system cannot be reset.
    if (own.reset) handle.reset = reset;
  }
  handle[DIRECT] = ws;
  return true;
}

/**
 * Ends what {@link lend} began.
 *
 * @param {Handle} handle
 */
function takeBack(handle) {
  handle[DIRECT] = undefined;
}

module.exports = { onClose, lend, takeBack };
