'use strict';

/**
 * What a peer has said before a write to it failed: the close frame that says why it went (RFC 6455 section 7.1.5), and
 * the messages before that. A write finds a connection reset while all of this still waits to be read, and Node destroys
 * the socket with it. So when a write has failed, the socket is read to its end first.
 */

const brake = require('./brake');

/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').OwnedStream} OwnedStream */

/** The WebSocket that has a stream, and the error of a write that its stream will be destroyed with. */
const READER = Symbol('faye-websocket-native reader');
const FAILED = Symbol('faye-websocket-native failed');

/** Milliseconds between two looks at a connection that cannot read at the moment. */
const PAUSE = 10;

/**
 * Has a stream read to its end before an error of a write destroys it.
 *
 * @param {OwnedStream} stream
 * @param {Connection} ws the connection that reads it
 */
function listen(stream, ws) {
  stream[READER] = ws;
  stream[FAILED] = null;
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
  // Node drops what is read from a stream that has this.
  const state = stateOf(stream);
  if (state.errored) state.errored = null;
  if (stream[FAILED] !== null) return true;
  stream[FAILED] = error;
  if (brake.release(ws)) ws._readOn();
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
 * Whether nothing more is to be read: nothing is left, nobody wants it, or the owner has paused.
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
  return ws._paused || (stream.isPaused() && !isBusy(ws));
}

/**
 * Whether reading stands still for reasons of ours.
 *
 * @param {Connection} ws
 * @returns {boolean}
 */
function isBusy(ws) {
  return ws._waits || ws._holds || brake.isOn(ws);
}

/**
 * Looks each turn of the loop whether more was read; once that is not so, nothing is left.
 *
 * @param {OwnedStream} stream
 * @param {Connection} ws
 * @param {number} before bytes that had been read when it was last looked; -1 for the first time
 */
function readOn(stream, ws, before) {
  if (stream.destroyed) return;
  if (isBusy(ws)) {
    setTimeout(readOn, PAUSE, stream, ws, -1);
  } else if (isOver(stream, ws) || stream.bytesRead === before) {
    stream.destroy(stream[FAILED]);
  } else {
    const { bytesRead } = stream;
    // The loop has asked the system only before the second of these.
    setImmediate(() => setImmediate(readOn, stream, ws, bytesRead));
  }
}

/**
 * What a stream is destroyed with: not a failed read, if a write has failed before.
 *
 * @param {OwnedStream} stream
 * @param {NodeJS.ErrnoException} [error]
 * @returns {NodeJS.ErrnoException|undefined}
 */
function causeOf(stream, error) {
  return error && error.syscall === 'read' && stream[FAILED] ? stream[FAILED] : error;
}

module.exports = { FAILED, listen, goesOn, causeOf };
