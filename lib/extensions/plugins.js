'use strict';

/**
 * Extensions that the caller brings as JavaScript objects (RFC 6455 section 9), in the format of the npm package
 * `websocket-extensions`. `lib/extensions/host.js` negotiates them and keeps their messages in order.
 *
 * The native side reports messages as they came, and frames the messages that the extensions return; the steps between
 * are here.
 */

const { ExtensionHost } = require('./host');
const { Decoded, Reader, give } = require('./reader');
const native = require('../native');
const { isFault } = require('../native/fault');
const { bytesOf, isBinary } = require('../native/bytes');
const atJobs = require('../transport/at_jobs');
const { HalfCloseWatch, isGivenUp } = require('../transport/half_close');
const turns = require('../transport/turns');
const { enter } = require('../transport/scope');
const { surface } = require('../native/surface');
const { TEXT, BINARY } = require('../native/opcodes');
const { INTERNAL } = require('../native/close_codes');

/** @typedef {import('../transport/connection').Connection} Connection */
/** @typedef {import('./host').ExtensionHost} Host */
/** @typedef {{rsv1: boolean, rsv2: boolean, rsv3: boolean, opcode: number, data: any, length?: number}} Message */
/** @typedef {(error?: any, message?: any) => void} Passed */

/** Bytes that extensions may work on at a time, in each direction; from then on, senders and the peer have to wait. */
const HIGH = 512 * 1024;
/** How many bytes a byte of deflate may become. */
const MOST_INFLATED = 1032;
/** Messages that extensions may have under way in each direction, until senders and the peer have to wait. */
const MOST_MESSAGES = 4096;

/** What a byte may cost extensions, as it came with an RSV bit, as it is delivered, and as it is sent: see {@link turns.spend}. */
const DECODED = 64;
const DELIVERED = 2;
const ENCODED = 16;

/** The error for a message that is longer than `maxLength`, or than any string. */
const TOO_LARGE = 'WebSocket frame length too large';

/** Close codes by the type that an extension's error may have (RFC 6455 section 7.4.1). */
const CODES = new Map([
  ['normal_closure', 1000],
  ['going_away', 1001],
  ['protocol_error', 1002],
  ['unacceptable', 1003],
  ['encoding_error', 1007],
  ['policy_violation', 1008],
  ['too_large', 1009],
  ['extension_error', 1010],
  ['unexpected_condition', INTERNAL]
]);

/**
 * The extensions of one connection.
 *
 * @param {object[]} list
 * @param {number} maxLength the most bytes that a message may come to
 * @returns {Host}
 * @throws {TypeError} for what is no extension
 */
function hostOf(list, maxLength) {
  const host = new ExtensionHost({ maxLength });
  for (const extension of list) host.add(extension);
  return host;
}

/**
 * The RSV bits that extensions own: RSV1 is 4, RSV2 is 2, RSV3 is 1.
 *
 * @param {Host} host
 * @returns {number}
 */
function rsvOf(host) {
  /** @type {(rsv1: boolean, rsv2: boolean, rsv3: boolean) => boolean} */
  const owns = (rsv1, rsv2, rsv3) => host.validFrameRsv({ opcode: TEXT, rsv1, rsv2, rsv3 });
  return (
    (owns(true, false, false) ? 4 : 0) |
    (owns(false, true, false) ? 2 : 0) |
    (owns(false, false, true) ? 1 : 0)
  );
}

/** The `_coding` of a connection with plugins. */
class Plugins {
  /**
   * @param {Connection} ws the connection
   * @param {Host} host from {@link hostOf}, negotiated or about to be
   * @param {number} maxLength
   */
  constructor(ws, host, maxLength) {
    this._ws = ws;
    this._host = host;
    this._maxLength = maxLength;
    host.readBy(new Reader(ws, maxLength));
    this._closed = false;
    /** Bytes that extensions are at work on, out and in, and how many messages have come in. */
    this.queued = 0;
    this._incoming = 0;
    this._arrived = 0;
    /** Whether a sender was told to wait for `drain`, and whether reading waits. */
    this.isFull = false;
    /** How many messages are on their way out. */
    this.messages = 0;
    this._holds = false;
    /** Whether a text was none. */
    this._isUnreadable = false;
    /**
     * Looks meanwhile whether the peer has ended its half.
     *
     * @type {HalfCloseWatch | null}
     */
    this._watch = null;
  }

