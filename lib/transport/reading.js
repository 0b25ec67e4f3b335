'use strict';

/**
 * Stops reading a stream and goes on, and keeps apart who has stopped it. The stream itself knows only that it is
 * paused: without this, a stream that its owner pauses while we have stopped it would flow again as soon as we go on.
 */

const { post } = require('./posting');

/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').OwnedStream} OwnedStream */

/** The property of a stream that says whether its owner has paused it. */
const PAUSED = Symbol('faye-websocket-native paused');

/** The property of a stream that is to flow again, and does not yet. */
const RESUMES = Symbol('faye-websocket-native resumes');

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
  if (paused && stream[RESUMES]) stream[RESUMES] = false;
  // What listens to the stream's events may call for itself.
  isOurs = false;
}

/**
 * Calls a method of a stream, which one that is no socket may lack: it is read all the time then.
 *
 * @param {OwnedStream} stream
 * @param {'pause' | 'resume'} method
 */
function call(stream, method) {
  if (typeof stream[method] !== 'function') return;
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

/**
 * Reads on. A stream that is resumed gives what it holds in a tick, where handlers must not run if that is one between Node's
 * immediates (`lib/transport/posting.js`).
 *
 * @param {Connection} ws
 */
function resume(ws) {
  const { _stream: stream } = ws;
  if (!(stream.readableLength > 0)) return call(stream, 'resume');
  if (stream[RESUMES]) return;
  stream[RESUMES] = true;
  post(() => {
    if (!stream[RESUMES]) return;
    stream[RESUMES] = false;
    if (stream === ws._stream) giveHeld(stream);
  });
}

/** Whether a stream is to flow again, and does not yet. Whoever pauses it ends that. @param {OwnedStream} stream */
function isResuming(stream) {
  return stream[RESUMES] === true;
}

/**
 * Has a stream give what it holds, and flow, until it is paused. If the owner has paused the connection since, that is behind the
 * first chunk, as where a stream gives what it holds in a tick.
 *
 * @param {OwnedStream} stream
 */
function giveHeld(stream) {
  call(stream, 'resume');
  while (stream.readableFlowing && stream.readableLength > 0 && stream.read() !== null);
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

module.exports = { PAUSED, isPausedByOwner, isResuming, notePause, pause, pauseStream, resume, startReading };
