'use strict';

/**
 * How a connection opens, closes and ends, as a table of methods of a connection. Where each leads stands in `states.js`;
 * nobody else changes the state.
 */

const { Socket } = require('net');

const { linger, onceWritten, resetUnlessEnded } = require('./lingering');
const live = require('./live');
const { publish } = require('./channels');
const { over } = require('./totals');
const states = require('./states');
const native = require('../native');
const { isFault } = require('../native/fault');
const { isHttp2Stream } = require('../opening/http2/server');
const direct = require('../transport/direct');
const { soon } = require('../transport/posting');
const { CONNECTING } = require('../transport/ready_state');
const { apart, both, enter, raise, within } = require('../transport/scope');
const timers = require('../transport/timers');
const { afterwards, drop } = require('../transport/turns');
const { INTERNAL, LOST } = require('../native/close_codes');

/** @typedef {import('../transport/connection').Connection} Connection */

/** The error code of a stream that is not wanted any more (RFC 9113 section 7). */
const CANCEL = 8;
/** That of one whose response is complete, and whose request is wanted no further (RFC 9113 section 8.1). */
const NO_ERROR = 0;

/**
 * Registered codes that a server's application may close with: it goes away; the data is of a kind that it does not take, is not
 * what it says, breaks a policy or is too long; it has failed, restarts, has too much to do, or its upstream has failed.
 */
const SERVER_CODES = new Set([1001, 1003, 1007, 1008, 1009, INTERNAL, 1012, 1013, 1014]);

/**
 * Has an event happen to a connection.
 *
 * @param {Connection} ws
 * @param {keyof typeof states.EVENTS} event
 * @returns {boolean} false if it means nothing in the state that the connection is in
 */
function move(ws, event) {
  /** @type {Record<number, number>} */
  const leads = states.EVENTS[event];
  const next = leads[ws._state];
  if (next === undefined) return false;
  ws._state = next;
  const readyState = states.READY_STATES[next];
  if (readyState !== ws.readyState) {
    ws.readyState = readyState;
    ws._face.changed(ws._target, readyState);
  }
  return true;
}

