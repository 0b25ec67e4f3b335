'use strict';

/**
 * The server's WebSocket: takes over the socket of an HTTP request that asks for one.
 */

const { inherits } = require('util');

const API = require('./websocket/api');
const Client = require('./websocket/client');
const EventSource = require('./eventsource');
const drafts = require('../transport/draft');
const { copy } = require('../transport/memory');
const native = require('../native');
const { deflate, extensionsOf } = require('../extensions');
const {
  WEBSOCKET,
  headerList,
  maxLength,
  milliseconds,
  protocolNames,
  validateOptions
} = require('../opening/options');
const { isURL, refuseOptions } = require('../opening/misplaced');
const { asksOverHttp2, isHttp2Stream, respond, upgradeOf } = require('../opening/http2/server');
const { refuseOccupied } = require('../opening/occupied');
const { addHidden, hidePrivate } = require('./hidden');
const { metrics } = require('./metrics');
const { reject } = require('./reject');
const { shutdown } = require('./shutdown');
const { toStreams } = require('./streams');
const { enter } = require('../transport/scope');
const { handshakeFields, headerValue, isWebSocket, urlOf } = require('../opening/request');

/** How the constructor is to be called. */
const CALL = 'new WebSocket(request, socket, head, protocols, options), with null for no protocols';

/**
 * Answers the handshake of `request` on the next tick, so that listeners can be added before. Where the socket has
 * ended or been destroyed already, `close` fires there instead.
 *
 * @this {any}
 * @param {any} request or one of HTTP/2, or the headers of its event `stream`
 * @param {any} socket or the stream of HTTP/2
 * @param {Buffer} [body] bytes that came with the request's head
 * @param {string|string[]|null} [protocols] subprotocols that we speak
 * @param {any} [options] see `index.d.ts`
 * @throws {Error} if the socket belongs to a WebSocket or an EventSource already
 */
function WebSocket(request, socket, body, protocols, options) {
  if (request && request[':method'] !== undefined) request = { headers: request };
  if (!request || typeof request.headers !== 'object' || request.headers === null) {
    throw new TypeError(
      'new WebSocket(request, socket, head) needs the request of an HTTP server\'s "upgrade" event' +
        (isURL(request)
          ? '; to connect to a server, write new WebSocket.Client(url, protocols, options)'
          : '')
    );
  }
  refuseOptions(body, WEBSOCKET, 'the head belongs', CALL);
  refuseOptions(protocols, WEBSOCKET, 'protocols belong', CALL);
  if (socket) refuseOccupied(socket);
  if (asksOverHttp2(request)) {
    refuseOtherStream(socket);
    request = upgradeOf(request);
  }
  const lives = Boolean(socket && socket.writable && socket.readable);
  options = (lives && options) || {};
  validateOptions(options, WEBSOCKET);
  this._stream = socket;
  const { headers } = request;
  const handshakeTimeout = milliseconds('handshakeTimeout', options.handshakeTimeout);
  const draft = options.allowDrafts === false ? undefined : drafts.draftOf(headers);
  API.call(this, options, urlOf(request), draft || 'hybi-13');
  if (!lives) {
    this._endBeforehand();
    return;
  }
  if (!socket.setTimeout && request.socket) freeSocket(request.socket);
  if (draft) {
    this._answerDraft(request, body, options, handshakeTimeout);
    return;
  }

  const limit = maxLength(options.maxLength);
  const negotiation = extensionsOf(options, limit);
  const offered = headerValue(headers['sec-websocket-extensions']);
  const [head, slot, protocol, fault, deflates] = native.accept({
    maxLength: limit,
    protocols: protocolNames(protocols),
    headers: headerList(options.headers),
    url: this.url,
    ...handshakeFields(request),
    answer: negotiation ? negotiation.answer(offered) : undefined
  });
  this._slot = slot;
  if (negotiation && slot !== -1) this._setCoding(negotiation.codingOf(this, deflates === 1), deflates === 1);
  this._configureStream();
  this._answer(body, head, slot === -1 ? fault : null, () => this._open(protocol));
}
inherits(WebSocket, API);

