'use strict';

/**
 * The client's WebSocket.
 *
 * ```text
 *   net or tls.connect ──▶ [ CONNECT ──200──▶ tls.connect ──▶ ] GET ──101──▶ frames
 * ```
 *
 * Connecting is Node's matter (`net`, `tls`); requests and answers are made and judged on the native side, whose
 * rows (`lib/transport/dispatch.js`) drive the steps in brackets and the opening. Whatever fails on the way ends in one
 * `error` and one `close`.
 */

const http2 = require('http2');
const net = require('net');
const tls = require('tls');
const { inherits } = require('util');

const API = require('./api');
const native = require('../../native');
const { watch } = require('../../opening/abort');
const { extensionsOf } = require('../../extensions');
const { printable, proxyAddress, serverAddress, withoutCredentials } = require('../../opening/address');
const { connectStream, http2Of, placeholder, whenSettled } = require('../../opening/http2/client');
const { hidePrivate } = require('../hidden');
const { refuseOptions } = require('../../opening/misplaced');
const { askProxy } = require('../../opening/proxy');
const { tunnelTo } = require('../../opening/proxy_env');
const { enter } = require('../../transport/scope');
const {
  CLIENT,
  abortSignal,
  headerList,
  maxLength,
  milliseconds,
  protocolNames,
  seconds,
  transportOf,
  validateOptions
} = require('../../opening/options');

const CONNECTING = 0;
const CLOSED = 3;

/** How the constructor is to be called. */
const CALL = 'new Client(url, protocols, options), with null for no protocols';

/**
 * Begins to connect. Everything that is wrong with the arguments is thrown here, before there is a socket.
 *
 * @param {string} url `ws:` or `wss:`
 * @param {string|string[]|null} [protocols] subprotocols to offer
 * @param {object} [options] see `index.d.ts`
 */
function Client(url, protocols, options) {
  refuseOptions(protocols, CLIENT, 'protocols belong', CALL);
  url = String(url);
  options = options || {};
  validateOptions(options, CLIENT);
  const server = serverAddress(url);
  const tunnel = tunnelTo(options.proxy, server);
  const proxy = tunnel ? proxyAddress(String(tunnel.origin)) : null;
  const overHttp2 = http2Of(options.http2);
  if (proxy && typeof overHttp2 === 'object') {
    throw new TypeError('The option proxy has no effect on an HTTP/2 session: leave one of them out');
  }
  const timeout = milliseconds('handshakeTimeout', options.handshakeTimeout);
  const signal = abortSignal(options.signal);
  transportOf(options.transport);
  seconds('ping', options.ping);
  const serverTLS = server.secure ? tlsOptions(server, options.tls, options.ca) : null;
  if (serverTLS && overHttp2 === true && !serverTLS.ALPNProtocols)
    serverTLS.ALPNProtocols = ['h2', 'http/1.1'];
  // Behind a proxy TLS begins later, when it is too late to throw.
  if (proxy && serverTLS && !serverTLS.secureContext) {
    serverTLS.secureContext = tls.createSecureContext(serverTLS);
  }

  const limit = maxLength(options.maxLength);
  const negotiation = extensionsOf(options, limit);
  const [slot, request, connect] = native.connect({
    maxLength: limit,
    protocols: protocolNames(protocols),
    headers: headerList(options.headers),
    host: server.host,
    target: server.target,
    username: server.username,
    password: server.password,
    tunnel: proxy
      ? {
          authority: server.authority,
          headers: headerList(tunnel.headers),
          username: proxy.username,
          password: proxy.password
        }
      : undefined,
    offer: negotiation ? negotiation.offer() : undefined
  });
  this.url = url;
  try {
    this._stream =
      typeof overHttp2 === 'object'
        ? placeholder()
        : open(proxy || server, proxy ? tlsOptions(proxy, tunnel.tls) : serverTLS, options.net, signal);
  } catch (error) {
    native.release(slot);
    throw error;
  }

  API.call(this, options, url, 'hybi-13');
  this._slot = slot;
  this._masks = true;
  this._negotiation = negotiation;
  /** What is needed until the connection is open: `handOver` only while a proxy is asked. */
  this._opening = {
    request,
    serverTLS,
    negotiates: overHttp2 === true && server.secure,
    handOver: null,
    timer: null,
    told: false,
    answer: null
  };
  if (timeout) this._opening.timer = setTimeout(() => enter(this, this._timeOut, timeout), timeout);
  this._unwatch = signal ? watch(signal, (reason) => enter(this, this._abort, reason)) : null;

  if (proxy) {
    this._stream.setNoDelay(true);
    this._opening.handOver = askProxy(this, this._stream, readiness(proxy), connect);
  } else if (typeof overHttp2 === 'object') {
    this._askSession(overHttp2, null);
  } else {
    this._ask(this._stream, readiness(server));
  }
}
inherits(Client, API);