/** @type {import('../transport/connection').Methods} */
const closing = {
  /** The handshake is complete. What was queued leaves before any handler of `open` runs. */
  _open(protocol) {
    if (!move(this, 'open')) return;
    if (!this._sendQueued()) return;
    // An extension has failed one of these, and the connection has ended without having been open to anybody.
    if (this._state === states.ANSWERED || this._state > states.CLOSE_SENT) return;
    if (this._farewell !== null) {
      this._sendClose(...this._farewell);
      return;
    }
    this.hasOpened = true;
    if (this._limits !== null) this._limits.start();
    publish('open', this);
    try {
      // A server's `open` comes in a tick of its own with faye-websocket, a client's in the context of what it reads.
      (this._masks ? within : apart)(this, this._face.opened, this._target, protocol);
    } finally {
      if (this._state === states.OPEN_ENDED) this.close(1000, '');
    }
  },

  /** Sends what was queued; false if a message could not be framed, which ends the connection. */
  _sendQueued() {
    const queue = this._queue || [];
    this._queue = null;
    for (const { replay } of queue) {
      try {
        replay();
      } catch (error) {
        if (isFault(error)) {
          this._giveUpFor(error);
          return false;
        }
        // The stream, which is its owner's, has thrown: that keeps neither the other messages nor `open` from anybody.
        raise(this, error);
      }
    }
    return true;
  },

  /** Has the connection close once it is open and what was sent has left; false if there is nothing to wait for. */
  endsOnceOpen() {
    return this._queue !== null && this._queue.length > 0 && move(this, 'end');
  },

  /**
   * Sends a close frame and waits for the peer's, for as long as `closeTimeout` says. A connection that is not open yet
   * never opens. A server's completes the handshake all the same, so that the peer hears of the code, behind what was sent
   * before; a client's is given up, as in a browser (RFC 6455, sections 7.1.2 and 7.1.7).
   *
   * @throws {Error} for a code that this role may not send
   */
  close(code, reason) {
    if (code !== 1000 && !(code >= 3000 && code <= 4999) && (this._masks || !SERVER_CODES.has(code))) {
      throw new Error(
        "Failed to execute 'close' on WebSocket: The code must be either 1000, " +
          `or between 3000 and 4999. ${String(code)} is neither.`
      );
    }
    code = Number(code);
    reason = String(reason);
    const before = this._state;
    if ((this._draft !== null || this._masks) && this.readyState === CONNECTING) {
      // The drafts know neither.
      if (this._draft !== null) this._beginClose(null, null);
      else this._beginClose(code, reason);
    } else if (move(this, 'close')) {
      timers.cancel(this._closeTimer);
      this._closeTimer = timers.after(() => enter(this, this._beginClose, LOST, ''), this._closeTimeout());
      if (this._state === states.FAREWELL) this._farewell = [code, reason];
      else if (before !== states.ANSWERED) this._sendClose(code, reason);
      if (this._isReadingUnwanted() && (this._waits || this._stream.readable !== false)) this._readOn();
    }
  },

  /**
   * Ends the connection at once, without a close frame. What was sent just now may be lost. The owner hears of it in the
   * next tick at the earliest, so that whoever listens behind this call does as well.
   */
  terminate() {
    this._beginClose(LOST, '', false, true);
  },

  /** Somebody else counts how long the peer may take. */
  stopCloseTimer() {
    timers.cancel(this._closeTimer);
  },

  /** How long the peer may take to close, in milliseconds. */
  _closeTimeout() {
    return (this._limits !== null && this._limits.close) || this._face.closeTimeout();
  },

  /** Sends the one close frame of this side. */
  _sendClose(code, reason) {
    this._afterQueued(() => this._writeClose(code, reason));
  },

  /** Sends it at once, whatever waits. */
  _writeClose(code, reason) {
    try {
      this._transport.sendClose(this, code, reason);
    } catch (error) {
      if (!isFault(error)) throw error;
      this._sendOtherClose();
    }
  },

  /** The close frame could not be made. Another one says that, or the peer is told nothing. */
  _sendOtherClose() {
    try {
      this._transport.sendClose(this, INTERNAL, 'Internal error');
    } catch (error) {
      if (!isFault(error)) throw error;
      this.terminate();
    }
  },

  /** Our close frame answers the peer's, or says which rule the peer has broken. Nothing is sent behind it. */
  _answerEnd(code, reason) {
    if (move(this, 'peerEnds')) this._sendClose(code, reason);
  },

  /** Nothing more is accepted of the owner, of a connection that cannot send what it has accepted. */
  _refuseMore() {
    if (!move(this, 'end')) move(this, 'peerEnds');
  },

  /**
   * The connection is over for us: `close` will report `code` and `reason` once the stream is gone, and if `isLater`, not
   * within this call.
   */
  _beginClose(code, reason, gently, isLater) {
    // The peer may still be sending: it knows nothing yet of a close frame that answers none of its own, and it answers pings
    // in front of one that does. Behind a fault of this process nothing more is read: it may have no memory for that, and Node
    // would abort.
    const isSending = this._closeParams === null || this._hasPinged;
    const tells = gently && code !== INTERNAL && isSending && states.SAID.has(this._state);
    if (!move(this, 'over')) return;
    this._farewell = null;
    this._closeParams = [code, reason];
    const stream = this._stream;
    if (!stream || (tells && linger(this, stream)) || (gently && this._endSoon(stream))) return;
    // RFC 8441 section 5: what is a reset of a socket is one of the stream.
    if (isHttp2Stream(stream)) /** @type {any} */ (stream).close(CANCEL);
    stream.destroy();
    if (!stream.readable) this._finalizeClose(isLater);
  },

  /**
   * Ends the stream once it has written all that it holds; false if it holds nothing. Over TLS that is so whenever
   * something was written in this turn of the loop already, elsewhere when the peer does not keep up with us. HTTP/2 writes
   * nothing in the turn in which it is given, and what is reset at once never arrives.
   */
  _endSoon(stream) {
    // A peer over HTTP/2 that is lost, and one that has not answered, may never end its half: those streams are reset.
    const overHttp2 = isHttp2Stream(stream) && this.closeParams[0] !== LOST;
    if (!stream.writable || !(overHttp2 || (stream instanceof Socket && this._slot !== -1))) return false;
    this._transport.flush(this);
    if (!overHttp2 && this._transport.pending(this) === 0) return false;
    timers.cancel(this._closeTimer);
    this._closeTimer = timers.after(() => stream.destroy(), this._closeTimeout());
    // In the tick behind this a server that is closing may say that all its connections are gone.
    const done = () => {
      if (overHttp2) resetUnlessEnded(stream, this._masks ? CANCEL : NO_ERROR);
      else stream.destroy();
      afterwards(this, () => enter(this, this._finalizeClose));
    };
    stream.end();
    onceWritten(stream, done);
    return true;
  },

  /** The stream is gone: everything of the connection is let go, and its owner is told. */
  _finalizeClose(isLater) {
    if (!move(this, 'gone')) return;
    live.remove(this);
    timers.cancel(this._closeTimer);
    timers.cancel(this._pingTimer);
    if (this._limits !== null) this._limits.end();
    if (this._later !== null) this._later.end();
    this._early = this._early && [];
    this._queue = null;
    this._pingCallbacks = null;
    drop(this);
    if (this._slot !== -1) {
      if (this._coding !== null) this._coding.end();
      this._transport.flush(this);
      direct.forget(this);
      native.release(this._slot);
      this._slot = -1;
    }
    if (isLater) soon(() => this._tellClosed());
    else this._tellClosed();
  },

  /** The stream had ended before it came to us. Nothing is written to it, and in the next tick the owner hears of it. */
  _endBeforehand() {
    const stream = this._stream;
    move(this, 'gone');
    this._queue = null;
    if (stream && stream.writable) stream.end();
    soon(() => this._tellClosed());
  },

  /** Tells the owner that it is over. */
  _tellClosed() {
    const [code, reason] = this.closeParams;
    over(this, code);
    publish('close', this, { code, reason });
    within(this, () =>
      both(
        this,
        () => this._face.ended(this._target),
        () => this._face.closed(this._target, code, reason)
      )
    );
  }
};

module.exports = { SERVER_CODES, closing };
