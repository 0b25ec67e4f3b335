'use strict';

/**
 * While Rust reads and writes the descriptor of one of Node's handles, the handle has methods `close` and `reset` of
 * our own, which make Rust stop using the descriptor before it is closed. They must not be missed, since the system may
 * give the number to another file in the same turn of the loop. Everything that ends a socket (`destroy`,
 * `resetAndDestroy`, sending it to another process, its owner's `_handle.close()`) calls one of them.
 *
 * Only when its environment ends does Node close a handle without calling these; see `src/binding/batch.rs`.
 */

/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').Handle} Handle */

/**
 * The property of a handle that has the connection whose bytes Rust moves; its transport stops using the descriptor.
 */
const DIRECT = Symbol('faye-websocket-native direct');

/**
 * @this {Handle}
 * @param {(() => void)} [callback]
 */
function close(callback) {
  if (this[DIRECT]) this[DIRECT]._transport.letGo(this[DIRECT]);
  return Object.getPrototypeOf(this).close.call(this, callback);
}

/**
 * @this {Handle}
 * @param {(() => void)} [callback]
 */
function reset(callback) {
  if (this[DIRECT]) this[DIRECT]._transport.letGo(this[DIRECT]);
  return Object.getPrototypeOf(this).reset.call(this, callback);
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

module.exports = { lend, takeBack };
