'use strict';

/**
 * Gives peers up that have ended their half and take nothing more of ours.
 *
 * A peer that takes no answers is held up (`lib/transport/brake.js`), and so is its end, behind bytes that nobody reads. It may
 * have ended its half and read on all the same (`printf ... | nc`). So while it is held up the system is asked now and then
 * whether it has ended its half; and when it has, and for `closeTimeout` not a byte has left, what has come is told, and what is
 * sent goes nowhere.
 */

const native = require('../native');
const { IS_NODE } = require('../native/runtime');
const outbox = require('./stream');
const { OPEN } = require('./ready_state');
const timers = require('./timers');

/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').OwnedStream} OwnedStream */

/** How often it is looked, in milliseconds; within a short `closeTimeout` so many times. */
const LOOK = 1000;
const LOOKS = 4;
const SLACK = 32;

/**
 * The transport of a connection whose peer takes nothing: nothing waits for it.
 *
 * @type {import('./connection').Transport}
 */
const nowhere = {
  name: 'stream',
  sendText: () => true,
  sendBytes: () => true,
  sendClose() {},
  pending: () => 0,
  pause: outbox.pause,
  resume: outbox.resume,
  counters: outbox.counters,
  flush: outbox.flush
};

/**
 * What the system knows of a socket's peer: bytes that it has not acknowledged, as `~` their number unless it has ended its
 * half. Undefined where that cannot be asked.
 *
 * @param {any} stream
 * @returns {number | undefined}
 */
function stateOf(stream) {
  const handle = stream._handle;
  if (!IS_NODE || native.peerState === undefined || !handle || !(handle.fd >= 0)) return undefined;
  return native.peerState(handle.fd);
}

/**
 * Whether the peer has ended its half of a stream that need not have been read to there.
 *
 * @param {any} stream
 * @param {number | undefined} state
 * @returns {boolean}
 */
function hasEnded(stream, state) {
  if (state !== undefined && state >= 0) return true;
  const { _readableState: readable, state: overHttp2 } = stream;
  return (readable && readable.ended) || (overHttp2 instanceof Object && overHttp2.remoteClose === 1);
}

/** Bytes that have left on the session of a stream over HTTP/2, for any of its streams. @param {any} stream @returns {number} */
function leftSession({ session }) {
  return (session && session.socket && session.socket.bytesWritten) || 0;
}

/** What a peer takes of what is written to its stream. */
class Progress {
  /** @param {any} stream */
  constructor(stream) {
    this._stream = stream;
    this._left = -Infinity;
    this._atWork = 0;
    this._inSystem = 0;
    /** Since when it has taken nothing, and how often that was found. */
    this._since = 0;
    this._looks = 0;
  }

  /**
   * Looks what it has taken since the last time.
   *
   * @param {number} time
   * @param {number} pending bytes that have not left the process
   * @param {number | undefined} state
   */
  look(time, pending, state = 0) {
    const { bytesWritten, _handle: handle } = this._stream;
    const left = (bytesWritten || 0) - pending;
    // A large write leaves piece by piece.
    const atWork = (handle && handle.writeQueueSize) || leftSession(this._stream);
    const inSystem = state < 0 ? ~state : state;
    if (left > this._left || atWork !== this._atWork || inSystem !== this._inSystem) this.begin(time);
    else this._looks++;
    this._left = left;
    this._atWork = atWork;
    this._inSystem = inSystem;
  }

  /** It counts from now on. @param {number} time */
  begin(time) {
    this._since = time;
    this._looks = 0;
  }

  /**
   * Whether it has taken nothing for so many milliseconds. A process that has stood still for as long looks several times first.
   *
   * @param {number} time
   * @param {number} timeout
   */
  isStuck(time, timeout) {
    return this._looks >= LOOKS && time - this._since >= timeout;
  }
}

/** How long until the next look. @param {number} timeout */
function pauseFor(timeout) {
  return Math.max(1, Math.min(LOOK, timeout / LOOKS));
}

/** @returns {number} */
const none = () => 0;

/** Watches a peer that is held up. */
class HalfCloseWatch {
  /**
   * @param {Connection} ws
   * @param {() => void} onGivenUp is called when what is sent goes nowhere from then on
   * @param {() => number} [waiting] bytes that wait elsewhere: as long as they become fewer, the peer is not given up
   */
  constructor(ws, onGivenUp, waiting = none) {
    this._ws = ws;
    this._onGivenUp = onGivenUp;
    this._waiting = waiting;
    this._progress = new Progress(ws._stream);
    this._timer = timers.after((time) => this._look(time), pauseFor(ws._closeTimeout()), SLACK);
  }

  /** Ends the watch. */
  end() {
    timers.cancel(this._timer);
  }

  /** @param {number} time @returns {boolean} false: no handlers were called */
  _look(time) {
    const { _ws: ws, _progress: progress } = this;
    const stream = ws._stream;
    // Behind our own close there is a time in which the connection ends, and a stream that is gone is told of.
    if (ws.readyState > OPEN || stream.destroyed) return false;
    const timeout = ws._closeTimeout();
    const state = stateOf(stream);
    progress.look(time, ws._transport.pending(ws) + this._waiting(), state);
    if (!hasEnded(stream, state)) progress.begin(time);
    if (progress.isStuck(time, timeout)) this._giveUp();
    else timers.again(this._timer, pauseFor(timeout), SLACK, time);
    return false;
  }

  /** Has what has come be told: the rest of it is finite, since the peer has ended its half. */
  _giveUp() {
    const ws = this._ws;
    if (ws._transport.letGo) ws._transport.letGo(ws);
    ws._transport = nowhere;
    this._onGivenUp();
    ws._readOn();
  }
}

/** Whether a connection's peer was given up. @param {Connection} ws */
function isGivenUp(ws) {
  return ws._transport === nowhere;
}

/**
 * Destroys a stream that has been ended if for some time its peer, which may have ended its half as well, takes nothing of what
 * waits. Nothing happens where nobody can tell how much that is.
 *
 * @param {any} stream
 * @param {number} timeout in milliseconds
 */
function destroyUnlessTaken(stream, timeout) {
  if (!(stream.writableLength > 0) || stream.destroyed) return;
  if (stateOf(stream) === undefined && leftSession(stream) === 0) return;
  const progress = new Progress(stream);
  const look = (/** @type {number} */ time) => {
    if (stream.destroyed) return false;
    progress.look(time, stream.writableLength, stateOf(stream));
    if (progress.isStuck(time, timeout)) stream.destroy();
    else timers.again(timer, pauseFor(timeout), SLACK, time);
    return false;
  };
  const timer = timers.after(look, pauseFor(timeout), SLACK);
  stream.once('close', () => timers.cancel(timer));
}

module.exports = { HalfCloseWatch, isGivenUp, destroyUnlessTaken };