/** Options of `tls.connect` for an endpoint, as a copy of the caller's. */
function tlsOptions({ hostname, port }, own, ca) {
  const options = { ...own, host: hostname, port };
  if (!options.ca) options.ca = ca;
  // RFC 6066 section 3: an IP address is no server name. Node checks the certificate against `host` then.
  if (!options.servername && !net.isIP(hostname)) options.servername = hostname;
  return options;
}

/** A stream that connects to an endpoint; one that never will if the caller does not want it any more. */
function open(address, options, own, signal) {
  if (signal && signal.aborted) return new net.Socket();
  if (address.secure) return tls.connect(options);
  return net.connect({ ...own, host: address.hostname, port: address.port });
}

/** The event of a stream that says that it can be written to. */
function readiness(address) {
  return address.secure ? 'secureConnect' : 'connect';
}

/** Takes over the stream that leads to the server, and asks when it can. */
Client.prototype._ask = function (stream, connected) {
  if (this._opening.negotiates) {
    this._negotiate(stream, connected);
    return;
  }
  this._stream = stream;
  this._configureStream();
  this._early = null;
  const { request } = this._opening;
  if (connected === null) stream.write(request);
  else stream.once(connected, () => stream.write(request));
};

/** Asks over HTTP/2 if TLS has agreed on that, or else over HTTP/1.1. */
Client.prototype._negotiate = function (stream, connected) {
  this._stream = stream;
  this._opening.negotiates = false;
  const gone = this._endWith(stream);
  const agreed = () => {
    if (this.readyState !== CONNECTING) return;
    for (const event of ['end', 'close']) stream.removeListener(event, gone);
    if (stream.alpnProtocol !== 'h2') {
      this._ask(stream, null);
      return;
    }
    const { serverTLS } = this._opening;
    const session = http2.connect(`https://${serverTLS.host}`, { createConnection: () => stream });
    this._askSession(session, () => {
      // This server speaks HTTP/2, and WebSockets only over HTTP/1.1.
      const again = tls.connect({ ...serverTLS, ALPNProtocols: ['http/1.1'] });
      this._ask(again, 'secureConnect');
    });
  };
  stream.once(connected, () => enter(this, agreed));
};

/**
 * Asks over a session of HTTP/2 once it may.
 *
 * @param {import('http2').ClientHttp2Session} session
 * @param {(function(): void)|null} otherwise what to do if it may not; of a session that is ours, which ends with it
 */
Client.prototype._askSession = function (session, otherwise) {
  const waiting = (this._stream = placeholder());
  const gone = this._endWith(waiting);
  let over = true;
  waiting.once('close', () => over && otherwise && session.destroy());
  whenSettled(session, (error, allowed) => {
    if (this.readyState !== CONNECTING) return;
    waiting.removeListener('close', gone);
    over = !allowed;
    waiting.destroy();
    enter(this, () => {
      if (error) this._fail(error.message, { code: error.code, cause: error }, 1006, '');
      else if (allowed) this._askStream(session, otherwise !== null);
      else if (otherwise) otherwise();
      else
        this._lose(`${this._unreachable()}: it speaks no WebSocket over HTTP/2`, {
          code: 'ERR_WEBSOCKET_HANDSHAKE'
        });
    });
  });
};

/** Asks over a stream of a session, which ends with it if it is ours. */
Client.prototype._askStream = function (session, ours) {
  const asked = { request: this._opening.request, secure: Boolean(session.encrypted) };
  let stream;
  try {
    stream = connectStream(session, asked, (answer, head) => {
      if (this._opening === null) return;
      this._opening.answer = answer;
      this._receive(head);
    });
  } catch (error) {
    this._lose(`${this._unreachable()}: ${error.message}`, { code: error.code, cause: error });
    return;
  }
  if (ours) stream.once('close', () => session.close());
  this._stream = stream;
  this._configureStream();
  this._early = null;
};

