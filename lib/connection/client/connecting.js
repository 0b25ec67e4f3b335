'use strict';

/**
 * How a client gets the stream that leads to its server, as methods of a client's connection: from Node, through a proxy, over HTTP/2,
 * or from the caller.
 */

const net = require('net');
const tls = require('tls');

const { planOf } = require('./plan');
const { leave, partFrom } = require('../stream_events');
const native = require('../../native');
const { checkedStream, readinessOf } = require('../../opening/connection');
const { connectStream, placeholder, whenSettingsCame } = require('../../opening/http2/client');
const { forNode } = require('../../opening/names');
const { askProxy, whenReady } = require('../../opening/proxy');
const { surface } = require('../../native/surface');
const { callFromTick, soon } = require('../../transport/posting');
const { both, enter } = require('../../transport/scope');
const turns = require('../../transport/turns');
const { CONNECTING } = require('../../transport/ready_state');

/** @typedef {import('../../transport/connection').ClientMethods} Methods */
/** @typedef {import('../../transport/connection').Plan} Plan */
/** @typedef {import('../../transport/connection').Opened} Opened */
/** @typedef {import('../../transport/connection').OwnedStream} OwnedStream */

/**
 * Opens the stream to the first endpoint of a plan, a proxy or the server.
 *
 * @param {Plan} plan see `plan.js`
 * @param {boolean} aborted whether the caller does not want it any more: the stream never connects then
 * @returns {Opened} `connected` is the event that
 *   says that it can be written to; a promise is of the stream that takes the place of `stream`
 * @throws {*} what the caller's own function throws, and Node for options
 */
function openStream(plan, aborted) {
  const first = plan.proxy || plan.server;
  const options = plan.proxy ? plan.proxyTLS : plan.serverTLS;
  if (aborted) return { stream: new net.Socket(), connected: 'connect', promise: null };
  if (plan.session) return { stream: placeholder(), connected: null, promise: null };
  if (plan.connector) {
    const made = plan.connector(first, options);
    if (made && typeof made.then === 'function')
      return { stream: placeholder(), connected: null, promise: made };
    return secured(made, options);
  }
  const connected = first.secure ? 'secureConnect' : 'connect';
  if (first.secure) return { stream: tls.connect(options), connected, promise: null };
  const { socketPath: path, hostname: host, port } = first;
  const to = path === undefined ? { host, port } : { path };
  return { stream: net.connect(forNode({ ...plan.net, ...to })), connected, promise: null };
}

/**
 * A stream of the caller's, with TLS on it if it is to have that and has not.
 *
 * @param {any} made
 * @param {any} options
 * @returns {Opened}
 */
function secured(made, options) {
  /** @type {any} */
  const stream = checkedStream(made);
  // TLS on one that is over would wait for ever.
  if (options === null || stream.encrypted || stream.destroyed)
    return { stream, connected: readinessOf(stream), promise: null };
  return { stream: tls.connect({ ...options, socket: stream }), connected: 'secureConnect', promise: null };
}

