'use strict';

/**
 * What a server's and a client's WebSocket have in common: the public face of a connection, which is a duplex stream of
 * messages, an EventEmitter and an EventTarget. What the connection itself does is in `lib/connection`.
 */

const { Stream } = require('stream');
const { inherits } = require('util');

const { BUFFERED_AMOUNT } = require('./api/buffered_amount');
const EventTarget = require('./api/event_target');
const { binaryType } = require('./api/binary_type');
const { face, ignoreErrors } = require('./api/face');
const { modern } = require('./api/modern');
const { CONNECTION, connectionOf } = require('../connection_of');
const { addHidden } = require('../hidden');
const { listPublicly } = require('../../transport/fields');
const { CONNECTING, OPEN, CLOSING, CLOSED } = require('../../transport/ready_state');

/** @typedef {import('../../transport/connection').Connection} Connection */
/** @typedef {import('stream').Stream & {readyState: number, [CONNECTION]: Connection} & Record<string, any>} Target */

/**
 * Sets up the public properties that both roles share, in the order in which faye-websocket has them, and the connection
 * behind them. The caller has set `_stream`; a client's also `url`.
 *
 * @this {any}
 * @param {Connection} connection
 */
function API(connection) {
  this.writable = true;
  this.readable = true;
  this.readyState = CONNECTING;
  Object.defineProperty(this, 'bufferedAmount', BUFFERED_AMOUNT);
  this.protocol = '';
  this.url = connection.url;
  this.version = connection.version;
  Object.defineProperty(this, CONNECTION, { value: connection });
  // Node's own is a dictionary of V8's, in which each look for a listener takes 80 instructions. There is one already where
  // somebody has called EventEmitter for the object that calls this.
  if (this._events === undefined || !Object.hasOwn(this, '_events')) {
    this._events = Object.setPrototypeOf({}, null);
    this._eventsCount = 0;
  }
  ignoreErrors(this);
}
inherits(API, Stream);

API.CONNECTING = CONNECTING;
API.OPEN = OPEN;
API.CLOSING = CLOSING;
API.CLOSED = CLOSED;

/** How long a peer may take to answer our close frame if `closeTimeout` says nothing else, in milliseconds. */
API.CLOSE_TIMEOUT = 30000;

face.closeTimeout = () => API.CLOSE_TIMEOUT;

/** In this order the properties of the prototype are enumerated; what faye-websocket does not have is hidden. */
/** @type {ThisType<Target> & Record<string, any>} */
const methods = {
  /**
   * The same as `send`, for pipes.
   *
   * @param {*} data
   * @returns {boolean}
   */
  write: function (data) {
    return this.send(data);
  },

  /**
   * Sends `data` if given, then closes. What was accepted before the connection is open is sent once it is.
   *
   * @param {*} [data]
   */
  end: function (data) {
    if (data !== undefined) this.send(data);
    if (!this[CONNECTION].endsOnceOpen()) this.close();
  },

  /** Stops reading from the stream. Messages that have been read already are still emitted. */
  pause: function () {
    this[CONNECTION].pause();
  },

  /** Reads on after `pause`. */
  resume: function () {
    this[CONNECTION].resume();
  },

  /**
   * Sends a message: a Buffer, ArrayBuffer, typed array, DataView or Blob as binary, anything else as text.
   *
   * @param {*} data
   * @param {{compress?: boolean}} [options] `compress: false` leaves it uncompressed
   * @returns {boolean} false once closing, and when the stream is backed up: `drain` follows
   */
  send: function (data, options = undefined) {
    return this[CONNECTION].send(data, options);
  },

  /**
   * Sends a ping.
   *
   * @param {string|Buffer|null} [message] at most 125 bytes
   * @param {function(): void} [callback] called once, when the pong with the same message arrives
   * @returns {boolean} whether it was sent
   * @throws {RangeError} for a message that is too long
   */
  ping: function (message, callback) {
    return this[CONNECTION].ping(message, callback);
  },

  /**
   * Closes the connection: sends a close frame and waits for the peer's, for up to `closeTimeout`.
   *
   * @param {any} [code=1000]
   * @param {any} [reason]
   * @throws {Error} for a code that this role may not send
   */
  close: function (code, reason) {
    this[CONNECTION].close(
      code === undefined ? 1000 : code,
      reason === undefined || reason === null ? '' : String(reason)
    );
  }
};

Object.assign(API.prototype, methods, EventTarget);
listPublicly(API.prototype);
addHidden(API.prototype, binaryType);
addHidden(API.prototype, modern);
addHidden(API.prototype, { CONNECTING, OPEN, CLOSING, CLOSED });
addHidden(
  API.prototype,
  /** @type {ThisType<Target> & Record<string, any>} */ ({
    /** Ends the connection at once, without a close frame. What was sent just now may be lost. */
    terminate() {
      this[CONNECTION].terminate();
    },

    /**
     * What the connection costs on the native side, in bytes.
     *
     * @returns {{messages: number, windows: number}}
     */
    memoryUsage() {
      return this[CONNECTION].memoryUsage();
    },

    /** `'direct'` while Rust reads and writes the socket, `'stream'` while Node does; undefined of a prototype. */
    get transport() {
      const connection = connectionOf(this);
      return connection && connection.transport;
    }
  })
);

module.exports = API;
