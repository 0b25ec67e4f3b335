'use strict';

/**
 * A stream that a WebSocket uses gets methods of our own in front of its class's, so that calls of its owner do not
 * disturb ours, nor ours the owner's.
 *
 * What was sent in this turn of the loop is written before the owner writes to the stream or ends it. And while Rust
 * reads and writes a socket's descriptor (`lib/transport/direct.js`), the owner's pauses, timeouts, references and
 * counters apply to that; a write or end by the owner gives the descriptor back to Node first, so that never both write
 * to it.
 *
 * The methods are the same functions on all plain sockets and are assigned in one order, so that all sockets have one
 * hidden class. An object between the socket and its prototype would be tidier, but costs 40 µs a connection: V8 then
 * makes a hidden class for each socket.
 */

const { Socket } = require('net');

const { flushBefore, noteBefore } = require('./fronts');
const lastWords = require('./last_words');
const { notePause, pauseStream, startReading, PAUSED } = require('./reading');
const { DIRECT, OWNER, frontFigures, onTimeout } = require('./socket_figures');
const outbox = require('./stream');
const { IS_NODE } = require('../native/runtime');
const { noteFront } = require('./untouched');

/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').OwnedStream} OwnedStream */

/** The property of a stream that has the listeners which end its WebSocket: pairs of an event's name and a listener. */
const ENDS = Symbol('faye-websocket-native ends');

const base = /** @type {any} */ (Socket.prototype);
const END = base.end;
const FLUSHED = /** @type {const} */ (['write', 'end', 'destroy']);
const NOTED = /** @type {const} */ (['pause', 'resume']);

/**
 * @this {OwnedStream}
 * @param {any} chunk
 * @param {any} [encoding]
 * @param {any} [callback]
 * @returns {boolean}
 */
function write(chunk, encoding, callback) {
  if (!outbox.isFlushing()) {
    outbox.flush();
    if (this[DIRECT]) this[DIRECT]._transport.giveBack(this[DIRECT]);
  }
  return base.write.call(this, chunk, encoding, callback);
}
noteFront(write, base.write);

/**
 * @this {OwnedStream}
 * @param {any} [chunk]
 * @param {any} [encoding]
 * @param {any} [callback]
 * @returns {any}
 */
function end(chunk, encoding, callback) {
  if (!outbox.isFlushing()) outbox.flush();
  if (this[DIRECT]) this[DIRECT]._transport.giveBack(this[DIRECT]);
  return base.end.call(this, chunk, encoding, callback);
}

/**
 * What was sent before leaves before; what follows Node gathers.
 *
 * @this {OwnedStream}
 */
function cork() {
  if (!outbox.isFlushing()) {
    outbox.flush();
    if (this[DIRECT]) this[DIRECT]._transport.giveBack(this[DIRECT]);
  }
  base.cork.call(this);
}

/** @this {OwnedStream} */
function uncork() {
  if (!outbox.isFlushing()) outbox.flush();
  base.uncork.call(this);
}

/**
 * @this {OwnedStream}
 * @param {Error} [error]
 * @param {any} [callback]
 * @returns {any}
 */
function destroy(error, callback) {
  if (!outbox.isFlushing()) outbox.flush();
  if (lastWords.goesOn(this, error)) return this;
  if (this[DIRECT]) this[DIRECT]._transport.letGo(this[DIRECT]);
  return base.destroy.call(this, lastWords.causeOf(this, error), callback);
}

/**
 * @this {OwnedStream}
 * @returns {any}
 */
function pause() {
  notePause(this, true);
  if (this[DIRECT]) this[DIRECT]._transport.pausedByOwner(this[DIRECT], true);
  return base.pause.call(this);
}

/**
 * @this {OwnedStream}
 * @returns {any}
 */
function resume() {
  notePause(this, false);
  if (this[DIRECT]) this[DIRECT]._transport.pausedByOwner(this[DIRECT], false);
  base.resume.call(this);
  if (!this[DIRECT] && this[OWNER] && !this.isPaused()) startReading(this);
  return this;
}

/**
 * Node stops a stream that has no pipe left, which the connection reads as well. That is no pause of its owner's.
 *
 * @this {OwnedStream} @param {any} [to] @returns {any}
 */
function unpipe(to) {
  readOnBehind(this, base.unpipe, to);
  return this;
}

/**
 * Calls `original`, which takes the owner's pipe off a stream, and has it flow as it did, unless all pipes are taken off.
 *
 * @param {OwnedStream} stream
 * @param {Function} original
 * @param {any} to where the pipe leads
 */
function readOnBehind(stream, original, to) {
  const { readableFlowing: flowed, [PAUSED]: paused } = stream;
  original.call(stream, to);
  if (to === undefined) return;
  if (!paused) stream[PAUSED] = paused;
  if (flowed && !stream.readableFlowing) stream.resume();
}

/**
 * Node must not start to read a descriptor that Rust reads.
 *
 * @this {OwnedStream}
 * @param {number} size
 */
function _read(size) {
  if (!this[DIRECT]) base._read.call(this, size);
}

/**
 * @this {OwnedStream}
 * @returns {any}
 */
function ref() {
  base.ref.call(this);
  if (this[DIRECT]) this[DIRECT]._transport.keepAlive(this[DIRECT], true);
  return this;
}

/**
 * @this {OwnedStream}
 * @returns {any}
 */
function unref() {
  base.unref.call(this);
  if (this[DIRECT]) this[DIRECT]._transport.keepAlive(this[DIRECT], false);
  return this;
}

/**
 * @this {OwnedStream}
 * @param {number} milliseconds
 * @param {() => void} [callback]
 * @returns {any}
 */
