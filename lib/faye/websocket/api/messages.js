'use strict';

/**
 * The messages of a connection for `for await`. It ends with the connection, and throws the Error of an `error` event first.
 * While messages wait for their reader, the peer is made to wait.
 */

const { connectionOf } = require('../../connection_of');
const { Queue } = require('../../../transport/queue');
const { CLOSED } = require('../../../transport/ready_state');

/** So many messages, or bytes and characters of them, may wait before nothing more is read. */
const MOST_MESSAGES = 64;
const MOST_BYTES = 64 * 1024;

/** @typedef {{resolve: (result: {value: any, done: boolean}) => void, reject: (error: unknown) => void}} Reader */

class Messages {
  /** @param {any} ws the WebSocket */
  constructor(ws) {
    this._ws = ws;
    this._connection = /** @type {import('../../../transport/connection').Connection} */ (connectionOf(ws));
    /** Messages that nobody has read, and readers whose message has not come. */
    /** @type {Queue<any>} */
    this._messages = new Queue();
    this._size = 0;
    /** @type {Queue<Reader>} */
    this._readers = new Queue();
    /** @type {unknown} */
    this._error = null;
    this._pauses = false;
    this._isDone = ws.readyState === CLOSED;
    /** @type {Record<string, (event: any) => void>} */
    this._listeners = {
      message: ({ data }) => this._take(data),
      error: ({ error }) => (this._error = this._error || error),
      close: () => this._end()
    };
    if (!this._isDone) for (const name of Object.keys(this._listeners)) ws.on(name, this._listeners[name]);
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** @returns {Promise<{value: *, done: boolean}>} */
  next() {
    if (this._messages.length > 0) {
      const value = this._messages.shift();
      this._size -= sizeOf(value);
      if (this._messages.length === 0) this._resume();
      return Promise.resolve({ value, done: false });
    }
    if (this._error !== null && this._isDone) {
      const error = this._error;
      this._error = null;
      return Promise.reject(error);
    }
    if (this._isDone) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => this._readers.push({ resolve, reject }));
  }

  /** The loop was left: the connection goes on without it, and nobody waits any more. @param {unknown} [value] */
  return(value) {
    this._isDone = true;
    this._error = null;
    this._messages.takeAll();
    this._letGo();
    for (const { resolve } of this._readers.takeAll()) resolve({ value: undefined, done: true });
    return Promise.resolve({ value, done: true });
  }

  /** @param {any} data */
  _take(data) {
    const reader = this._readers.shift();
    if (reader !== undefined) {
      reader.resolve({ value: data, done: false });
      return;
    }
    this._messages.push(data);
    this._size += sizeOf(data);
    if (this._pauses || (this._messages.length < MOST_MESSAGES && this._size < MOST_BYTES)) return;
    this._pauses = true;
    this._connection.holdUp(1);
  }

  _resume() {
    if (!this._pauses) return;
    this._pauses = false;
    this._connection.holdUp(-1);
  }

  _end() {
    this._isDone = true;
    this._letGo();
    for (const { resolve, reject } of this._readers.takeAll()) {
      if (this._error === null) resolve({ value: undefined, done: true });
      else reject(this._error);
      this._error = null;
    }
  }

  /** Takes the listeners off. */
  _letGo() {
    for (const name of Object.keys(this._listeners)) this._ws.removeListener(name, this._listeners[name]);
    this._resume();
  }
}

/** About how much memory a message takes. @param {any} data @returns {number} */
function sizeOf(data) {
  return data.length || data.byteLength || data.size || 0;
}

module.exports = { Messages };
