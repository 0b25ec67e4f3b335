'use strict';

/**
 * What a connection does with what has come: messages, control frames, violations and failures, as a table of
 * methods to be copied onto a prototype. `lib/transport/dispatch.js` calls them, one for each row.
 */

const { EventEmitter } = require('events');

const brake = require('../../../transport/brake');
const dispatch = require('../../../transport/dispatch');
const drafts = require('../../../transport/draft');
const { printable, withoutCredentials } = require('../../../opening/address');
const turns = require('../../../transport/turns');
const { enter, within } = require('../../../transport/scope');
const { FAILED } = require('../../../transport/last_words');
const { ENDS, goOnReading } = require('../../../transport/taken_socket');
const { converted } = require('./binary_type');
const { publish } = require('../../channels');
const { RECEIVED, messages } = require('../../metrics');
const { MessageEvent, ErrorEvent } = require('./event');
const { CONNECTING, OPEN, CLOSING } = require('../../../transport/ready_state');
const { PONG } = require('../../../native/opcodes');

/** @typedef {import('../../../transport/connection').Methods} Methods */
/** @typedef {import('../../../transport/connection').Connection} Connection */
/** @typedef {import('../../../transport/connection').Handler} Handler */

/** An `emit` that is Node's own, and one that is not. */
/** @typedef {Connection & {_draft: import('../../../native/classes').DraftSession}} Speaker a connection that speaks a draft */

/** @type {unknown} */
let plain = null;
/** @type {unknown} */
let other = null;

/**
 * Whether `emit` is Node's own: not a wrapper's on the instance or on a prototype, nor that of `domain`, whenever that
 * was put there. Its source names what nothing outside of Node can name.
 *
 * @param {Function} emit
 * @returns {boolean}
 */
function isPlain(emit) {
  if (emit === plain) return true;
  if (emit === other) return false;
  if (/\bkErrorMonitor\b/.test(Function.prototype.toString.call(emit))) plain = emit;
  else other = emit;
  return emit === plain;
}

