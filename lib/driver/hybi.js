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
const turns = require('../transport/turns');
const { Driver, CONNECTING, OPEN, CLOSING, CLOSED } = require('./driver');
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

class HybiDriver extends Driver {
  constructor(url, options) {
    super(url, options);
    this.version = 'hybi-13';
    setFields(this, {
      _limit: maxLength(this._options.maxLength),
      _extensions: [],
      _negotiation: null,
      _pingCallbacks: new Map(),
      /** Whether the peer has closed, or broken a rule. */
      _peerEnds: false,

      // What `lib/transport/dispatch.js` and the extensions know a connection by.
      _slot: -1,
      _transport: frames,
      _scratch: null,
      _scope: NO_SCOPE,
      _backedUp: false,
      _coding: null,
      _deflates: false
    });
    turns.prepare(this, ALL);
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

  /**
   * Takes bytes of the peer.
   *
   * @param {Buffer|Uint8Array|number[]|string|null} [chunk]
   */
  parse(chunk) {
    if (chunk === undefined || chunk === null) return;
    // A copy, since the native side unmasks in place and the chunk is the caller's.
    if (this._slot !== -1) turns.receive(this, copy(chunk));
  }

  /** Sends a text message; false once closing. */
  text(message) {
    return this.readyState <= OPEN && this.frame(message, 'text');
  }

  /** Sends a binary message; false once closing. */
  binary(message) {
    return this.readyState <= OPEN && this.frame(message, 'binary');
  }

  /**
   * Sends a ping.
   *
   * @param {string|Buffer} [message]
   * @param {function(): void} [callback] is called on the pong that answers
   * @returns {boolean} false once closing
   */
  ping(message, callback) {
    if (this.readyState > OPEN) return false;
    message = message || '';
    if (callback) this._pingCallbacks.set(keyOf(message), callback);
    return this.frame(message, 'ping');
  }

  /** Sends a pong; false once closing. */
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
    this._settle(() => frames.sendClose(this, code, reason));
    return true;
  }

  /**
   * Sends a frame, or queues it until the connection is open.
   *
   * @param {string|Buffer|Uint8Array|number[]|number} data
   * @param {'text'|'binary'|'ping'|'pong'|'close'} [type] by default that of a message as its data is
   * @param {number} [code] of a close frame
   * @returns {boolean} false once closed
   */
  frame(data, type, code) {
    if (this.readyState <= CONNECTING) return this._enqueue([data, type, code]);
    if (this.readyState === CLOSED) return false;
    if (typeof data === 'number') data = String(data);
    const isText = typeof data === 'string';
    const opcode = OPCODES.get(type || (isText ? 'text' : 'binary'));
    if (opcode === undefined) throw new TypeError(`There is no frame of the type ${String(type)}`);
    // Behind a close frame there are control frames only (RFC 6455 section 5.5.1).
    if (this.readyState === CLOSING && opcode < CLOSE) return true;
    if (opcode === CLOSE) {
      frames.sendClose(this, code || NORMAL, isText ? data : Buffer.from(data).toString());
    } else if (opcode >= PING || this._coding === null) {
      frames.sendBytes(this, opcode, Buffer.from(data));
    } else {
      this._coding.send(opcode === 1 ? Buffer.from(data).toString() : Buffer.from(data));
    }
    return true;
  }

  /** Takes a native session over, which goes with the driver. */
  _own(slot) {
    this._slot = slot;
    if (slot !== -1) dropped.register(this, slot, this);
  }

  _release() {
    if (this._slot === -1) return;
    if (this._coding !== null) this._coding.end();
    dropped.unregister(this);
    turns.drop(this);
    native.release(this._slot);
    this._slot = -1;
  }

  /** Calls `callback` while the connection lasts, behind everything that extensions are at work on. */
  _settle(callback) {
    if (this._coding === null) callback();
    else this._coding.close(() => this._slot !== -1 && callback());
  }

  /** Ends the connection, after a close frame if it was open. There is no `error` once it is closing. */
  _end(code, reason, error) {
    const state = this.readyState;
    this.readyState = CLOSING;
    this._peerEnds = true;
    this._settle(() => {
      if (state === OPEN) frames.sendClose(this, code, reason);
      if (error && state !== CLOSING) this.emit('error', new Error(reason));
      this._close(code, reason);
    });
  }

  _receiveMessage(data) {
    // Of what came before the end of the peer, extensions may still be at work on some.
    if (this.readyState <= OPEN || (this._peerEnds && this.readyState < CLOSED)) this._deliver(data);
  }

  _receivePing(payload) {
    const copy = Buffer.from(payload);
    this.frame(copy, 'pong');
    this.emit('ping', { data: copy.toString() });
  }

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

  _receiveClose(code, reason) {
    this._end(code || NORMAL, reason, false);
  }

  _receiveViolation(code, text) {
    this._end(code, text, true);
  }

  /** Works on a chunk (`lib/transport/turns.js`). */
  _work(chunk) {
    dispatch.work(this, chunk);
  }

  /** Nothing stops reading here: the owner of the driver decides when it parses. */
  _readOn() {}
}

/** What a ping's callback is found by: its bytes, which need not be UTF-8. */
function keyOf(message) {
  return (Buffer.isBuffer(message) ? message : Buffer.from(String(message))).latin1Slice();
}

module.exports = { HybiDriver };
