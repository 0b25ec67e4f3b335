'use strict';

/**
 * What a plain socket becomes when a WebSocket takes it over: still the owner's `net.Socket`, with a prototype in
 * front of `net.Socket.prototype` that keeps the two of us out of each other's way.
 *
 * What was sent in this turn of the loop leaves before the owner writes to the socket or ends it. And while Rust
 * reads and writes the descriptor (`lib/direct.js`), the owner's pauses, timeouts, references and counters act on
 * that; a write or end by the owner gives the descriptor back first, so that no two of us write to it.
 *
 * A prototype costs one hidden-class transition for each connection, where ten methods of its own would cost each
 * socket half a kilobyte. Sockets of other classes, and other streams, get `flushBefore` instead.
 */

const { Socket } = require('net');

const outbox = require('./outbox');

/** The WebSocket whose bytes Rust moves, on a socket. */
const DIRECT = Symbol('faye-websocket-native direct');
/** The WebSocket whose bytes Rust has ever moved, on a socket. */
const OWNER = Symbol('faye-websocket-native owner');

/** Set by `lib/direct.js`, which needs this module. */
const hooks = { giveBack: null, letGo: null, pause: null, alive: null, counters: null };

/** Bytes that Node's own counters do not know of. */
function counters(socket) {
  return socket[OWNER] ? hooks.counters(socket[OWNER]) : [0, 0];
}

const taken = Object.create(Socket.prototype, {
  bytesRead: {
    configurable: true,
    /** Bytes received, by whomever. */
    get() {
      return baseBytesRead.call(this) + counters(this)[0];
    }
  },
  bytesWritten: {
    configurable: true,
    /** Bytes accepted for sending, by whomever. */
    get() {
      return baseBytesWritten.call(this) + counters(this)[1];
    }
  }
});

const baseBytesRead = Object.getOwnPropertyDescriptor(Socket.prototype, 'bytesRead').get;
const baseBytesWritten = Object.getOwnPropertyDescriptor(Socket.prototype, 'bytesWritten').get;

taken.write = function (chunk, encoding, callback) {
  if (!outbox.isFlushing()) {
    outbox.flush();
    if (this[DIRECT]) hooks.giveBack(this[DIRECT]);
  }
  return Socket.prototype.write.call(this, chunk, encoding, callback);
};

taken.end = function (chunk, encoding, callback) {
  if (!outbox.isFlushing()) outbox.flush();
  if (this[DIRECT]) hooks.giveBack(this[DIRECT]);
  return Socket.prototype.end.call(this, chunk, encoding, callback);
};

taken.destroy = function (error, callback) {
  if (!outbox.isFlushing()) outbox.flush();
  if (this[DIRECT]) hooks.letGo(this[DIRECT]);
  return Socket.prototype.destroy.call(this, error, callback);
};

taken.pause = function () {
  if (this[DIRECT]) hooks.pause(this[DIRECT], true);
  return Socket.prototype.pause.call(this);
};

taken.resume = function () {
  if (this[DIRECT]) hooks.pause(this[DIRECT], false);
  return Socket.prototype.resume.call(this);
};

/** Node must not start to read a descriptor that Rust reads. */
taken._read = function (size) {
  if (!this[DIRECT]) Socket.prototype._read.call(this, size);
};

taken.ref = function () {
  Socket.prototype.ref.call(this);
  if (this[DIRECT]) hooks.alive(this[DIRECT], true);
  return this;
};

taken.unref = function () {
  Socket.prototype.unref.call(this);
  if (this[DIRECT]) hooks.alive(this[DIRECT], false);
  return this;
};

taken.setTimeout = function (milliseconds, callback) {
  Socket.prototype.setTimeout.call(this, milliseconds, callback);
  if (this[DIRECT]) this[DIRECT]._timed = milliseconds > 0;
  return this;
};

/**
 * Puts a socket under this module's care, or any other stream under the part of it that every stream needs.
 *
 * @param {import('stream').Duplex} stream
 */
function take(stream) {
  const prototype = Object.getPrototypeOf(stream);
  if (prototype === Socket.prototype) {
    Object.setPrototypeOf(stream, taken);
  } else if (prototype !== taken) {
    for (const method of ['write', 'end', 'destroy']) flushBefore(stream, method);
  }
}

/** Whether a socket can be given to the direct transport. */
function isTaken(stream) {
  return Object.getPrototypeOf(stream) === taken;
}

/** What was sent in this turn of the loop must leave before the owner of the stream writes to it or ends it. */
function flushBefore(stream, method) {
  const original = stream[method];
  if (typeof original !== 'function') return;
  stream[method] = function (first, second, third) {
    if (!outbox.isFlushing()) outbox.flush();
    return original.call(this, first, second, third);
  };
}

module.exports = { DIRECT, OWNER, hooks, take, isTaken };