  /**
   * A client's: whether the server's answer suits the extensions.
   *
   * @param {string} [header]
   * @throws {Error} if it does not
   */
  activate(header) {
    this._host.activate(header);
    native.extend(this._ws._slot, rsvOf(this._host));
  }

  /**
   * Sends a message.
   *
   * @param {string|Buffer} data
   * @returns {boolean} false while there is back-pressure
   */
  send(data) {
    const ws = this._ws;
    // A copy, since extensions may keep it.
    const bytes = Buffer.from(/** @type {string} */ (data));
    const opcode = typeof data === 'string' ? TEXT : BINARY;
    this.queued += bytes.length;
    this.messages++;
    turns.spend(bytes.length * ENCODED);
    this._host.processOutgoingMessage(
      { rsv1: false, rsv2: false, rsv3: false, opcode, data: bytes },
      guarded((error, message) => {
        this.queued -= bytes.length;
        this.messages--;
        if (ws._slot === -1) return;
        const fault = error || faultOf(message);
        if (fault) enter(ws, () => this._fail(fault));
        else this._frame(message);
        this._drain();
      })
    );
    if (this.queued >= HIGH || this.messages >= MOST_MESSAGES) this.isFull = true;
    return !this.isFull && !ws._backedUp;
  }

  /**
   * Sends what extensions have made of a message. If it cannot be framed, the connection ends: extensions have gone on, and
   * the peer's could not read the next one.
   *
   * @param {Message} message
   */
  _frame(message) {
    const ws = this._ws;
    try {
      ws._transport.sendBytes(ws, message.opcode | (bitsOf(message) << 4), Buffer.from(message.data));
    } catch (error) {
      enter(ws, () => {
        if (!isFault(error)) throw error;
        ws._receiveViolation(INTERNAL, 'Internal error');
      });
    }
  }

  /** Tells a sender that waits to go on. */
  _drain() {
    if (!this.isFull || this.queued >= HIGH / 2 || this.messages >= MOST_MESSAGES / 2) return;
    this.isFull = false;
    // If the transport is backed up, its own `drain` is the one that counts.
    this._ws._tellDrain();
  }

  /**
   * Takes a message as it came.
   *
   * @param {number} opcode
   * @param {number} rsv
   * @param {Buffer} data
   */
  receive(opcode, rsv, data) {
    // Extensions that are told of their end take nothing more, and would never call back.
    if (this._closed) return;
    /** @type {Message} */
    const message = { rsv1: (rsv & 4) !== 0, rsv2: (rsv & 2) !== 0, rsv3: (rsv & 1) !== 0, opcode, data };
    const { length } = data;
    message.length = length;
    give(data);
    // What it is counted as: its own bytes, those that a session has made of it, or as many as one may.
    let size = length;
    let isUnderWay = false;
    this._incoming += size;
    this._arrived++;
    if (rsv !== 0) turns.spend(length * DECODED);
    /** @type {import('./pipeline').Weigh} */
    const weigh = (made) => {
      this._incoming -= size;
      if (made === null) size = Math.min(length * MOST_INFLATED, this._maxLength);
      else size = faultOf(made, true) === null ? lengthOf(made.data) : 0;
      this._incoming += size;
      if (isUnderWay) this._holdIfFull();
    };
    this._host.processIncomingMessage(
      message,
      guarded((error, decoded) => {
        this._incoming -= size;
        this._arrived--;
        if (this._ws._slot === -1) return;
        enter(this._ws, () => {
          const isText = decoded instanceof Decoded;
          const fault = error || (isText ? null : faultOf(decoded, true));
          if (fault) this._fail(fault);
          // As where a text is not put off: nothing behind one that cannot be told is.
          else if (this._isUnreadable) return;
          else if (isText) this._deliverText(decoded.text);
          else this._deliver(decoded);
        });
        this._endHold();
      }),
      weigh
    );
    isUnderWay = true;
    this._holdIfFull();
  }

  /** Reads nothing more until extensions have caught up. */
  _holdIfFull() {
    if (this._incoming < HIGH && this._arrived < MOST_MESSAGES) return;
    if (this._ws._slot === -1 || isGivenUp(this._ws)) return;
    // Once a large message is copied, the connection goes on.
    if (!this._holds || !this._ws._holds) turns.hold(this._ws);
    if (this._holds) return;
    this._holds = true;
    // A driver has no stream that could end: its owner tells it.
    if (!this._ws._stream) return;
    this._watch = new HalfCloseWatch(
      this._ws,
      () => this._endHold(true),
      () => this._incoming + this._arrived
    );
  }