/** A proxy has opened a tunnel; `rest` came through it in the same chunk. */
Client.prototype._receiveTunnel = function (rest) {
  const outer = this._stream;
  const { handOver, serverTLS } = this._opening;
  handOver();
  this._opening.handOver = null;
  if (serverTLS === null) {
    this._ask(outer, null);
    if (rest.length > 0) this._receive(rest);
    return;
  }
  outer.pause();
  if (rest.length > 0) outer.unshift(rest);
  let stream;
  try {
    stream = tls.connect({ ...serverTLS, socket: outer });
  } catch (error) {
    try {
      this._failNetwork(error);
    } finally {
      outer.destroy();
      this._finalizeClose();
    }
    return;
  }
  this._ask(stream, 'secureConnect');
};

/** The server agreed. Once the chunk with the answer is dealt with, Rust may do the reading. */
Client.prototype._receiveOpen = function () {
  process.nextTick(() => this._takeOver());
  const protocol = this._readAnswer();
  const negotiation = this._negotiation;
  if (negotiation !== null) {
    this._negotiation = null;
    const coding = negotiation.codingOf(this, this._deflates);
    try {
      if (coding !== null && coding.activate) coding.activate(this.headers['sec-websocket-extensions']);
    } catch (error) {
      native.stop(this._slot);
      const text = `Error during WebSocket handshake: ${printable(String(error.message))}`;
      this._fail(text, { code: 'ERR_WEBSOCKET_HANDSHAKE', statusCode: this.statusCode }, 1002, text);
      return;
    }
    this._setCoding(coding, this._deflates);
  }
  this._open(protocol);
};

/** The server, or a proxy before it, did not agree. */
Client.prototype._receiveRefusal = function (statusCode, text) {
  const proxied = this._opening.handOver !== null;
  this._readAnswer();
  const detail = { code: proxied ? 'ERR_WEBSOCKET_PROXY' : 'ERR_WEBSOCKET_HANDSHAKE' };
  if (statusCode !== 0) detail.statusCode = statusCode;
  if (proxied) {
    detail.cause = new Error(text);
    this._lose(this._unreachable(), detail);
  } else {
    this._fail(text, detail, 1002, text);
  }
};

/** Takes over what the server answered; the subprotocol. */
Client.prototype._readAnswer = function () {
  const [status, protocol, flat, deflates] = native.answer(this._slot);
  this._deflates = deflates === 1;
  const entries = [];
  for (let i = 0; i < flat.length; i += 2) entries.push([flat[i], flat[i + 1]]);
  // Own properties all: a header may be called `__proto__`.
  this.headers = Object.fromEntries(entries);
  this.statusCode = status || undefined;
  const { answer } = this._opening;
  if (answer !== null) {
    this.headers = Object.fromEntries(Object.entries(answer).filter(([name]) => !name.startsWith(':')));
    this.statusCode = answer[':status'];
  }
  return protocol;
};

Client.prototype._unreachable = function () {
  return `Can't establish a connection to the server at ${withoutCredentials(this.url)}`;
};

/** Ends a connection with an `error`, and a `close` as for one that is lost. */
Client.prototype._lose = function (message, detail) {
  this._fail(message, detail, 1006, '');
};

Client.prototype._timeOut = function (milliseconds) {
  const text = `${this._unreachable()}: it took longer than ${milliseconds / 1000} s`;
  this._lose(text, { code: 'ERR_WEBSOCKET_TIMEOUT' });
};

/** The caller's signal ends the connection, at any time. */
Client.prototype._abort = function (reason) {
  const text = `The connection to ${withoutCredentials(this.url)} was aborted`;
  this._lose(text, { name: 'AbortError', code: 'ABORT_ERR', cause: reason });
};

Client.prototype._open = function (protocol) {
  this._endOpening();
  API.prototype._open.call(this, protocol);
};

Client.prototype._failNetwork = function (cause) {
  if (this._opening !== null) this._opening.told = true;
  API.prototype._failNetwork.call(this, cause);
};

/** The stream has ended before there was an answer, and nobody has said why. */
Client.prototype._tellEnd = function () {
  this._opening.told = true;
  if (this._opening.handOver !== null) {
    const cause = new Error('The proxy ended the connection before it had answered');
    this._emitError(this._unreachable(), { code: 'ERR_WEBSOCKET_PROXY', cause });
  } else {
    const text = `${this._unreachable()}: the connection ended before the server had answered`;
    this._emitError(text, { code: 'ERR_WEBSOCKET_HANDSHAKE' });
  }
};

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

Client.prototype._endOpening = function () {
  if (this._opening !== null) clearTimeout(this._opening.timer);
  this._opening = null;
};

hidePrivate(Client.prototype);

module.exports = Client;
