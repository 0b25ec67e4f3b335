'use strict';

/**
 * What the owner of a plain socket reads from it: bytes, what waits to be written, whether the socket is idle. While Rust moves
 * the bytes, Node's own figures stand still, and what its own fields do not know is added.
 */

const { Socket } = require('net');

/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').OwnedStream} OwnedStream */

/**
 * The property of a socket that has the connection whose bytes Rust moves; its transport is told of the owner's calls.
 */
const DIRECT = Symbol('faye-websocket-native direct');
/** The property of a socket that has the connection whose bytes Rust moves or has moved. */
const OWNER = Symbol('faye-websocket-native owner');
/** The property of a socket with a timeout that has what had moved when that ended last. */
const MOVED = Symbol('faye-websocket-native moved');

const base = /** @type {any} */ (Socket.prototype);

/**
 * The function with which Node reads a property of its sockets. Other runtimes may have no such property.
 *
 * @param {string} name
 * @returns {() => any}
 */
function nodes(name) {
  for (let owner = base; owner !== null; owner = Object.getPrototypeOf(owner)) {
    const found = Object.getOwnPropertyDescriptor(owner, name);
    if (found !== undefined) return /** @type {() => any} */ (found.get);
  }
  return () => undefined;
}

/**
 * Bytes that Node's own counter does not know of are added to it.
 *
 * @param {string} name
 * @param {number} index
 * @returns {PropertyDescriptor & ThisType<OwnedStream>}
 */
function counter(name, index) {
  const get = nodes(name);
  return {
    configurable: true,
    get() {
      const ws = this[OWNER];
      return ws ? get.call(this) + ws._transport.counters(ws)[index] : get.call(this);
    }
  };
}

/**
 * While Rust moves the bytes, Node's socket has nothing to write: the figure is that of the connection.
 *
 * @param {string} name
 * @param {(ws: Connection) => unknown} figure
 * @returns {PropertyDescriptor & ThisType<OwnedStream>}
 */
function waiting(name, figure) {
  const get = nodes(name);
  return {
    configurable: true,
    get() {
      const ws = this[DIRECT];
      return ws === undefined ? get.call(this) : figure(ws);
    }
  };
}

const BYTES_READ = counter('bytesRead', 0);
const BYTES_WRITTEN = counter('bytesWritten', 1);
const LENGTH = waiting('writableLength', (ws) => ws._transport.pending(ws));
const NEED_DRAIN = waiting('writableNeedDrain', (ws) => ws._backedUp);

/**
 * Puts these properties in front of those of a socket.
 *
 * @param {OwnedStream} socket
 */
function frontFigures(socket) {
  Object.defineProperty(socket, 'bytesRead', BYTES_READ);
  Object.defineProperty(socket, 'bytesWritten', BYTES_WRITTEN);
  Object.defineProperty(socket, 'writableLength', LENGTH);
  Object.defineProperty(socket, 'writableNeedDrain', NEED_DRAIN);
}

/**
 * The timeout of a socket has ended. Node's function looks whether a write goes on; Rust moves parts of frames without a word,
 * and writes later what the kernel has not taken at once.
 *
 * @this {OwnedStream}
 */
function onTimeout() {
  const ws = this[DIRECT];
  const moved = ws === undefined ? 0 : ws._transport.movedUntold(ws);
  const moves = moved !== 0 && moved !== this[MOVED];
  this[MOVED] = moved;
  if (moves) this._unrefTimer();
  else base._onTimeout.call(this);
}

module.exports = { DIRECT, OWNER, frontFigures, onTimeout };
