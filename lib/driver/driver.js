'use strict';

/**
 * What all drivers have in common: events, the two streams, the state, and what was sent before the connection opened.
 *
 * A driver does no I/O. Its owner gives it the bytes of the peer, and sends the bytes that it emits.
 */

const { EventEmitter } = require('events');

const { headerList, validateOptions } = require('../opening/options');
const { listPublicly, setFields } = require('../transport/fields');
const { IO, Messages } = require('./streams');
const { CONNECTING, OPEN, CLOSING, CLOSED } = require('../transport/ready_state');

/** A client's before it has asked. */
const UNSTARTED = -1;
const STATES = ['connecting', 'open', 'closing', 'closed'];

const OPTIONS = ['maxLength', 'masking', 'requireMasking', 'protocols', 'allowDrafts'];

/** Headers that may stand in a message more than once; of every other the first counts. */
const REPEATABLE = new Set(['set-cookie', 'set-cookie2', 'warning', 'www-authenticate']);

class Driver extends EventEmitter {
  /**
   * @param {string|null} url
   * @param {object} [options]
   * @throws {Error} `Unrecognized option: KEY`
   */
  constructor(url, options) {
    super();
    options = options || {};
    validateOptions(options, OPTIONS);
    this.readyState = CONNECTING;
    this.url = url;
    this.io = new IO(this);
    this.messages = new Messages(this);
    setFields(this, {
      _options: options,
      /** Headers of the handshake, as names and values alternately. */
      _headers: [],
      /** What was sent before the connection opened, as arguments of `frame`. */
      _queue: []
    });

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

  /** @returns {'connecting'|'open'|'closing'|'closed'|null} null before a client has started */
  getState() {
    return STATES[this.readyState] || null;
  }

  /** @returns {boolean} whether extensions are supported */
  addExtension() {
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

  /** Sends a text message; false once closing. */
  text(message) {
    return this.frame(message, 'text');
  }

  /** Sends a binary message; false where there is none. */
  binary() {
    return false;
  }

  /** Sends a ping; false where there is none. */
  ping() {
    return false;
  }

  /** Sends a pong that nobody asked for; false where there is none. */
  pong() {
    return false;
  }

  /** Emits bytes for the peer. */
  _write(bytes) {
    if (this.io.readable) this.io.emit('data', bytes);
  }

  /** Keeps what is sent too early. */
  _enqueue(args) {
    this._queue.push(args);
    return true;
  }

  /** The connection is open: what waited leaves, and the owner is told. */
  _open() {
    this.readyState = OPEN;
    const queue = this._queue;
    this._queue = [];
    for (const args of queue) this.frame(...args);
    this.emit('open', {});
  }

  /** The connection is over. */
  _close(code, reason) {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this._queue = [];
    this._release();
    this.emit('close', { code, reason });
  }

  /** Lets the native side go. */
  _release() {}

  /** A message has come: for `messages` first, as in the reference. */
  _deliver(data) {
    if (this.messages.readable) this.messages.emit('data', data);
    this.emit('message', { data });
  }

  /** A handshake was refused: the peer gets the response, and the owner an error. */
  _refuse(head, fault, code, reason = fault) {
    this._write(head);
    this.readyState = CLOSING;
    this.emit('error', new Error(fault));
    this._close(code, reason);
    return false;
  }
}
listPublicly(Driver.prototype, { silent: ['io', 'messages'] });

module.exports = { Driver, UNSTARTED, CONNECTING, OPEN, CLOSING, CLOSED };
