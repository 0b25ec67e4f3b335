'use strict';

/**
 * A driver that speaks RFC 6455, in either role: frames go through a native session, whose rows `lib/transport/dispatch.js` turns
 * into calls of the methods `_receive…`, as it does for a connection over a socket.
 */

const dispatch = require('../transport/dispatch');
const { setFields } = require('../transport/fields');
const { copy } = require('../transport/memory');
const native = require('../native');
const { extensionsOf } = require('../extensions');
const { maxLength } = require('../opening/options');
const { NO_SCOPE } = require('../transport/scope');
const { TurnTaker } = require('../transport/turn_taker');
const turns = require('../transport/turns');
const { CHUNK, Driver, MOST_WAITING, CONNECTING, OPEN, CLOSING, CLOSED } = require('./driver');
const frames = require('./frames');
const { CLOSE, PING, PONG } = require('../native/opcodes');

const OPCODES = new Map([
  ['text', 1],
  ['binary', 2],
  ['close', CLOSE],
  ['ping', PING],
  ['pong', PONG]
]);

/** The code of a close frame without one, and of a close without a code. */
const NORMAL = 1000;

/** The work of a turn: there are no other connections that the owner of a driver does not know of. */
const ALL = 2 ** 31 - 1;

/** Sessions of drivers that were dropped without having been closed. */
const dropped = new FinalizationRegistry((slot) => native.release(slot));

/** @typedef {import('../transport/connection').Receiver} Receiver */
/** @typedef {import('../transport/connection').Chunk} Chunk */

class HybiDriver extends Driver {
  /**
   * @param {string|null|undefined} url
   * @param {import('./driver').Options|null} [options]
   * @throws {Error} `Unrecognized option: KEY`
   */
  constructor(url, options) {
    super(url, options);
    this.version = 'hybi-13';
    setFields(this, {
      _limit: maxLength(this._options.maxLength),
      _extensions: [],
      _negotiation: null,
      _pingCallbacks: new Map(),
      /** What has come behind what is at work elsewhere, in bytes, with what keeping the chunks takes. */
      _behindLength: 0,

      // What `lib/transport/dispatch.js` and the extensions know a connection by.
      _slot: -1,
      _transport: frames,
      _scratch: null,
      _scope: NO_SCOPE,
      _backedUp: false,
      _unsent: false,
      _coding: null,
      _deflates: false
    });
    /** @type {number} */
    this._limit;
    /** @type {object[]} */
    this._extensions;
    /** @type {import('../transport/connection').Negotiation|null} */
    this._negotiation;
    /** @type {Map<string, () => void>} */
    this._pingCallbacks;
    /** @type {number} */
    this._behindLength;
    /** @type {number} */
    this._slot;
    /** @type {import('../transport/connection').Coding|null} */
    this._coding;
    /** @type {boolean} */
    this._deflates;

    setFields(this, new TurnTaker(ALL));
    this._fromLoop = false;
  }

  /**
   * Adds an extension to those that are negotiated.
   *
   * @param {object} extension in the format of the npm package `websocket-extensions`
   * @returns {boolean} true
   * @throws {TypeError} for what is no extension
   */
  addExtension(extension) {
    this._negotiation = extensionsOf({ extensions: [...this._extensions, extension] }, this._limit);
    this._extensions.push(extension);
    return true;
  }

  /** Takes bytes of the peer. @param {Uint8Array|readonly number[]|string|null} [chunk] */
  parse(chunk) {
    if (chunk === undefined || chunk === null) return;
    // A copy, since the native side unmasks in place and the chunk is the caller's.
    const bytes = copy(/** @type {Uint8Array} */ (chunk));
    if (this._early.length > 0 || (this._slot === -1 && this.readyState === CONNECTING))
      this._keepEarly(bytes);
    else if (this._slot !== -1) {
      turns.receive(receiver(this), bytes);
      if (receiver(this)._chunk !== null) this._behindLength += bytes.length + CHUNK;
    }
  }

  /** What waits for a message that is at work elsewhere counts as well. */
  _keepsMuch() {
    return this._behindLength >= MOST_WAITING || super._keepsMuch();
  }

  /**
   * Sends a text message.
   *
   * @param {string} message
   * @returns {boolean} false once closing
   */
  text(message) {
    return this.readyState <= OPEN && this.frame(message, 'text');
  }

  /**
   * Sends a binary message.
   *
   * @param {Uint8Array|readonly number[]} message
   * @returns {boolean} false once closing
   */
  binary(message) {
    return this.readyState <= OPEN && this.frame(message, 'binary');
  }

  /**
   * Sends a ping.
   *
   * @param {string|Uint8Array} [message]
   * @param {() => void} [callback] is called on the pong that answers
   * @returns {boolean} false once closing
   */
  ping(message, callback) {
    if (this.readyState > OPEN) return false;
    message = message || '';
    if (callback) this._pingCallbacks.set(keyOf(message), callback);
    return this.frame(message, 'ping');
  }

  /**
   * Sends a pong that nobody asked for.
   *
   * @param {string|Uint8Array} [message]
   * @returns {boolean} false once closing
   */
  pong(message) {
    return this.readyState <= OPEN && this.frame(message || '', 'pong');
  }

