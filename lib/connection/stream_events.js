'use strict';

/**
 * What a connection hears of its stream. The listeners are the same functions for all connections, and find theirs on the
 * stream: seven closures of its own would be a tenth of what an idle connection costs.
 */

// The global of that name has a getter.
const { isBuffer } = require('buffer').Buffer;

const { behindAll, isOut } = require('./settling');
const brake = require('../transport/brake');
const { callFromTick } = require('../transport/posting');
const { destroyUnlessTaken, isGivenUp } = require('../transport/half_close');
const { FAILED, READER, emitterOf, listen } = require('../transport/last_words');
const memory = require('../transport/memory');
const { enter } = require('../transport/scope');
const { ENDS, isEndSeen } = require('../transport/taken_socket');
const { standInLine } = require('../transport/turns');
const { share } = require('../transport/shared_reads');
const { readsAlone } = require('../transport/untouched');
const { INTERNAL } = require('../native/close_codes');
const { isHttp2Stream } = require('../opening/http2/server');

/** The property of a stream that says whether we have ended it behind its end. */
const ENDED = Symbol('faye-websocket-native ended');

/** @typedef {import('../transport/connection').Connection} Connection */
/** @typedef {import('../transport/connection').OwnedStream} OwnedStream */

/**
 * A socket's chunks are fresh memory of ours, unless somebody else has seen them: what waits in the socket may have been put
 * there by its owner, and a listener before ours may have taken itself off. Other streams may hand out memory that its owner
 * still needs. Unmasking in place is for the former.
 *
 * @this {OwnedStream}
 * @param {Buffer} chunk
 */
function onData(chunk) {
  /** @type {Connection} */
  const ws = this[READER];
  const alone = readsAlone(this, onData) && isBuffer(chunk);
  const ours = alone && !ws._shared && ws._unread <= 0;
  ws._shared = !alone;
  if (ws._unread > 0) ws._unread -= chunk.length;
  take(this, chunk, ours);
}

/**
 * @param {OwnedStream} stream
 * @param {Buffer} chunk
 * @param {boolean} ours whether nobody else has its memory
 */
function take(stream, chunk, ours) {
  /** @type {Connection} */
  const ws = stream[READER];
  const bytes = ours ? chunk : copyOf(chunk);
  // What has come behind it is worth nothing without it.
  if (bytes === null) ws._receiveViolation(INTERNAL, 'Out of memory');
  else ws._receive(bytes);
}

/** A copy of a chunk, or null if there is no memory for it. @param {Buffer} chunk */
function copyOf(chunk) {
  try {
    return memory.copy(chunk);
  } catch {
    return null;
  }
}

/** @this {OwnedStream} */
function onDrain() {
  /** @type {Connection} */
  const ws = this[READER];
  callFromTick(() => enter(ws, ws._drain));
}

/**
 * An owner who ends the stream gets no `drain` any more, and what the peer still sends must be read all the same.
 *
 * @this {OwnedStream}
 */
function onFinish() {
  /** @type {Connection} */
  const ws = this[READER];
  ws._backedUp = false;
  if (brake.lift(ws)) ws._readOn();
}

/**
 * The stream is gone, or the half of it that is read. What has been read is told in front of the end; where answers to it can
 * still leave, as far as the peer takes them.
 *
 * @param {OwnedStream} stream
 */
function gone(stream) {
  /** @type {Connection} */
  const ws = stream[READER];
  const isWorking = ws._chunk !== null || ws._holds;
  if (isWorking && (!isOut(stream) || stream.allowHalfOpen === false)) {
    brake.release(ws);
    if (ws._waits) standInLine(ws);
  }
  behindAll(ws, stream, () => callFromTick(() => enter(ws, end, stream)));
}

/**
 * @this {Connection}
 * @param {OwnedStream} stream
 */
function end(stream) {
  try {
    if (isGivenUp(this)) this._beginClose(...this.closeParams);
    this._finalizeClose();
  } finally {
    endOnce(stream);
    destroyUnlessTaken(stream, this._closeTimeout());
  }
}

