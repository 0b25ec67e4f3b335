'use strict';

/**
 * Reads what a peer has sent before a write to it failed: messages, and the close frame that says why it left (RFC 6455
 * section 7.1.5). A write can fail because the peer has reset the connection while these bytes still wait to be read,
 * and Node would destroy the socket with them. So after a failed write the socket is read to its end before it is
 * destroyed.
 */

const { setImmediate, setTimeout } = require('timers');

const brake = require('./brake');
const { isResuming } = require('./reading');

/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').OwnedStream} OwnedStream */

/** The WebSocket that has a stream, and the error of a write that its stream will be destroyed with. */
const READER = Symbol('faye-websocket-native reader');
const FAILED = Symbol('faye-websocket-native failed');

/** Milliseconds between two looks at a connection that cannot read at the moment. */
const PAUSE = 10;

/**
 * Makes a stream read to its end before the error of a write destroys it.
 *
 * @param {OwnedStream} stream
 * @param {Connection} ws the connection that reads it
 * @returns {any} what the stream emits its events on
 */
function listen(stream, ws) {
  const emitter = emitterOf(stream);
  emitter[READER] = ws;
  emitter[FAILED] = null;
  return emitter;
}

/**
 * What a stream emits its events on: itself, or with `Object.create(socket)` the socket, which calls the listeners.
 *
 * @param {any} stream
 * @returns {any}
 */
function emitterOf(stream) {
  for (let object = stream; object; object = Object.getPrototypeOf(object)) {
    if (Object.prototype.hasOwnProperty.call(object, '_events')) return object;
  }
  return stream;
}

/**
 * The stream is to be destroyed.
 *
 * @param {OwnedStream} stream
 * @param {NodeJS.ErrnoException} [error]
 * @returns {boolean} whether it is not, because it is read first
 */
function goesOn(stream, error) {
  if (!error || error.syscall !== 'write' || error === stream[FAILED]) return false;
  const ws = stream[READER];
  if (!ws || stream.destroyed || !stream._handle || isOver(stream, ws)) return false;
  // Node drops bytes that it reads from a stream with this flag.
  const state = stateOf(stream);
  if (state.errored) state.errored = null;
  if (stream[FAILED] !== null) return true;
  emitterOf(stream)[FAILED] = error;
  if (brake.isOn(ws)) {
    brake.release(ws);
    ws._readOn();
  }
  readOn(stream, ws, -1);
  return true;
}

/**
 * What Node keeps of a stream's readable side, which no declaration of Node's has.
 *
 * @param {any} stream
 * @returns {{errored: Error|null, ended: boolean, endEmitted: boolean}}
 */
function stateOf(stream) {
  return stream._readableState;
}

/**
 * Whether nothing more is to be read: nothing is left, the connection takes nothing more, or the owner has paused.
 *
 * @param {OwnedStream} stream
 * @param {Connection} ws
 * @returns {boolean}
 */
function isOver(stream, ws) {
  const { endEmitted, ended } = stateOf(stream);
  return ended || endEmitted || ws.readyState > 2 || ws._closeParams !== null || isPausedByOwner(stream, ws);
}

/**
 * @param {OwnedStream} stream
 * @param {Connection} ws
 * @returns {boolean}
 */
function isPausedByOwner(stream, ws) {
  return ws._paused || (stream.isPaused() && !isBusy(stream, ws));
}

/**
 * Whether we have stopped reading, and not the owner.
 *
 * @param {OwnedStream} stream
 * @param {Connection} ws
 * @returns {boolean}
 */
function isBusy(stream, ws) {
  return ws._waits || ws._holds || brake.isOn(ws) || isResuming(stream);
}

/**
 * Looks in each turn of the loop whether more was read; if not, nothing is left.
 *
 * @param {OwnedStream} stream
 * @param {Connection} ws
 * @param {number} before bytes that had been read when it was last looked; -1 for the first time
 */
function readOn(stream, ws, before) {
  if (stream.destroyed) return;
  if (isBusy(stream, ws)) {
    setTimeout(readOn, PAUSE, stream, ws, -1);
  } else if (isOver(stream, ws) || stream.bytesRead === before) {
    stream.destroy(stream[FAILED]);
  } else {
    const { bytesRead } = stream;
    // Only before the second of these immediates has the loop asked the system for bytes.
    setImmediate(() => setImmediate(readOn, stream, ws, bytesRead));
  }
}

/**
 * The error to destroy a stream with: that of a failed write, if there was one, and not that of a later read.
 *
 * @param {OwnedStream} stream
 * @param {NodeJS.ErrnoException} [error]
 * @returns {NodeJS.ErrnoException|undefined}
 */
function causeOf(stream, error) {
  return error && error.syscall === 'read' && stream[FAILED] ? stream[FAILED] : error;
}

module.exports = { FAILED, READER, listen, goesOn, causeOf, emitterOf };
