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

/** The connection whose bytes Rust moves, on a handle: its transport lets the descriptor go. */
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