/** @type {Methods} */
const connecting = {
  /** Takes the first steps of a plan on a stream that was opened for it. */
  _start(plan, { stream, connected, promise }) {
    this._slot = plan.slot;
    this._negotiation = plan.negotiation;
    this._opening.plan = plan;
    this._opening.negotiates = plan.negotiatesHttp2;
    this._use(stream);
    if (plan.session) this._askSession(plan.session, null);
    else if (promise === null) this._lead(stream, connected);
    else this._await(promise);
  },

  /** The stream leads to the first endpoint. */
  _lead(stream, connected) {
    const { plan } = this._opening;
    if (stream.closed) {
      // It was over when the caller gave it, and its events have gone by.
      const cause = stream.errored || new Error('The stream that was to lead to it is over');
      soon(() => enter(this, () => this.readyState === CONNECTING && this._loseTo(cause)));
      return;
    }
    if (!plan.proxy) {
      this._ask(stream, connected);
      return;
    }
    this._use(stream);
    if (stream.setNoDelay) stream.setNoDelay(true);
    const stop = askProxy(this, stream, connected, String(plan.connect));
    this._opening.handOver = () => {
      stop();
      partFrom(stream);
    };
  },

  /** Waits for a stream that the caller has promised. */
  _await(promise) {
    const waiting = this._stream;
    this._endWith(waiting);
    const wanted = () => this.readyState === CONNECTING && this._stream === waiting;
    const arrived = (/** @type {any} */ made) => {
      if (!wanted()) {
        if (made && typeof made.destroy === 'function') made.destroy();
        return;
      }
      partFrom(waiting);
      waiting.destroy();
      const { plan } = this._opening;
      let opened;
      try {
        opened = secured(made, plan.proxy ? plan.proxyTLS : plan.serverTLS);
      } catch (error) {
        this._loseTo(error);
        return;
      }
      this._lead(opened.stream, opened.connected);
    };
    const failed = (/** @type {unknown} */ error) =>
      wanted() && this._loseTo(error instanceof Error ? error : new Error(String(error)));
    Promise.resolve(promise)
      .then(
        (made) => callFromTick(() => enter(this, arrived, made)),
        (error) => callFromTick(() => enter(this, failed, error))
      )
      .catch(surface);
  },

  /**
   * Begins once more, with another URL or other options, and with nothing of the stream that there was.
   *
   * @param {string} url
   * @param {{http2?: boolean, secrets?: boolean}} change of the plan
   */
  _again(url, change) {
    const old = this._stream;
    leave(old);
    old.destroy();
    turns.afterwards(this, () => {
      if (this.readyState !== CONNECTING || this._opening === null) return;
      native.release(this._slot);
      this._slot = -1;
      turns.drop(this);
      this.url = url;
      this._face.redirected(this._target, url);
      this._opening.change = { ...this._opening.change, ...change };
      const { protocols, options, change: all } = this._opening;
      let plan;
      try {
        plan = planOf(url, protocols, options, all);
        this._slot = plan.slot;
        this._start(plan, openStream(plan, false));
      } catch (error) {
        this._loseTo(error);
      }
    });
  },

  /** Takes over the stream that leads to the server, and asks when it can. */
  _ask(stream, connected) {
    if (this._opening.negotiates) {
      this._negotiate(stream, connected);
      return;
    }
    this._use(stream);
    this._configureStream();
    this._early = null;
    const { request } = this._opening.plan;
    whenReady(stream, connected, () => stream.write(request));
  },

  /** Asks over HTTP/2 if TLS has agreed on that, or else over HTTP/1.1. */
  _negotiate(stream, connected) {
    this._use(stream);
    this._opening.negotiates = false;
    this._endWith(stream);
    const agreed = () => {
      if (this.readyState !== CONNECTING) return;
      partFrom(stream);
      if (stream.alpnProtocol !== 'h2') {
        this._ask(stream, null);
        return;
      }
      const { host } = this._opening.plan.server;
      // Here, since Node takes as long to load it as this package.
      const http2 = require('http2');
      const session = http2.connect(`https://${host}`, { createConnection: () => stream });
      // What ends the session ends its one stream with the same error, which is told there.
      session.on('error', () => {});
      // Where this server speaks HTTP/2, and WebSockets only over HTTP/1.1.
      this._askSession(session, () => this._again(this.url, { http2: false }));
    };
    whenReady(stream, connected, () => enter(this, agreed));
  },

  /**
   * Asks over a session of HTTP/2 once it may.
   *
   * @param {import('http2').ClientHttp2Session} session
   * @param {(function(): void)|null} otherwise what to do if it may not; of a session that is ours, which ends with it
   */
  _askSession(session, otherwise) {
    /** @type {any} */
    const waiting = placeholder();
    this._use(waiting);
    this._endWith(waiting);
    let over = true;
    waiting.once('close', () => over && otherwise && session.destroy());
    whenSettingsCame(session, (error, allowed) => {
      if (this.readyState !== CONNECTING) return;
      partFrom(waiting);
      over = !allowed;
      waiting.destroy();
      enter(this, () => {
        if (error) this._loseTo(error);
        else if (allowed) this._askStream(session, otherwise !== null);
        else if (otherwise) otherwise();
        else
          this._lose(`${this._unreachable()}: it speaks no WebSocket over HTTP/2`, {
            code: 'ERR_WEBSOCKET_HANDSHAKE'
          });
      });
    });
  },

  /** Asks over a stream of a session, which ends with it if it is ours. */
  _askStream(session, ours) {
    const asked = { request: this._opening.plan.request, secure: Boolean(session.encrypted) };
    let stream;
    try {
      stream = connectStream(session, asked, (answer, head) => {
        if (this._opening === null) return;
        this._opening.answer = answer;
        this._receive(head);
      });
    } catch (error) {
      const { message, code } = /** @type {NodeJS.ErrnoException} */ (error);
      this._lose(`${this._unreachable()}: ${message}`, { code, cause: error });
      return;
    }
    if (ours) stream.once('close', () => session.close());
    this._use(/** @type {any} */ (stream));
    this._configureStream();
    this._early = null;
  },

  /** A proxy has opened a tunnel; `rest` came through it in the same chunk. */
  _receiveTunnel(rest) {
    const outer = this._stream;
    const { handOver } = this._opening;
    const { serverTLS } = this._opening.plan;
    /** @type {() => void} */ (handOver)();
    this._opening.handOver = null;
    if (serverTLS === null) {
      this._ask(outer, null);
      if (rest.length > 0) this._receive(rest);
      return;
    }
    outer.pause();
    if (rest.length > 0) outer.unshift(rest);
    /** @type {any} */
    let stream;
    try {
      stream = tls.connect({ ...serverTLS, socket: outer });
    } catch (error) {
      const tell = () => this._failNetwork(/** @type {Error} */ (error));
      both(this, tell, () => {
        outer.destroy();
        this._finalizeClose();
      });
      return;
    }
    this._ask(stream, 'secureConnect');
  }
};

module.exports = { connecting, openStream };