/**
 * Ends our half of a connection that is over, which must not stay open, or whose owner has put a method in the place of `end` to
 * hear of that. Only once: a stream that is no socket may stay writable, and say of each call anew that it has ended.
 *
 * @param {OwnedStream} stream
 */
function endOnce(stream) {
  if (stream[ENDED] || !(stream.writable || (isEndSeen(stream) && !stream.writableEnded))) return;
  stream[ENDED] = true;
  stream.end();
}

/**
 * Takes what a stream over HTTP/2 still holds when its session has died. Node drops it; but it has come, and waited only for
 * its turn.
 *
 * @param {OwnedStream} stream
 */
function takeRest(stream) {
  if (!stream.destroyed || !isHttp2Stream(stream)) return;
  stopHearing(stream);
  for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) take(stream, chunk, false);
}

/** @this {OwnedStream} */
function onEnd() {
  if (this[FAILED]) this.destroy(this[FAILED]);
  else gone(this);
}

/** @this {OwnedStream} */
function onClose() {
  takeRest(this);
  gone(this);
}

/**
 * @this {OwnedStream}
 * @param {Error} error
 */
function onError(error) {
  /** @type {Connection} */
  const ws = this[READER];
  takeRest(this);
  behindAll(ws, this, () => callFromTick(() => enter(ws, ws._failNetwork, error)));
  gone(this);
}

/** What ends a connection, which stays when somebody takes all listeners off (`lib/transport/taken_socket.js`). */
/** @type {[event: string, listener: (...values: any[]) => void][]} */
const ALL_ENDS = [
  ['end', onEnd],
  ['close', onClose],
  ['error', onError]
];

/**
 * Ends a connection when a stream ends, closes or fails.
 *
 * @param {Connection} ws
 * @param {any} stream
 */
function endWith(ws, stream) {
  const emitter = listen(stream, ws);
  // One that a proxy was asked on has kept its listener of errors.
  for (const [type, listener] of ALL_ENDS) {
    if (stream[ENDS] === undefined || !stream.listeners(type).includes(listener)) stream.on(type, listener);
  }
  emitter[ENDS] = ALL_ENDS;
}

/** The end of a stream is no longer that of its connection. An error still is. @param {any} stream */
function partFrom(stream) {
  stream.removeListener('end', onEnd);
  stream.removeListener('close', onClose);
}

/** Nothing that happens to a stream is the connection's any more. @param {any} stream */
function leave(stream) {
  for (const [type, listener] of stream[ENDS] || []) stream.removeListener(type, listener);
  emitterOf(stream)[ENDS] = [];
  stream.on('error', () => {});
}

/** What a stream still reads is not the connection's any more. Its end still is. @param {any} stream */
function stopHearing(stream) {
  stream.removeListener('data', onData);
}

/**
 * Has a stream read to its end by nobody. Its connection hears of the end.
 *
 * @param {any} stream
 * @param {number} most bytes, behind which it is paused
 * @param {() => void} onMost is called then
 */
function discard(stream, most, onMost) {
  let left = most;
  stream.on('data', (/** @type {Buffer} */ chunk) => {
    left -= chunk.length;
    if (left >= 0 || stream.isPaused()) return;
    stream.pause();
    onMost();
  });
}

/**
 * Has a connection read a stream and write to it.
 *
 * @param {Connection} ws
 * @param {any} stream
 */
function hear(ws, stream) {
  ws._unread = stream.readableLength || 0;
  // Not every emitter can count: a mock of some methods cannot.
  ws._shared = typeof stream.listenerCount === 'function' && stream.listenerCount('data') > 0;
  // First, for it tells the listeners whose stream it is: some streams emit while one listener is added.
  endWith(ws, stream);
  stream.on('data', onData);
  if (stream.encrypted === true) share(stream, onData);
  // The owner may have paused it, to ask first who that is.
  if (stream.readableFlowing === false) stream.resume();
  stream.on('drain', onDrain);
  stream.on('finish', onFinish);
}

module.exports = { discard, endWith, hear, leave, partFrom, stopHearing };
