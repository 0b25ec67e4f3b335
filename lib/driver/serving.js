'use strict';

/** The server's driver that reads the request itself, and then leaves the rest to the driver that suits it. */

const native = require('../native');
const { setFields } = require('../transport/fields');
const { headersOf } = require('./connecting');
const { Driver, CONNECTING } = require('./driver');

/** What is passed on before the request is known and done then. */
const DEFERRED = ['setHeader', 'start', 'frame', 'text', 'binary', 'ping', 'pong', 'close', 'addExtension'];
const EVENTS = ['open', 'message', 'error', 'close', 'ping', 'pong'];

/** @typedef {import('./accepting').AcceptingDriver|import('./draft').DraftDriver} Delegate */
/** @typedef {(request: import('../opening/handshake').GivenRequest, options: import('./driver').Options) => Delegate} Choose */
/** @typedef {(...args: unknown[]) => boolean} Method one of {@link DEFERRED} */

class ServingDriver extends Driver {
  /**
   * @param {import('./driver').Options|null|undefined} options
   * @param {Choose} choose the driver for a request
   */
  constructor(options, choose) {
    super(null, options);
    setFields(this, {
      _choose: choose,
      _reader: new native.HeadReader(false),
      _delegate: null,
      _calls: []
    });
    /** @type {Choose} */
    this._choose;
    /** @type {import('../native/classes').HeadReader|null} null once the request has come */
    this._reader;
    /** @type {Delegate|null} null before */
    this._delegate;
    /** @type {[method: string, args: unknown[]][]} what was called before */
    this._calls;
    /** @type {string|undefined} */
    this.method;
    /** @type {Record<string, string>} */
    this.headers;
    /** @type {Buffer|undefined} what came behind the request in its chunk */
    this.body;
    /** @type {string|undefined} */
    this.version;
  }

  /** The driver that this one leaves the rest to feeds the messages. */
  _feedMessages() {
    this.on('error', () => {});
  }

  /**
   * Takes bytes of the peer: the request, and what follows it.
   *
   * @param {Uint8Array|readonly number[]|string|null} [chunk]
   */
  parse(chunk) {
    if (chunk === undefined || chunk === null) return;
    if (this._delegate !== null) {
      this._delegate.parse(chunk);
      return;
    }
    if (this._reader === null) return;
    const bytes = Buffer.from(/** @type {Uint8Array} */ (chunk));
    const read = this._reader.receive(bytes);
    if (!read) return;
    // The owner sees by `isWebSocket` that this is no request, and `start` refuses it.
    const none = { used: bytes.length, method: undefined, target: undefined, headers: [] };
    const head = typeof read === 'string' ? none : read;
    this._reader = null;
    this.method = head.method;
    this.url = head.target;
    this.headers = headersOf(head.headers);
    this.body = bytes.subarray(head.used);
    const delegate = this._choose(this, this._options);
    this._delegateTo(delegate);
    this.emit('connect', {});
    if (this.body.length > 0) delegate.parse(this.body);
  }

  /** The driver that this one leaves the rest to keeps what comes before the answer. */
  _keepsSome() {
    return this._delegate !== null && this._delegate._keepsSome();
  }

  /** The same of much. */
  _keepsMuch() {
    return this._delegate !== null && this._delegate._keepsMuch();
  }

  /** @param {Delegate} delegate */
  _delegateTo(delegate) {
    this._delegate = delegate;
    delegate.io = this.io;
    delegate.messages = this.messages;
    this.version = delegate.version;
    for (const event of EVENTS) {
      delegate.on(event, (argument) => {
        this.protocol = delegate.protocol;
        this.readyState = delegate.readyState;
        this.emit(event, argument);
      });
    }
    this.protocol = delegate.protocol;
    for (const [method, args] of this._calls) methodsOf(delegate)[method].apply(delegate, args);
    this._calls = [];
    this.readyState = delegate.readyState;
  }
}

/**
 * The methods of {@link DEFERRED} of an object, by name.
 *
 * @param {object} object
 * @returns {Record<string, Method>}
 */
function methodsOf(object) {
  return /** @type {Record<string, Method>} */ (object);
}

/**
 * Calls a method of the driver that the request wants, or keeps the call until the request has come.
 *
 * @param {ServingDriver} driver
 * @param {string} method
 * @param {unknown[]} args
 * @returns {boolean}
 */
function pass(driver, method, args) {
  const delegate = driver._delegate;
  if (delegate === null) {
    if (driver.readyState !== CONNECTING) return false;
    driver._calls.push([method, args]);
    return true;
  }
  const result = methodsOf(delegate)[method].apply(delegate, args);
  driver.readyState = delegate.readyState;
  return result;
}

for (const method of DEFERRED) {
  /** @this {ServingDriver} */
  methodsOf(ServingDriver.prototype)[method] = function (/** @type {unknown[]} */ ...args) {
    return pass(this, method, args);
  };
}

module.exports = { ServingDriver };