function setTimeout(milliseconds, callback) {
  // Before Node sends a socket to another process, it takes the handle out of it and ends its timeout. From now on the
  // other process reads it.
  if (this._handle === null && this[DIRECT]) this[DIRECT]._transport.letGo(this[DIRECT]);
  // Node keeps the function that it finds now.
  this._onTimeout = onTimeout;
  base.setTimeout.call(this, milliseconds, callback);
  /** @type {Connection | undefined} */
  const ws = this[DIRECT];
  if (ws) ws._timed = milliseconds > 0;
  return this;
}

/**
 * Removes all listeners but ours that end the WebSocket: without them, a reset by the peer would be an uncaught
 * exception.
 *
 * @this {OwnedStream}
 * @param {...string} types
 * @returns {any}
 */
function removeAllListeners(...types) {
  base.removeAllListeners.apply(this, types);
  keepEnds(this);
  return this;
}

/** @param {OwnedStream} stream */
function keepEnds(stream) {
  for (const [type, listener] of stream[ENDS]) {
    if (!stream.listeners(type).includes(listener)) stream.on(type, listener);
  }
}

/**
 * Gives a stream the methods of this module.
 *
 * @param {any} stream
 */
function take(stream) {
  if (isTaken(stream)) return;
  if (!isPlain(stream)) {
    for (const method of FLUSHED) flushBefore(stream, method);
    for (const method of NOTED) noteBefore(stream, method);
    if (stream.cork === base.cork && stream.uncork === base.uncork) frontCork(stream);
    readOnBehindPipes(stream);
    if (IS_NODE && stream instanceof Socket) readBeforeDestroying(stream);
    keepEndsBehind(stream);
    return;
  }
  stream[DIRECT] = undefined;
  stream[PAUSED] = false;
  stream[OWNER] = undefined;
  stream.write = write;
  stream.end = end;
  stream.destroy = destroy;
  stream.pause = pause;
  stream.resume = resume;
  stream.unpipe = unpipe;
  stream._read = _read;
  stream.ref = ref;
  stream.unref = unref;
  stream.setTimeout = setTimeout;
  stream.removeAllListeners = removeAllListeners;
  frontCork(stream);
  frontFigures(stream);
}

/** @param {any} stream a stream of Node's */
function frontCork(stream) {
  stream.cork = cork;
  stream.uncork = uncork;
}

/**
 * Whether a stream is a socket of Node's whose methods nobody has replaced. Sockets of Bun and Deno are treated like
 * other streams.
 *
 * @param {OwnedStream} stream
 * @returns {boolean}
 */
function isPlain(stream) {
  if (!IS_NODE || Object.getPrototypeOf(stream) !== base) return false;
  const {
    write,
    end,
    destroy,
    pause,
    resume,
    unpipe,
    _read,
    ref,
    unref,
    setTimeout,
    removeAllListeners,
    cork,
    uncork
  } = /** @type {any} */ (stream);
  // Not in a loop over their names: looking a property up by a name that changes costs ten times as much.
  return (
    write === base.write &&
    end === base.end &&
    destroy === base.destroy &&
    pause === base.pause &&
    resume === base.resume &&
    unpipe === base.unpipe &&
    _read === base._read &&
    ref === base.ref &&
    unref === base.unref &&
    setTimeout === base.setTimeout &&
    removeAllListeners === base.removeAllListeners &&
    cork === base.cork &&
    uncork === base.uncork
  );
}

/**
 * Whether a socket can be given to the direct transport.
 *
 * @param {OwnedStream} stream
 * @returns {boolean}
 */
function isTaken(stream) {
  return stream.write === write;
}

/**
 * Whether somebody has put a method in the place of `end`, of a socket or of the class of all.
 *
 * @param {OwnedStream} stream
 * @returns {boolean}
 */
function isEndSeen(stream) {
  return stream instanceof Socket && (base.end !== END || (isTaken(stream) && stream.end !== end));
}

/**
 * The same as `unpipe` above, in front of whatever a stream has.
 *
 * @param {any} stream
 */
function readOnBehindPipes(stream) {
  const { unpipe: original } = stream;
  if (typeof original !== 'function') return;
  /** @this {OwnedStream} @param {any} [to] */
  stream.unpipe = function (to) {
    readOnBehind(this, original, to);
    return this;
  };
}

/**
 * The same as `destroy` above, in front of that of a TLS socket, or of one that somebody has put a method on.
 *
 * @param {any} stream
 */
function readBeforeDestroying(stream) {
  const original = stream.destroy;
  /**
   * @this {any}
   * @param {any} [error]
   * @param {any} [callback]
   */
  stream.destroy = function (error, callback) {
    if (lastWords.goesOn(this, error)) return this;
    return original.call(this, lastWords.causeOf(this, error), callback);
  };
}

/**
 * The same as `removeAllListeners` above, in front of whatever a stream has.
 *
 * @param {any} stream
 */
function keepEndsBehind(stream) {
  const original = stream.removeAllListeners;
  if (typeof original !== 'function') return;
  stream.removeAllListeners = /** @type {(...types: string[]) => unknown} */ function (...types) {
    const result = original.apply(this, types);
    keepEnds(this);
    return result;
  };
}

/**
 * Resumes a stream that was emitting its buffered chunks: it stops when a handler throws.
 *
 * @param {OwnedStream} stream
 */
function goOnReading(stream) {
  if (!stream.readableFlowing || !stream.readableLength) return;
  pauseStream(stream);
  stream.resume();
}

module.exports = { DIRECT, ENDS, OWNER, take, isEndSeen, isTaken, goOnReading };
