'use strict';

/**
 * Ends a connection that we have failed, so that the peer learns why. It may still be sending, and a socket that is closed
 * with unread bytes resets the connection: the peer's next write fails, and many programs then read no further and never
 * see our close frame. So we end our half, and read what the peer has sent to its end, which nobody wants any more
 * (RFC 6455 sections 7.1.1 and 7.1.7). Time and bytes are bounded. The owner hears of the close as soon as our close
 * frame is written: nothing more comes of the connection but the release of its descriptor.
 */

const { Socket } = require('net');
const { setImmediate } = require('timers');

const { discard, stopHearing } = require('./stream_events');
const { isHttp2Stream } = require('../opening/http2/server');
const direct = require('../transport/direct');
const { drop } = require('../transport/dropping');
const { enter } = require('../transport/scope');
const timers = require('../transport/timers');
const { afterwards } = require('../transport/turns');

/** @typedef {import('../transport/connection').Connection} Connection */
/** @typedef {import('../transport/connection').OwnedStream} OwnedStream */
/** @typedef {(action: () => unknown, delay: number) => void} After */

/**
 * Bytes of a peer that are dropped: twice the default of `maxLength`, since a peer may read nothing before all that it has to
 * send has left. Where Node reads them into memory that stays until a collection, they are fewer. Behind them nothing is read,
 * but the socket stays open for a while, in milliseconds, in which the peer can read our close frame.
 */
const MOST = 128 * 1024 * 1024;
const MOST_KEPT = 2 * 1024 * 1024;
const GRACE = 1000;
/** How long a peer that has extensions sends nothing when it is done, in milliseconds. */
const QUIET = 250;

/**
 * Ends our half of a socket behind our close frame, and destroys it once the peer has ended its half, or a while after it has
 * sent too much or has taken too long.
 *
 * @param {Connection} ws
 * @param {OwnedStream} stream
 * @returns {boolean} false for what is no socket, or has ended
 */
function linger(ws, stream) {
  if (!(stream instanceof Socket) || isHttp2Stream(stream) || !stream.writable || !stream.readable)
    return false;
  ws._transport.flush(ws);
  // A failed write may have destroyed it.
  if (stream.destroyed) return true;
  ws._lingers = true;
  const after = timersOf(stream);
  after(() => stream.destroy(), ws._closeTimeout());
  const over = () => after(() => stream.destroy(), GRACE);
  if (ws._transport === direct) direct.giveBack(ws);
  stopHearing(stream);
  if (!drop(stream, MOST, over)) discard(stream, MOST_KEPT, over);
  ws._readOn();
  if (ws._coding === null) endBehindPeer(stream);
  else endUnlessSending(stream, after);
  if (ws._transport.pending(ws) === 0) {
    letGo(stream, after);
    ws._finalizeClose();
  } else {
    const done = () => {
      letGo(stream, after);
      afterwards(ws, () => enter(ws, ws._finalizeClose));
    };
    if (ws._coding === null) onceWritten(stream, done);
    else stream.once('finish', done);
  }
  return true;
}

/**
 * Ends our half. Where a method of the owner's stands in the place of `end` and ends nothing, the peer's end is the end of both.
 *
 * @param {any} stream
 */
function endBehindPeer(stream) {
  stream.end();
  if (stream.writableEnded === false) stream.once('end', () => onceWritten(stream, () => stream.destroy()));
}

/**
 * Calls `done` once a stream that has just been ended has written all. If its owner has put a method in the place of `end` that
 * ends nothing, it never says so, but an empty write behind all others does.
 *
 * @param {any} stream
 * @param {() => void} done may be called twice
 */
function onceWritten(stream, done) {
  stream.once('finish', done);
  if (stream instanceof Socket && stream.writableEnded === false) stream.write('', done);
}

/**
 * Our close frame is written. A process that has nothing else to do waits a while for the peer to read it, but not until a
 * peer that never ends its half has taken too long.
 *
 * @param {OwnedStream} stream
 * @param {After} after
 */
function letGo(stream, after) {
  if (stream.destroyed) return;
  after(() => {
    stream.unref();
    return false;
  }, GRACE);
}

/**
 * A stream of HTTP/2 whose half is ended behind our close frame is reset if the peer does not end its own within a while. Its
 * peer may never do so, and has nothing to send any more.
 *
 * @param {any} stream
 * @param {number} code
 */
function resetUnlessEnded(stream, code) {
  if (stream.destroyed) return;
  timersOf(stream)(() => {
    stream.close(code);
    stream.destroy();
    return false;
  }, GRACE);
}

/**
 * Timers that end with a stream, through one listener however many they are.
 *
 * @param {OwnedStream} stream
 * @returns {After}
 */
function timersOf(stream) {
  const running = new Set();
  stream.once('close', () => running.forEach((timer) => timers.cancel(timer)));
  return (action, delay) => {
    const timer = timers.after(() => {
      running.delete(timer);
      return action();
    }, delay);
    running.add(timer);
  };
}

/**
 * Ends our half behind our close frame, at once unless the peer is just sending. If it is, its extensions may be at work on
 * what it sends before it takes our close frame for one, and if our end came first, it would report that: so our half ends
 * when the peer has sent nothing for a while.
 *
 * @param {OwnedStream} stream
 * @param {After} after
 */
function endUnlessSending(stream, after) {
  const { bytesRead } = stream;
  const look = () => {
    if (stream.bytesRead === bytesRead) stream.end();
    else endOnceQuiet(stream, after, stream.bytesRead);
  };
  // Only before the second of these immediates has the loop asked the system for bytes.
  setImmediate(() => setImmediate(look));
}

/**
 * @param {OwnedStream} stream
 * @param {After} after
 * @param {number} before bytes that had been read when it was last looked
 */
function endOnceQuiet(stream, after, before) {
  if (!stream.writable) return;
  after(() => {
    const { bytesRead } = stream;
    if (bytesRead === before) stream.end();
    else endOnceQuiet(stream, after, bytesRead);
    return false;
  }, QUIET);
}

module.exports = { linger, onceWritten, resetUnlessEnded };
