'use strict';

/** What a connection has for `await`: promises of its opening and its end, an iterator of its messages, and disposal. */

const { getCallSites } = /** @type {any} */ (require('util'));

const { Messages } = require('./messages');
const { connectionOf } = require('../../connection_of');
const { CLOSED } = require('../../../transport/ready_state');
const { LOST } = require('../../../native/close_codes');

/** @typedef {import('../../../transport/connection').Connection} Connection */

/** Where a connection's promises are, from when somebody asks for one: a property that no listing shows. */
const PROMISES = Symbol('faye-websocket-native promises');

/** What Node.js and Bun call the files of their streams. */
const STREAMS = /^(node:internal\/|internal:)streams\//;

/** @typedef {{promise: Promise<any>, resolve: (value: any) => void, reject: (error: unknown) => void}} Deferred */

/**
 * A promise, with what settles it. Nobody has to wait for it: that it is rejected is no unhandled rejection.
 *
 * @returns {Deferred}
 */
function deferred() {
  const parts = /** @type {Deferred} */ ({});
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  parts.promise.catch(() => {});
  return parts;
}

/** The promises of one connection, from when somebody asks for one. */
class Promises {
  /** @param {any} ws the WebSocket */
  constructor(ws) {
    this._ws = ws;
    this.opened = deferred();
    this.closed = deferred();
    /** @type {Error | null} */
    this._error = null;
    const { hasOpened, closeParams } = /** @type {Connection} */ (connectionOf(ws));
    if (hasOpened) this.opened.resolve(ws);
    if (ws.readyState === CLOSED) this.end(...closeParams);
  }

  /** The connection is open. */
  open() {
    this.opened.resolve(this._ws);
  }

  /** It has failed. @param {Error} error */
  fail(error) {
    if (this._error === null) this._error = error;
  }

  /**
   * It is over.
   *
   * @param {number | null} code
   * @param {string | null} reason
   */
  end(code, reason) {
    if (this._error === null) {
      const text = `The connection was closed before it was open (${String(code)})`;
      this._error = Object.assign(new Error(text), { code: 'ERR_WEBSOCKET_CLOSED' });
    }
    this.opened.reject(this._error);
    // A handshake that a server refuses has no code, as in faye-websocket.
    this.closed.resolve({ code: code ?? LOST, reason: reason ?? '' });
  }
}

/** To be copied onto a prototype. */
/** @type {ThisType<any> & Record<PropertyKey, any>} */
const modern = {
  [PROMISES]: null,

  /** Resolves to the connection once it is open; rejects with an Error if that never comes. */
  get opened() {
    return promisesOf(this).opened.promise;
  },

  /** Resolves to `{ code, reason }` once the connection is gone. */
  get closed() {
    return isAskedByStreams() ? undefined : promisesOf(this).closed.promise;
  },

  /** The messages from now on, for `for await`. */
  [Symbol.asyncIterator]() {
    return new Messages(this);
  }
};

// Node.js 18.18 and 20.4 are the first that have it.
if (Symbol.asyncDispose) {
  /** Closes the connection, and waits until it is gone. */
  modern[Symbol.asyncDispose] = async function asyncDispose() {
    if (this.readyState < 2) this.close();
    await this.closed;
  };
}

/**
 * Whether Node's streams ask for the property whose getter calls this. From Node.js 24 on, `stream.pipeline` takes a
 * destination whose `closed` is truthy for one that takes nothing more, and a promise is truthy.
 */
function isAskedByStreams() {
  const caller = getCallSites === undefined ? undefined : getCallSites(3)[2];
  return caller !== undefined && STREAMS.test(caller.scriptName);
}

/** The promises of a connection; of a prototype, there are none. @param {any} ws @returns {any} */
function promisesOf(ws) {
  if (connectionOf(ws) === undefined) return { opened: {}, closed: {} };
  if (ws[PROMISES] === null) Object.defineProperty(ws, PROMISES, { value: new Promises(ws) });
  return ws[PROMISES];
}

module.exports = { PROMISES, modern, promisesOf };
