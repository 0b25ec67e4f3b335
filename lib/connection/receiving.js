'use strict';

/**
 * What a connection does with what has come: messages, control frames, violations and failures, as a table of methods of
 * a connection. `lib/transport/dispatch.js` calls them, one for each row.
 */

const { RECEIVED, messages } = require('./totals');
const states = require('./states');
const { endWith } = require('./stream_events');
const { isFault } = require('../native/fault');
const { PONG } = require('../native/opcodes');
const { printable, withoutCredentials } = require('../opening/address');
const brake = require('../transport/brake');
const dispatch = require('../transport/dispatch');
const drafts = require('../transport/draft');
const { CONNECTING, OPEN, CLOSING } = require('../transport/ready_state');
const { both, enter, within } = require('../transport/scope');
const { isPausedByOwner } = require('../transport/reading');
const { goOnReading } = require('../transport/taken_socket');
const timers = require('../transport/timers');
const turns = require('../transport/turns');
const { INTERNAL, LOST } = require('../native/close_codes');

/** @typedef {import('../transport/connection').Methods} Methods */
/** @typedef {import('../transport/connection').Connection} Connection */
/** @typedef {Connection & {_draft: import('../native/classes').DraftSession}} Speaker a connection that speaks a draft */

/** What a client's TLS says of bytes that are none. */
const NOT_TLS = 'ERR_SSL_WRONG_VERSION_NUMBER';

/**
 * What OpenSSL has found wrong, without the addresses and source files in its message.
 *
 * @param {Error & {code?: string, library?: string, reason?: string}} cause
 * @returns {string | undefined} undefined for an error that is not its own
 */
function tlsFault({ code, library, reason }) {
  if (library === undefined || reason === undefined) return undefined;
  const advice = '. What answers on that port speaks no TLS: a URL without it begins with ws: or http:';
  return `TLS: ${reason}${code === NOT_TLS ? advice : ''}`;
}

