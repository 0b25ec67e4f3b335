'use strict';

/**
 * A client's connection: it asks for one, and takes it.
 *
 * ```text
 *   net or tls.connect ──▶ [ CONNECT ──200──▶ tls.connect ──▶ ] GET ──101──▶ frames
 * ```
 *
 * Connecting is Node's matter (`net`, `tls`, `http2`), or the caller's; see `client/connecting.js`. Requests and answers are
 * made and judged on the native side, whose rows (`lib/transport/dispatch.js`) drive the steps in brackets and the
 * opening; see `client/answered.js`. Whatever fails on the way ends in one `error` and one `close`.
 */

const { answered } = require('./client/answered');
const { connecting, openStream } = require('./client/connecting');
const { planOf } = require('./client/plan');
const { Connection } = require('./connection');
const native = require('../native');
const { watch } = require('../opening/abort');
const { withoutCredentials } = require('../opening/address');
const { soon } = require('../transport/posting');
const { CONNECTING } = require('../transport/ready_state');
const { both, enter } = require('../transport/scope');
const timers = require('../transport/timers');
const { LOST } = require('../native/close_codes');

/** @typedef {import('../transport/connection').ErrorDetail} ErrorDetail */
/** @typedef {import('../transport/connection').Opening} Opening */

class ClientConnection extends Connection {
  /**
   * Begins to connect once {@link start} is called. Everything that is wrong with the arguments is thrown here, before
   * there is a socket.
   *
   * @param {import('../transport/connection').Face} face
   * @param {object} target
   * @param {import('../transport/connection').Settings} settings
   * @param {{protocols: any, options: Record<string, any>, redirects: number, signal: AbortSignal | null}} wishes
   */
  constructor(face, target, settings, { protocols, options, redirects, signal }) {
    const plan = planOf(settings.url, protocols, options);
    let opened;
    try {
      opened = openStream(plan, signal !== null && signal.aborted);
    } catch (error) {
      native.release(plan.slot);
      throw error;
    }
    super(face, target, opened.stream, settings);
    this._masks = true;
    /**
     * What is needed until the connection is open: `handOver` only while a proxy is asked.
     *
     * @type {Opening | null}
     */
    this._opening = {
      plan,
      opened,
      protocols,
      options,
      redirects,
      negotiates: false,
      handOver: null,
      timer: null,
      isReported: false,
      answer: null
    };
    /**
     * What extensions have offered, until the server has answered.
     *
     * @type {import('../transport/connection').Negotiation | null}
     */
    this._negotiation = null;
    /** Stops watching the signal. */
    this._unwatch = null;
    this._signal = signal;
    /**
     * What the server has answered.
     *
     * @type {Record<string, any> | undefined}
     */
    this.headers = undefined;
    /** @type {number | undefined} */
    this.statusCode = undefined;
  }

  /**
   * Begins to connect.
   *
   * @param {number|undefined} timeout of the opening, in milliseconds
   */
  start(timeout) {
    const opening = /** @type {Opening} */ (this._opening);
    if (timeout) opening.timer = timers.after(() => enter(this, this._timeOut, timeout), timeout);
    if (this._signal !== null) {
      // In a tick of its own, so that whoever listens behind `controller.abort()` hears of the end.
      this._unwatch = watch(this._signal, (/** @type {unknown} */ reason) =>
        soon(() => enter(this, this._abort, reason))
      );
    }
    this._start(opening.plan, opening.opened);
  }

  /** How errors of the opening begin. */
  _unreachable() {
    return `Can't establish a connection to the server at ${withoutCredentials(this.url)}`;
  }

  /**
   * Ends a connection with an `error`, and a `close` as for one that is lost.
   *
   * @param {string} message
   * @param {ErrorDetail} detail
   */
  _lose(message, detail) {
    this._fail(message, detail, LOST, '');
  }

  /** @param {number} milliseconds */
  _timeOut(milliseconds) {
    const text = `${this._unreachable()}: it took longer than ${milliseconds / 1000} s`;
    this._lose(text, { code: 'ERR_WEBSOCKET_TIMEOUT' });
  }

  /** The caller's signal ends the connection, at any time. @param {unknown} reason */
  _abort(reason) {
    const text = `The connection to ${withoutCredentials(this.url)} was aborted`;
    this._lose(text, { name: 'AbortError', code: 'ABORT_ERR', cause: reason });
  }

  /** @param {string} protocol */
  _open(protocol) {
    this._endOpening();
    super._open(protocol);
  }

  /** @param {any} cause */
  _failNetwork(cause) {
    if (this._opening !== null) this._opening.isReported = true;
    super._failNetwork(cause);
  }

  /** The stream has ended before there was an answer, and nobody has said why. */
  _tellEnd() {
    const opening = /** @type {Opening} */ (this._opening);
    opening.isReported = true;
    if (opening.handOver !== null) {
      const cause = new Error('The proxy ended the connection before it had answered');
      this._emitError(this._unreachable(), { code: 'ERR_WEBSOCKET_PROXY', cause });
    } else {
      const text = `${this._unreachable()}: the connection ended before the server had answered`;
      this._emitError(text, { code: 'ERR_WEBSOCKET_HANDSHAKE' });
    }
  }

  /** @param {boolean} [isLater] */
  _finalizeClose(isLater) {
    if (this.readyState === CONNECTING && this._opening !== null && !this._opening.isReported) {
      both(
        this,
        () => this._tellEnd(),
        () => this._finalizeClose(isLater)
      );
      return;
    }
    this._endOpening();
    if (this._unwatch !== null) this._unwatch();
    this._unwatch = null;
    super._finalizeClose(isLater);
  }

  _endOpening() {
    if (this._opening !== null) timers.cancel(this._opening.timer);
    this._opening = null;
  }
}

for (const table of [connecting, answered]) Object.assign(ClientConnection.prototype, table);

module.exports = { ClientConnection };
