'use strict';

/** The server's driver that reads the request itself, and then leaves the rest to the driver that suits it. */

const native = require('../native');
const { setFields } = require('../transport/fields');
const { headersOf } = require('./connecting');
const { Driver, CONNECTING } = require('./driver');

/** What is passed on before the request is known and done then. */
const DEFERRED = ['setHeader', 'start', 'frame', 'text', 'binary', 'ping', 'pong', 'close', 'addExtension'];
const EVENTS = ['open', 'message', 'error', 'close', 'ping', 'pong'];

class ServingDriver extends Driver {
  /**
   * @param {object} [options]
   * @param {function(object, object): Driver} choose the driver for a request
   */
  constructor(options, choose) {
    super(null, options);
    setFields(this, {
      _choose: choose,
      _reader: new native.HeadReader(false),
      _delegate: null,
      _calls: []
    });
  }

  /** The driver that this one leaves the rest to feeds the messages. */
  _feedMessages() {
    this.on('error', () => {});
  }

  /** Takes bytes of the peer: the request, and what follows it. */
  parse(chunk) {
    if (chunk === undefined || chunk === null) return;
    if (this._delegate !== null) {
      this._delegate.parse(chunk);
      return;
    }
    if (this._reader === null) return;
    const bytes = Buffer.from(chunk);
    let head;
    try {
      head = this._reader.receive(bytes);
    } catch {
      // The owner sees by `isWebSocket` that this is no request, and `start` refuses it.
      head = { used: bytes.length, method: undefined, target: undefined, headers: [] };
    }
    if (!head) return;
    this._reader = null;
    this.method = head.method;
    this.url = head.target;
    this.headers = headersOf(head.headers);
    this.body = bytes.subarray(head.used);
    this._delegateTo(this._choose(this, this._options));
    this.emit('connect', {});
    // What stands behind the request waits for an owner who starts later.
    if (this.body.length > 0) this._delegate.parse(this.body);
  }

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
    for (const [method, args] of this._calls) delegate[method](...args);
    this._calls = [];
    this.readyState = delegate.readyState;
  }
}

for (const method of DEFERRED) {
  ServingDriver.prototype[method] = function (...args) {
    if (this._delegate === null) {
      if (this.readyState !== CONNECTING) return false;
      this._calls.push([method, args]);
      return true;
    }
    const result = this._delegate[method](...args);
    this.readyState = this._delegate.readyState;
    return result;
  };
}

module.exports = { ServingDriver };