/** @type {Methods} */
const receiving = {
  /** Handles bytes from the stream, which may stand in the scratch, then passes our back-pressure on to it. */
  _receive(chunk, inScratch) {
    let done = false;
    if (this._limits !== null) this._limits.heard();
    try {
      if (this._early !== null) this._early.push(chunk);
      else if (this._slot !== -1 || this._draft !== null) turns.receive(this, chunk, inScratch);
      done = true;
    } finally {
      if (!done) goOnReading(this._stream);
      if (this._isReadingStopped() && this.readyState !== CONNECTING) this._transport.pause(this);
    }
  },

  /** Works on a chunk (`lib/transport/turns.js`). */
  _work(chunk) {
    if (this._draft === null) dispatch.work(this, chunk);
    else drafts.work(/** @type {Speaker} */ (this), chunk);
  },

  /**
   * Whether nothing is to be read: the owner pauses the stream, something waits for its turn, or a message is at work
   * elsewhere; or, before the close, the owner pauses the connection or too much is sent to a peer that does not read. A
   * connection that lingers is read to its end in any case.
   */
  _isReadingStopped() {
    return (
      (this._waits ||
        this._holds ||
        isPausedByOwner(this._stream) ||
        (this.readyState <= OPEN && this._isReadingUnwanted())) &&
      !this._lingers
    );
  },

  /**
   * Whether nobody wants what would be read. Behind our close frame the peer's is wanted, and no message is told any more
   * that could come before it.
   */
  _isReadingUnwanted() {
    return this._paused || brake.isOn(this) || (this._limits !== null && this._limits.stopsReading);
  },

  /** Reads on, unless reading is stopped for another reason. */
  _readOn() {
    // The brake may have held it up.
    if (this._waits) turns.standInLine(this);
    if (!this._isReadingStopped()) this._transport.resume(this);
  },

  /** A message has come. It is the face's matter to whom it is told. */
  _receiveMessage(data) {
    if (this.readyState > OPEN) return;
    messages[RECEIVED]++;
    this._face.message(this._target, data);
  },

  /** Pings whose pongs leave in one call, where the transport can do that. */
  _receivePings(bytes, row, end) {
    const { sendPongs } = this._transport;
    if (sendPongs === undefined || this._backedUp) return 0;
    try {
      const answered = sendPongs(this, bytes, row, end);
      if (answered % 2 === 1) this._backedUp = true;
      return answered >> 1;
    } catch (error) {
      this._giveUpFor(error);
      return 1;
    }
  },

  /** A pong answers; of pings that come while the stream is backed up only the newest needs one. */
  _receivePing(payload) {
    if (this._backedUp) this._pong = Buffer.from(payload);
    else this._sendPong(payload);
  },

  _sendPong(payload) {
    try {
      this._transport.sendBytes(this, PONG, payload);
    } catch (error) {
      this._giveUpFor(error);
    }
  },

  /** What nobody's code has sent could not be framed: that is nobody's exception, and ends the connection. */
  _giveUpFor(error) {
    if (!isFault(error)) throw error;
    this._receiveViolation(INTERNAL, 'Internal error');
  },

  _receiveClose(code, reason) {
    if (code === 0) code = 1000;
    // Whatever is in the way of our answer to it, this is why the connection ends (RFC 6455 section 7.1.5).
    if (this._closeParams === null) this._closeParams = [code, reason];
    this._answerEnd(code, reason);
    this._endBehindQueued(() => this._beginClose(code, reason, true));
  },

  _receiveViolation(code, text) {
    this._answerEnd(code, text);
    this._endBehindQueued(() => {
      this._fail(text, { code: 'ERR_WEBSOCKET_VIOLATION', closeCode: code }, code, text);
    });
  },

  /** Ends the connection behind everything that waits. Extensions may take as long for that as a peer may to close. */
  _endBehindQueued(end) {
    this._afterQueued(end);
    if (this._state !== states.ANSWERED) return;
    timers.cancel(this._closeTimer);
    this._closeTimer = timers.after(() => {
      if (this._state === states.ANSWERED) enter(this, end);
    }, this._closeTimeout());
  },

  /** Ends the connection when a stream ends, closes or fails, which need not be its own yet. */
  _endWith(stream) {
    endWith(this, stream);
  },

  /** The stream has failed. What Node says when it has tried several addresses is in the errors for each. */
  _failNetwork(cause) {
    const text =
      tlsFault(cause) ||
      cause.message ||
      (cause.errors || []).map(({ message }) => message).join(', ') ||
      cause.code;
    const code = cause.code || 'ERR_WEBSOCKET_NETWORK';
    this._emitError(`Network error: ${withoutCredentials(this.url)}: ${printable(String(text))}`, {
      code,
      cause
    });
  },

  /** Emits an `error` and closes with a code and a reason, whatever the handlers of the `error` do. */
  _fail(message, detail, code, reason) {
    both(
      this,
      () => this._emitError(message, detail),
      () => this._beginClose(code, reason, true)
    );
  },

  /** Ends a connection that could not be made. */
  _loseTo(error) {
    both(
      this,
      () => this._failNetwork(error),
      () => this._beginClose(LOST, '')
    );
  },

  /** Emits an `error` and ends a connection at once whose peer is lost. */
  _giveUpOn(message, detail) {
    both(
      this,
      () => this._emitError(message, detail),
      () => this._beginClose(LOST, '')
    );
  },

  /** Tells the owner of an error, of a connection that is not closing. */
  _emitError(message, detail) {
    if (this.readyState >= CLOSING) return;
    within(this, this._face.failed, this._target, message, detail);
  },

  /** Calls `callback` while the connection lasts, behind everything that waits for a Blob, or that extensions are at work on. */
  _afterQueued(callback) {
    if (this._later === null) this._afterCoding(callback);
    else this._later.call(() => this._afterCoding(callback));
  },

  /** The same once no Blob is waited for. */
  _afterCoding(callback) {
    if (this._coding === null) {
      callback();
    } else {
      this._coding.close(() => {
        if (this._slot !== -1) callback();
      });
    }
  },

  /** The stream has taken what backed it up. */
  _drain() {
    if (!this._backedUp) return;
    this._backedUp = false;
    if (this._pong !== null && this._slot !== -1) {
      this._sendPong(this._pong);
      this._pong = null;
    }
    this._liftBrake();
    within(this, this._face.drained, this._target);
  },

  /** There is room again for what is sent, in front of the transport. */
  _tellDrain() {
    if (this._backedUp) return;
    this._liftBrake();
    enter(this, this._face.drained, this._target);
  },

  /** Less waits than before: if nothing does, what the brake has stopped goes on. */
  _liftBrake() {
    if (!brake.isBehind(this) && brake.lift(this)) this._readOn();
  }
};

module.exports = { receiving };
