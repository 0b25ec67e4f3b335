'use strict';

/**
 * Stops reading a stream and goes on, and keeps apart who has stopped it. The stream itself knows only that it is
 * paused: without this, a stream that its owner pauses while we have stopped it would flow again as soon as we go on.
 */

/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').OwnedStream} OwnedStream */

/** The property of a stream that says whether its owner has paused it. */
const PAUSED = Symbol('faye-websocket-native paused');

/** Whether the next call of a stream's method is ours. */
let isOurs = false;

/**
 * Notes who pauses a stream or has it flow; for the methods in front of the stream's own.
 *
 * @param {OwnedStream} stream
 * @param {boolean} paused
 */
function notePause(stream, paused) {
  if (!isOurs) stream[PAUSED] = paused;
  // What listens to the stream's events may call for itself.
  isOurs = false;
}

/**
 * @param {OwnedStream} stream
 * @param {'pause' | 'resume'} method
 */
function call(stream, method) {
  isOurs = true;
  try {
    stream[method]();
  } finally {
    isOurs = false;
  }
}

/**
 * Whether the owner of a stream has paused it and not had it flow since, in whatever way.
 *
 * @param {OwnedStream} stream
 * @returns {boolean}
 */
function isPausedByOwner(stream) {
  return stream[PAUSED] === true && stream.readableFlowing !== true;
}

/** Stops reading a stream. The owner's own pause is not ended by our resuming. @param {OwnedStream} stream */
function pauseStream(stream) {
  call(stream, 'pause');
}

/** Stops reading. @param {Connection} ws */
function pause(ws) {
  pauseStream(ws._stream);
}

/** Reads on. @param {Connection} ws */
function resume(ws) {
  call(ws._stream, 'resume');
}

/**
 * Has Node read a handle that Rust has read until now. The stream takes it for one that is being read already.
 *
 * @param {OwnedStream} stream
 */
function startReading(stream) {
  const handle = stream._handle;
  if (!handle || handle.reading !== false) return;
  handle.reading = true;
  handle.readStart();
}

module.exports = { PAUSED, isPausedByOwner, notePause, pause, pauseStream, resume, startReading };