  /** Resumes reading once extensions have caught up. @param {boolean} [anyway] */
  _endHold(anyway = false) {
    const isFull = this._incoming >= HIGH / 2 || this._arrived >= MOST_MESSAGES / 2;
    if (!this._holds || (isFull && !anyway) || this._ws._slot === -1) return;
    this._holds = false;
    this._endWatch();
    // While a large message is copied, nothing behind it may be told.
    if (!atJobs.has(this._ws)) turns.endHold(this._ws);
  }

  _endWatch() {
    if (this._watch !== null) this._watch.end();
    this._watch = null;
  }

  /** @param {Message} message */
  _deliver({ opcode, data }) {
    const ws = this._ws;
    const length = lengthOf(data);
    turns.spend(length * DELIVERED);
    if (length > this._maxLength) {
      ws._receiveViolation(1009, TOO_LARGE);
    } else if (opcode === TEXT) {
      this._deliverText(native.decode(bytesOf(data)));
    } else {
      ws._receiveMessage(data);
    }
  }

  /** @param {string | undefined | 0 | null} text undefined if it is not UTF-8, 0 if no string is that long, null without memory */
  _deliverText(text) {
    const ws = this._ws;
    this._isUnreadable = typeof text !== 'string';
    if (text === null) ws._receiveViolation(INTERNAL, 'Out of memory');
    else if (text === 0) ws._receiveViolation(1009, TOO_LARGE);
    else if (text === undefined) ws._receiveViolation(1007, 'Could not decode a text frame as UTF-8');
    else ws._receiveMessage(text);
  }

  /** @param {Error & {type?: string}} error */
  _fail(error) {
    const code = CODES.get(/** @type {string} */ (error.type)) || 1010;
    this._ws._receiveViolation(code, String(error.message));
  }

  /**
   * Calls `callback` behind every message that was accepted, either way, and ends the extensions.
   *
   * @param {() => void} callback
   */
  close(callback) {
    this._closed = true;
    this._host.close(guarded(() => enter(this._ws, callback)));
  }

  /**
   * Whether extensions are at work on no message of the peer; with `both`, nor on one to it.
   *
   * @param {boolean} both
   * @returns {boolean}
   */
  isSettled(both) {
    return this._host.isSettled(both);
  }

  /**
   * Calls `callback` as soon as that is so.
   *
   * @param {boolean} both
   * @param {() => void} callback
   */
  settled(both, callback) {
    this._host.settled(both, guarded(callback));
  }

  /** The connection is over; extensions that were not told yet are told. */
  end() {
    this._endWatch();
    this.queued = 0;
    if (!this._closed) this.close(() => {});
  }
}

/**
 * What is wrong with what extensions have made of a message.
 *
 * @param {any} message
 * @param {boolean} [isTold] whether it is for the application: an extension may make anything of bytes for it
 * @returns {TypeError | null} null if it has data
 */
function faultOf(message, isTold = false) {
  try {
    const { opcode, data } = message;
    if (typeof data === 'string' || isBinary(data) || Array.isArray(data)) return null;
    if (isTold && opcode !== TEXT && data !== undefined && data !== null) return null;
  } catch {
    // It has no properties, or one that throws.
  }
  return new TypeError('An extension has passed on something else than a message with data');
}

/**
 * How long the data of a message is: an ArrayBuffer and a view have their length in bytes alone, and other objects may have none.
 *
 * @param {any} data
 * @returns {number}
 */
function lengthOf({ byteLength, length }) {
  if (typeof byteLength === 'number') return byteLength;
  return typeof length === 'number' && length > 0 ? length : 0;
}

/**
 * @param {Message} message
 * @returns {number}
 */
function bitsOf({ rsv1, rsv2, rsv3 }) {
  return (rsv1 ? 4 : 0) | (rsv2 ? 2 : 0) | (rsv3 ? 1 : 0);
}

/**
 * Wraps the callback that an extension calls: an exception of a handler must not be thrown into the extension, which
 * would take it for its own fault, so it becomes an uncaught one.
 *
 * @param {Passed} callback
 * @returns {Passed}
 */
function guarded(callback) {
  return (error, message) => {
    try {
      callback(error, message);
    } catch (thrown) {
      surface(thrown);
    }
  };
}

module.exports = { Plugins, hostOf, rsvOf };
