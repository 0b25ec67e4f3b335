'use strict';

/**
 * The server's WebSocket: takes over the socket of an HTTP request that asks for one.
 */

const { inherits } = require('util');

const API = require('./websocket/api');
const { face } = require('./websocket/api/face');
const Client = require('./websocket/client');
const EventSource = require('./eventsource');
const { broadcast, prepare } = require('./broadcast');
const { addHidden } = require('./hidden');
const { metrics } = require('./metrics');
const { reject } = require('./reject');
const { settingsOf } = require('./settings');
const { shutdown } = require('./shutdown');
const { toStreams } = require('./streams');
const { ServerConnection } = require('../connection/server');
const { deflate } = require('../extensions');
const native = require('../native');
const { asksOverHttp2, isHttp2Stream, upgradeOf } = require('../opening/http2/server');
const { isURL, refuseCall, refuseOptions, refuseResponse } = require('../opening/misplaced');
const { refuseOccupied } = require('../opening/occupied');
const { SERVER, milliseconds, ownOptions, refuseUnknown, validateOptions } = require('../opening/options');
const { isWebSocket, urlOf } = require('../opening/request');
const { draftOf } = require('../transport/draft');

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
  refuseCall(this, WebSocket, CALL, socket);
  if (arguments.length < 2) throw new TypeError(`The socket is missing: write ${CALL}`);
  refuseOptions(body, SERVER, 'the head belongs', CALL);
  refuseOptions(protocols, SERVER, 'protocols belong', CALL);
  if (socket) refuseOccupied(socket);
  if (asksOverHttp2(request)) {
    refuseOtherStream(socket);
    request = upgradeOf(request);
  }
  const lives = Boolean(socket && socket.writable && socket.readable);
  if (!lives) refuseResponse(socket);
  options = (lives && options) || {};
  refuseUnknown(options, SERVER);
  options = ownOptions(options, SERVER);
  const timeout = milliseconds('handshakeTimeout', options.handshakeTimeout);
  const draft = options.allowDrafts === false ? undefined : draftOf(request.headers);
  const settings = settingsOf(options, urlOf(request), draft || 'hybi-13');
  const connection = new ServerConnection(face, this, socket, settings);
  this._stream = socket;
  API.call(this, connection);
  if (!lives) {
    connection._endBeforehand();
    return;
  }
  if (!socket.setTimeout && request.socket) freeSocket(request.socket);
  connection.accept(request, body, protocols, options, timeout);
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

const { CONNECTING, OPEN, CLOSING, CLOSED } = API;
for (const role of [WebSocket, Client]) addHidden(role, { CONNECTING, OPEN, CLOSING, CLOSED });

/** What all connections of this thread cost on the native side. @returns {object} see `index.d.ts` */
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
WebSocket.prepare = prepare;
WebSocket.broadcast = broadcast;
WebSocket.reject = reject;
WebSocket.toStreams = toStreams;
WebSocket.metrics = metrics;
/** What does the work: `'native'`, a binary for this system, or `'wasm'`. */
WebSocket.engine = native.engine || 'native';

module.exports = WebSocket;