/** Refuses what cannot answer a request of HTTP/2. @param {any} stream */
function refuseOtherStream(stream) {
  if (stream && !isHttp2Stream(stream)) {
    throw new TypeError(
      'A WebSocket over HTTP/2 needs the stream of its request: new WebSocket(request, request.stream)'
    );
  }
  if (stream && stream.headersSent) {
    const text = 'The response to the request has begun: make the WebSocket before anything is sent';
    throw Object.assign(new Error(text), { code: 'ERR_HTTP_HEADERS_SENT' });
  }
}

/**
 * From Node.js 26 on, `socket` is a stream of its own while the body of the request has not come to its end. What is set
 * on a socket that is taken over is set on the one below it then.
 *
 * @param {any} socket
 */
function freeSocket(socket) {
  if (socket.setTimeout) socket.setTimeout(0);
  if (socket.setNoDelay) socket.setNoDelay(true);
}

/**
 * Answers a request of hixie-75 or hixie-76; the latter opens when the eight bytes behind its head have come.
 *
 * @type {import('../transport/connection').Method<'_answerDraft'>}
 */
WebSocket.prototype._answerDraft = function (request, body, options, timeout) {
  const limit = maxLength(options.maxLength);
  const session = drafts.accept(this.version, request, this.url, headerList(options.headers), limit);
  this._draft = session;
  this._transport = drafts;
  this._wantsDirect = false;
  this._configureStream();
  this._answer(body, session.head, session.fault, () => {
    if (session.isOpen) this._open('');
    else drafts.awaitBody(/** @type {any} */ (this), timeout);
  });
};

/**
 * Answers on the next tick: with the head of the response, behind which come the bytes that came with the request's head.
 * Opens what is not refused, if nothing is missing.
 *
 * @type {import('../transport/connection').Method<'_answer'>}
 */
WebSocket.prototype._answer = function (body, head, fault, open) {
  process.nextTick(() => {
    if (this.readyState !== CONNECTING && this._farewell === null) return;
    if (body && body.length > 0) /** @type {Buffer[]} */ (this._early).unshift(copy(body));
    if (isHttp2Stream(this._stream)) respond(/** @type {any} */ (this._stream), head);
    else if (this._stream.writable) this._stream.write(head);
    if (fault) {
      const detail = { code: 'ERR_WEBSOCKET_HANDSHAKE', statusCode: 400 };
      // The drafts know no codes.
      if (this._draft === null) enter(this, () => this._fail(fault, detail, 1002, fault));
      else enter(this, () => this._fail(fault, detail, null, null));
      return;
    }
    enter(this, open);
    this._catchUp();
  });
};

hidePrivate(WebSocket.prototype);

const { CONNECTING, OPEN, CLOSING, CLOSED } = API;
for (const role of [WebSocket, Client]) addHidden(role, { CONNECTING, OPEN, CLOSING, CLOSED });

/**
 * What all connections of this thread cost on the native side.
 *
 * @returns {object} see `index.d.ts`
 */
function memoryUsage() {
  const [connections, compressing, messages, windows, codecs, buffers] = native.memoryUsage();
  return { connections, compressing, messages, windows, codecs, buffers };
}

/**
 * Whether `request` asks for a WebSocket.
 *
 * @param {import('http').IncomingMessage} request
 * @returns {boolean}
 */
WebSocket.isWebSocket = function (request) {
  return isWebSocket(request);
};

/**
 * Refuses options that nobody reads.
 *
 * @param {object} options
 * @param {string[]} validKeys
 * @throws {Error} `Unrecognized option: KEY`
 */
WebSocket.validateOptions = function (options, validKeys) {
  validateOptions(options, validKeys);
};

WebSocket.WebSocket = WebSocket;
WebSocket.Client = Client;
WebSocket.EventSource = EventSource;
WebSocket.deflate = deflate;
WebSocket.memoryUsage = memoryUsage;
WebSocket.shutdown = shutdown;
WebSocket.reject = reject;
WebSocket.toStreams = toStreams;
WebSocket.metrics = metrics;
/** What does the work: `'native'`, a binary for this system, or `'wasm'`. */
WebSocket.engine = native.engine || 'native';

module.exports = WebSocket;
