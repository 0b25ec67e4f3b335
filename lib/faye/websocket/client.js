'use strict';

/**
 * The client's WebSocket.
 *
 * ```text
 *   net or tls.connect ──▶ [ CONNECT ──200──▶ tls.connect ──▶ ] GET ──101──▶ frames
 * ```
 *
 * Connecting is Node's matter (`net`, `tls`, `http2`), or the caller's; see `client/connecting.js`. Requests and answers are
 * made and judged on the native side, whose rows (`lib/transport/dispatch.js`) drive the steps in brackets and the
 * opening; see `client/answered.js`. Whatever fails on the way ends in one `error` and one `close`.
 */

const { inherits } = require('util');

const API = require('./api');
const { readLimits } = require('./api/limits');
const answered = require('./client/answered');
const connecting = require('./client/connecting');
const { openStream } = connecting;
const { planOf } = require('./client/plan');
const native = require('../../native');
const { watch } = require('../../opening/abort');
const { withoutCredentials } = require('../../opening/address');
const { addHidden, hidePrivate } = require('../hidden');
const { refuseOptions, refuseRequest } = require('../../opening/misplaced');
const { maxRedirects } = require('../../opening/redirect');
const { setFields } = require('../../transport/fields');
const { enter } = require('../../transport/scope');
const timers = require('../../transport/timers');
const {
  CLIENT,
  abortSignal,
  milliseconds,
  seconds,
  transportOf,
  validateOptions
} = require('../../opening/options');
const { CONNECTING, CLOSED } = require('../../transport/ready_state');

/**
 * @template {keyof Connection} K
 * @typedef {import('../../transport/connection').Method<K>} Method
 */
/** @typedef {import('../../transport/connection').Connection} Connection */

/** How the constructor is to be called. */
const CALL = 'new Client(url, protocols, options), with null for no protocols';

/**
 * Begins to connect. Everything that is wrong with the arguments is thrown here, before there is a socket.
 *
 * @this {any}
 * @param {string} url `ws:`, `wss:`, or `ws+unix:` and `wss+unix:` with the path of a socket
 * @param {string|string[]|null} [protocols] subprotocols to offer
 * @param {Record<string, any>} [options] see `index.d.ts`
 */
function Client(url, protocols, options) {
  refuseRequest(url);
  refuseOptions(protocols, CLIENT, 'protocols belong', CALL);
  url = String(url);
  options = options || {};
  validateOptions(options, CLIENT);
  const timeout = milliseconds('handshakeTimeout', options.handshakeTimeout);
  const signal = abortSignal(options.signal);
  const redirects = maxRedirects(options.maxRedirects);
  transportOf(options.transport);
  seconds('ping', options.ping);
  readLimits(options);
  const plan = planOf(url, protocols, options);
  let opened;
  try {
    opened = openStream(plan, signal !== null && signal.aborted);
  } catch (error) {
    native.release(plan.slot);
    throw error;
  }
  this.url = url;
  this._stream = opened.stream;

  API.call(this, options, url, 'hybi-13');
  this._masks = true;
  setFields(this, {
    /** What is needed until the connection is open: `handOver` only while a proxy is asked. */
    _opening: {
      plan,
      protocols,
      options,
      redirects,
      negotiates: false,
      handOver: null,
      timer: null,
      told: false,
      answer: null
    },
    /** What extensions have offered, until the server has answered. */
    _negotiation: null,
    /** Stops watching the signal. */
    _unwatch: null
  });
  if (timeout) this._opening.timer = timers.after(() => enter(this, this._timeOut, timeout), timeout);
  if (signal)
    this._unwatch = watch(signal, (/** @type {unknown} */ reason) => enter(this, this._abort, reason));
  this._start(plan, opened);
}
inherits(Client, API);

/** @type {Method<'_unreachable'>} */
Client.prototype._unreachable = function () {
  return `Can't establish a connection to the server at ${withoutCredentials(this.url)}`;
};

/** Ends a connection with an `error`, and a `close` as for one that is lost. @type {Method<'_lose'>} */
Client.prototype._lose = function (message, detail) {
  this._fail(message, detail, 1006, '');
};

/** @type {Method<'_timeOut'>} */
Client.prototype._timeOut = function (milliseconds) {
  const text = `${this._unreachable()}: it took longer than ${milliseconds / 1000} s`;
  this._lose(text, { code: 'ERR_WEBSOCKET_TIMEOUT' });
};

/** The caller's signal ends the connection, at any time. @type {Method<'_abort'>} */
Client.prototype._abort = function (reason) {
  const text = `The connection to ${withoutCredentials(this.url)} was aborted`;
  this._lose(text, { name: 'AbortError', code: 'ABORT_ERR', cause: reason });
};

/** @type {Method<'_open'>} */
Client.prototype._open = function (protocol) {
  this._endOpening();
  API.prototype._open.call(this, protocol);
};

/** @type {Method<'_failNetwork'>} */
Client.prototype._failNetwork = function (cause) {
  if (this._opening !== null) this._opening.told = true;
  API.prototype._failNetwork.call(this, cause);
};

/** The stream has ended before there was an answer, and nobody has said why. @type {Method<'_tellEnd'>} */
Client.prototype._tellEnd = function () {
  const opening = /** @type {import('../../transport/connection').Opening} */ (this._opening);
  opening.told = true;
  if (opening.handOver !== null) {
    const cause = new Error('The proxy ended the connection before it had answered');
    this._emitError(this._unreachable(), { code: 'ERR_WEBSOCKET_PROXY', cause });
  } else {
    const text = `${this._unreachable()}: the connection ended before the server had answered`;
    this._emitError(text, { code: 'ERR_WEBSOCKET_HANDSHAKE' });
  }
};

/** @type {Method<'_finalizeClose'>} */
Client.prototype._finalizeClose = function () {
  if (this.readyState === CONNECTING && this._opening !== null && !this._opening.told) {
    try {
      this._tellEnd();
    } finally {
      this._finalizeClose();
    }
    return;
  }
  if (this.readyState === CLOSED) return;
  this._endOpening();
  if (this._unwatch !== null) this._unwatch();
  this._unwatch = null;
  API.prototype._finalizeClose.call(this);
};

/** @type {Method<'_endOpening'>} */
Client.prototype._endOpening = function () {
  if (this._opening !== null) timers.cancel(this._opening.timer);
  this._opening = null;
};

addHidden(Client.prototype, connecting.methods);
addHidden(Client.prototype, answered);
hidePrivate(Client.prototype);

module.exports = Client;
