'use strict';

/**
 * What all drivers have in common: events, the two streams, the state, and what was sent before the connection opened.
 *
 * A driver does no I/O. Its owner gives it the bytes of the peer, and sends the bytes that it emits.
 */

const { EventEmitter } = require('events');

const { withoutEverybodys } = require('../opening/names');
const { headerList, validateOptions } = require('../opening/options');
const { listPublicly, setFields } = require('../transport/fields');
const { IO, Messages } = require('./streams');
const { CONNECTING, OPEN, CLOSING, CLOSED } = require('../transport/ready_state');

/** A client's before it has asked. */
const UNSTARTED = -1;
/** @type {readonly State[]} */
const STATES = ['connecting', 'open', 'closing', 'closed'];

const OPTIONS = ['maxLength', 'masking', 'requireMasking', 'protocols', 'allowDrafts'];

/** How many bytes of the peer may wait, for the owner to answer the handshake or for jobs, until the socket is asked to wait. */
const MOST_WAITING = 64 * 1024;
/** With more the connection ends: whoever feeds it does not ask whether to wait. */
const MOST_KEPT = 1024 * 1024;
/** What keeping a chunk takes besides its bytes, about. */
const CHUNK = 256;
/** The close code for that (RFC 6455 section 7.4.1). */
const TOO_LARGE = 1009;

/** Headers that may stand in a message more than once; of every other the first counts. */
const REPEATABLE = new Set(['set-cookie', 'set-cookie2', 'warning', 'www-authenticate']);

/** @typedef {'text'|'binary'|'ping'|'pong'|'close'} FrameType */
/** @typedef {string|number|Uint8Array|readonly number[]} FrameData */
/** @typedef {[data: FrameData, type?: FrameType, code?: number]} FrameArguments */
/** @typedef {import('../../driver').Options & {masking?: unknown, requireMasking?: unknown}} Options */
/** @typedef {'connecting'|'open'|'closing'|'closed'} State */

class Driver extends EventEmitter {
  /**
   * @param {string|null|undefined} url
   * @param {Options|null} [options]
   * @throws {Error} `Unrecognized option: KEY`
   */
  constructor(url, options) {
    super();
    options = options || {};
    validateOptions(options, OPTIONS);
    options = withoutEverybodys(options, OPTIONS);
    this.readyState = CONNECTING;
    this.url = url;
    /** @type {string|null|undefined} */
    this.protocol;
    this.io = new IO(this);
    this.messages = new Messages(this);
    setFields(this, { _options: options, _headers: [], _queue: [], _early: [], _earlyLength: 0 });
    /** @type {Options} */
    this._options;
    /** @type {string[]} headers of the handshake, as names and values alternately */
    this._headers;
    /** @type {FrameArguments[]} what was sent before the connection opened, as arguments of `frame` */
    this._queue;
    /** @type {Buffer[]} what the peer has sent before a server's owner has answered its handshake */
    this._early;
    /** @type {number} in bytes, with what keeping the chunks takes */
    this._earlyLength;
    /** @type {string | undefined} the protocol's name, once it is known */
    this.version;

    this._feedMessages();
  }

  /** Has `messages` tell of errors and of the end. */
  _feedMessages() {
    // Without this listener, an error that nobody listens for would throw.
    this.on('error', (error) => {
      if (this.messages.readable) this.messages.emit('error', error);
    });
    this.on('close', () => this.messages._finish());
  }

  /** @returns {State|null} null before a client has started */
  getState() {
    return STATES[this.readyState] || null;
  }

  /**
   * @param {object} _extension
   * @returns {boolean} whether extensions are supported
   */
  addExtension(_extension) {
    return false;
  }

  /**
   * Adds a header to the handshake.
   *
   * @param {string} name
   * @param {*} value `undefined` leaves it out
   * @returns {boolean} false once the handshake has been sent
   */
  setHeader(name, value) {
    if (this.readyState > CONNECTING) return false;
    const key = String(name).toLowerCase();
    const isThere = this._headers.some((known, i) => i % 2 === 0 && known.toLowerCase() === key);
    if (isThere && !REPEATABLE.has(key)) return true;
    this._headers.push(...(headerList({ [name]: value }) || []));
    return true;
  }

  /**
   * Sends a frame. Each kind of driver has its own, and one that has none sends nothing.
   *
   * @param {FrameData} _data
   * @param {FrameType} [_type]
   * @param {number} [_code]
   * @returns {boolean} false once closed
   */
  frame(_data, _type, _code) {
    return false;
  }

  /**
   * Sends a text message.
   *
   * @param {string} message
   * @returns {boolean} false once closing
   */
  text(message) {
    return this.frame(message, 'text');
  }