/** @type {Methods} */
const received = {
  /** Handles bytes from the stream, then passes our back-pressure on to it. */
  _receive(chunk) {
    let done = false;
    if (this._limits !== null) this._limits.heard();
    try {
      if (this._early !== null) this._early.push(chunk);
      else if (this._slot !== -1 || this._draft !== null) turns.receive(this, chunk);
      done = true;
    } finally {
      if (!done) goOnReading(this._stream);
      if (this._isHeldUp() && this.readyState !== CONNECTING) this._transport.pause(this);
    }
  },

  /** Works on a chunk (`lib/transport/turns.js`). */
  _work(chunk) {
    if (this._draft === null) dispatch.work(this, chunk);
    else drafts.work(/** @type {Speaker} */ (this), chunk);
  },

  /**
   * Whether nothing is to be read: the owner pauses, too much is answered to a peer that does not read, something waits for
   * its turn, or a message is at work elsewhere.
   */
  _isHeldUp() {
    return (
      this._paused ||
      this._waits ||
      this._holds ||
      brake.isOn(this) ||
      (this._limits !== null && this._limits.holds)
    );
  },

  /** Reads on, unless something else still holds us up. */
  _readOn() {
    if (!this._isHeldUp()) this._transport.resume(this);
  },

  /** Calls the `on<type>` handler, then the listeners, in the connection's scope. */
  _dispatch(event, handler) {
    within(this, tell, event, handler);
  },

  /**
   * Emits a message. `emit` is most of the cost of a small one, so when it is Node's own it is not called for events
   * without a listener, and a single listener is called as `emit` would call it.
   */
  _receiveMessage(data) {
    if (this.readyState > OPEN) return;
    messages[RECEIVED]++;
    const event = new MessageEvent(
      this,
      this._binaryType === null ? data : converted(this._binaryType, data)
    );
    if (!isPlain(this.emit) || EventEmitter.captureRejections) {
      if (this.readable) this.emit('data', data);
      tell.call(this, event, this.onmessage);
      return;
    }
    if (this.readable && this._events.data !== undefined) this.emit('data', data);
    if (this.onmessage) this.onmessage(event);
    const listener = this._events.message;
    if (typeof listener === 'function') listener.call(this, event);
    else if (listener !== undefined) this.emit('message', event);
  },

  /** A pong answers; of pings that come while the stream is backed up only the newest needs one. */
  _receivePing(payload) {
    if (this._backedUp) this._pong = Buffer.from(payload);
    else this._sendPong(payload);
  },

  _sendPong(payload) {
    this._transport.sendBytes(this, PONG, payload);
  },

  _receiveClose(code, reason) {
    if (code === 0) code = 1000;
    // Whatever is in the way of our answer to it, this is why the connection ends (RFC 6455 section 7.1.5).
    if (this._closeParams === null) this._closeParams = [code, reason];
    if (this.readyState === OPEN) this._sendClose(code, reason);
    this._settle(() => this._beginClose(code, reason, true));
  },

  _receiveViolation(code, text) {
    if (this.readyState === OPEN) this._sendClose(code, text);
    this._settle(() => {
      this._fail(text, { code: 'ERR_WEBSOCKET_VIOLATION', closeCode: code }, code, text);
    });
  },

  /**
   * Ends the connection when its stream ends, closes or fails.
   *
   * @param {import('../../../transport/connection').OwnedStream} stream
   * @returns {function(): void} the listener of `end` and `close`
   */
  _endWith(stream) {
    const end = () => {
      try {
        this._finalizeClose();
      } finally {
        // Our half of a connection that is over must not stay open.
        if (stream.writable) stream.end();
      }
    };
    // What has been read comes before the end, also what had to wait for its turn.
    const gone = () => turns.afterwards(this, () => enter(this, end));
    const failed = (/** @type {Error} */ error) => {
      turns.afterwards(this, () => enter(this, this._failNetwork, error));
      gone();
    };
    const ended = () => {
      if (stream[FAILED]) stream.destroy(stream[FAILED]);
      else gone();
    };
    stream[ENDS] = [
      ['end', ended],
      ['close', gone],
      ['error', failed]
    ];
    for (const [type, listener] of stream[ENDS]) stream.on(type, listener);
    return gone;
  },

  /** The stream has failed. What Node says when it has tried several addresses is in the errors for each. */
  _failNetwork(cause) {
    const text = cause.message || (cause.errors || []).map(({ message }) => message).join(', ') || cause.code;
    const code = cause.code || 'ERR_WEBSOCKET_NETWORK';
    this._emitError(`Network error: ${withoutCredentials(this.url)}: ${printable(String(text))}`, {
      code,
      cause
    });
  },

  /** Emits an `error` and closes with a code and a reason, whatever the handlers of the `error` do. */
  _fail(message, detail, code, reason) {
    try {
      this._emitError(message, detail);
    } finally {
      this._beginClose(code, reason, true);
    }
  },

  /** Emits an `error` and ends a connection at once whose peer is lost. */
  _giveUpOn(message, detail) {
    try {
      this._emitError(message, detail);
    } finally {
      this._beginClose(1006, '');
    }
  },

  _emitError(message, detail) {
    if (this.readyState >= CLOSING) return;
    this._ignoreErrors();
    const event = new ErrorEvent(this, message, detail);
    if (this._promises !== null) this._promises.fail(event.error);
    publish('error', this, { error: event });
    this._dispatch(event, this.onerror);
  },

  /** Calls `callback` while the connection lasts, behind everything that waits for a Blob, or that extensions are at work on. */
  _settle(callback) {
    if (this._later === null) this._settleCoding(callback);
    else this._later.call(() => this._settleCoding(callback));
  },

  /** The same once no Blob is waited for. */
  _settleCoding(callback) {
    if (this._coding === null) {
      callback();
    } else {
      this._coding.close(() => {
        if (this._slot !== -1) callback();
      });
    }
  },

  /** An `error` that nobody listens for must not throw, also when somebody has taken all listeners off. */
  _ignoreErrors() {
    if (this.listenerCount('error') === 0) this.on('error', ignore);
  },

  /** Takes over what was agreed on. */
  _setCoding(coding, deflates) {
    this._coding = coding;
    this._deflates = deflates;
  },

  /** The stream has taken what backed it up. */
  _drain() {
    if (!this._backedUp) return;
    this._backedUp = false;
    const wasHeldUp = brake.release(this);
    if (this._pong !== null && this._slot !== -1) {
      this._sendPong(this._pong);
      this._pong = null;
    }
    if (wasHeldUp) this._readOn();
    within(this, this.emit, 'drain');
  }
};

/**
 * @this {Connection}
 * @param {any} event
 * @param {Handler} handler
 */
function tell(event, handler) {
  if (handler) handler.call(this, event);
  this.emit(event.type, event);
}

function ignore() {}

module.exports = received;