  /**
   * Closes the connection: with a close frame once it is open, at once before.
   *
   * @param {string} [reason]
   * @param {number} [code=1000]
   * @returns {boolean} false if it is closing already
   * @throws {TypeError} for a code that is none
   */
  close(reason, code) {
    reason = String(reason || '');
    code = code || NORMAL;
    if (!(code >= 0 && code <= 0xffff)) {
      throw new TypeError(`The code must be a number, not ${String(code)}: close(reason, code)`);
    }
    if (this.readyState <= CONNECTING) {
      this._close(code, reason);
      return true;
    }
    if (this.readyState !== OPEN) return false;
    this.readyState = CLOSING;
    this._afterCoding(() => frames.sendClose(this, code, reason));
    return true;
  }

  /**
   * Sends a frame, or queues it until the connection is open.
   *
   * @param {import('./driver').FrameData} data
   * @param {import('./driver').FrameType} [type] by default that of a message as its data is
   * @param {number} [code] of a close frame
   * @returns {boolean} false once closed
   */
  frame(data, type, code) {
    if (this.readyState <= CONNECTING) return this._enqueue([data, type, code]);
    if (this.readyState === CLOSED) return false;
    /** @type {string|Uint8Array} `Buffer.from` takes the other kinds as well, and the declaration names one of them */
    const content = typeof data === 'number' ? String(data) : /** @type {string|Uint8Array} */ (data);
    const isText = typeof content === 'string';
    const opcode = OPCODES.get(type || (isText ? 'text' : 'binary'));
    if (opcode === undefined) throw new TypeError(`There is no frame of the type ${String(type)}`);
    // Behind a close frame there are control frames only (RFC 6455 section 5.5.1).
    if (this.readyState === CLOSING && opcode < CLOSE) return true;
    if (opcode === CLOSE) {
      frames.sendClose(this, code || NORMAL, isText ? content : Buffer.from(content).toString());
    } else if (opcode >= PING || this._coding === null) {
      frames.sendBytes(this, opcode, Buffer.from(content));
    } else {
      const bytes = Buffer.from(content);
      this._coding.send(opcode === 1 ? bytes.toString() : bytes);
    }
    return true;
  }

  /** Takes a native session over, which ends with the driver. @param {number} slot */
  _own(slot) {
    this._slot = slot;
    if (slot !== -1) dropped.register(this, slot, this);
  }

  _release() {
    if (this._slot === -1) return;
    if (this._coding !== null) this._coding.end();
    dropped.unregister(this);
    turns.drop(receiver(this));
    this._behindLength = 0;
    native.release(this._slot);
    this._slot = -1;
  }

  /**
   * Calls `callback` behind everything that extensions are at work on, unless the connection is over by then.
   *
   * @param {() => void} callback
   */
  _afterCoding(callback) {
    if (this._coding === null) callback();
    else this._coding.close(() => this._slot !== -1 && callback());
  }

  /**
   * Ends the connection, after a close frame if it was open. There is no `error` once it is closing.
   *
   * @param {number} code
   * @param {string} reason
   * @param {boolean} error whether it is one
   */
  _end(code, reason, error) {
    const state = this.readyState;
    this.readyState = CLOSING;
    this._afterCoding(() => {
      if (state === OPEN) frames.sendClose(this, code, reason);
      if (error && state !== CLOSING) this.emit('error', new Error(reason));
      this._close(code, reason);
    });
  }

  /** @param {string|Buffer} data */
  _receiveMessage(data) {
    // While it closes these are messages that had come before, and that extensions were at work on.
    if (this.readyState < CLOSED) this._deliver(data);
  }

  /** @param {Buffer} payload */
  _receivePing(payload) {
    const copy = Buffer.from(payload);
    this.frame(copy, 'pong');
    this.emit('ping', { data: copy.toString() });
  }

  /** @param {Buffer} payload */
  _receivePong(payload) {
    const key = payload.latin1Slice();
    // The callback may lead to other chunks, and the memory of this one be written over.
    const data = payload.toString();
    const callback = this._pingCallbacks.get(key);
    if (callback) {
      this._pingCallbacks.delete(key);
      callback();
    }
    this.emit('pong', { data });
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  _receiveClose(code, reason) {
    this._end(code || NORMAL, reason, false);
  }

  /**
   * @param {number} code of the close frame that answers
   * @param {string} text
   */
  _receiveViolation(code, text) {
    this._end(code, text, true);
  }

  /** Works on a chunk (`lib/transport/turns.js`). @param {Chunk} chunk */
  _work(chunk) {
    dispatch.work(receiver(this), chunk);
  }

  /**
   * Sends the close frame of this side at once, whatever waits.
   *
   * @param {number} code
   * @param {string} reason
   */
  _writeClose(code, reason) {
    frames.sendClose(this, code, reason);
  }

  /** There is room again for what is sent. */
  _tellDrain() {
    if (!receiver(this)._backedUp) this.emit('drain');
  }

  /** Nothing waits any more: a socket that was asked to wait may write again. */
  _readOn() {
    const isWaitedFor = this._behindLength >= MOST_WAITING;
    this._behindLength = 0;
    if (isWaitedFor) this._letWrite();
  }
}

/**
 * A driver as turns and dispatch know it: `turns.prepare` gives it its fields, and a client's driver has the methods that
 * only the rows of a client call.
 *
 * @param {HybiDriver} driver
 * @returns {Receiver}
 */
function receiver(driver) {
  return /** @type {Receiver} */ (/** @type {unknown} */ (driver));
}

/**
 * What a ping's callback is found by: its bytes, which need not be UTF-8.
 *
 * @param {string|Uint8Array} message
 * @returns {string}
 */
function keyOf(message) {
  return (typeof message === 'object' ? Buffer.from(message) : Buffer.from(String(message))).latin1Slice();
}

module.exports = { HybiDriver };