  /**
   * Sends a binary message.
   *
   * @param {Uint8Array|readonly number[]} _message
   * @returns {boolean} false once closing, and in a draft, which has none
   */
  binary(_message) {
    return false;
  }

  /**
   * Sends a ping.
   *
   * @param {string|Uint8Array} [_message]
   * @param {() => void} [_callback] is called on the pong that answers
   * @returns {boolean} false once closing, and in a draft, which has none
   */
  ping(_message, _callback) {
    return false;
  }

  /**
   * Sends a pong that nobody asked for.
   *
   * @param {string|Uint8Array} [_message]
   * @returns {boolean} false once closing, and in a draft, which has none
   */
  pong(_message) {
    return false;
  }

  /** Emits bytes for the peer. @param {Buffer} bytes */
  _write(bytes) {
    if (this.io.readable) this.io.emit('data', bytes);
  }

  /**
   * Keeps what is sent before the connection is open.
   *
   * @param {FrameArguments} args
   * @returns {boolean} true
   */
  _enqueue(args) {
    this._queue.push(args);
    return true;
  }

  /**
   * Takes bytes of the peer. Each kind of driver has its own.
   *
   * @param {Uint8Array|readonly number[]|string|null} [_chunk]
   */
  parse(_chunk) {}

  /**
   * Keeps bytes of the peer until the handshake is answered.
   *
   * @param {Buffer} bytes
   */
  _keepEarly(bytes) {
    this._early.push(bytes);
    this._earlyLength += bytes.length + CHUNK;
    if (this._earlyLength <= MOST_KEPT) return;
    const fault = 'Too much was sent before the handshake was answered';
    try {
      this.emit('error', new Error(fault));
    } finally {
      if (this.version?.startsWith('hixie')) this._close(null, null);
      else this._close(TOO_LARGE, fault);
    }
  }

  /** Whether anything is kept. */
  _keepsSome() {
    return this._early.length > 0;
  }

  /** Whether so much is kept, or waits, that a socket should wait. */
  _keepsMuch() {
    return this._earlyLength >= MOST_WAITING;
  }

  /** The handshake is answered: what the peer has sent before is parsed. */
  _readEarly() {
    const early = this._early;
    const isWaitedFor = this._keepsMuch();
    this._forgetEarly();
    /** @type {unknown[]} */
    const failures = [];
    for (const bytes of early) {
      try {
        this.parse(bytes);
      } catch (error) {
        failures.push(error);
      }
    }
    if (!this.io.writable) this.messages._finish();
    if (isWaitedFor && !this._keepsMuch()) this._letWrite();
    // Each is thrown, as by a call of `parse` for each chunk.
    for (const failure of failures.slice(1)) {
      process.nextTick(() => {
        throw failure;
      });
    }
    if (failures.length > 0) throw failures[0];
  }

  /** A socket that was asked to wait, as much was kept, may write again. */
  _letWrite() {
    if (!this.io._paused) this.io.emit('drain');
  }

  /** A server's connection is open, and what the peer has sent before is read, whatever a handler throws. */
  _openAndRead() {
    try {
      this._open();
    } finally {
      this._readEarly();
    }
  }

  _forgetEarly() {
    this._early = [];
    this._earlyLength = 0;
  }

  /** The connection is open: what waited leaves, and the owner is told. */
  _open() {
    this.readyState = OPEN;
    const queue = this._queue;
    this._queue = [];
    for (const args of queue) this.frame(...args);
    this.emit('open', {});
  }

  /**
   * The connection is over: the owner is told, once.
   *
   * @param {number|null} code null in a draft, which has no codes
   * @param {string|null} reason
   */
  _close(code, reason) {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this._queue = [];
    const isWaitedFor = this._keepsMuch();
    this._forgetEarly();
    this._release();
    if (isWaitedFor) this._letWrite();
    this.emit('close', { code, reason });
  }

  /** Ends the native session, where there is one. */
  _release() {}

  /** A message has come: `messages` emits it first, as in the reference. @param {string|Buffer} data */
  _deliver(data) {
    if (this.messages.readable) this.messages.emit('data', data);
    this.emit('message', { data });
  }

  /**
   * A handshake was refused: the peer gets the response, and the owner an error.
   *
   * @param {Buffer} head the response
   * @param {string} fault
   * @param {number|null} code
   * @param {string|null} [reason]
   * @returns {boolean} false
   */
  _refuse(head, fault, code, reason = fault) {
    this._write(head);
    this.readyState = CLOSING;
    this.emit('error', new Error(fault));
    this._close(code, reason);
    return false;
  }
}
listPublicly(Driver.prototype, { silent: ['io', 'messages'] });

module.exports = { Driver, CHUNK, MOST_WAITING, UNSTARTED, CONNECTING, OPEN, CLOSING, CLOSED };
