'use strict';

/** What a server reads from a request for a WebSocket, whether Node or the driver has parsed it. */

const { isSecure } = require('./address');
const { asksOverHttp2 } = require('./http2/server');
const native = require('../native');

/** @typedef {import('./handshake').GivenRequest} GivenRequest */
/** @typedef {Pick<import('../native').AcceptRequest, 'maxLength' | 'protocols' | 'headers' | 'answer'>} Besides */

/**
 * A header's value as Node's http gives it: a string or nothing. Requests made by hand may hold other things.
 *
 * @param {unknown} value
 * @returns {string | undefined}
 */
function headerValue(value) {
  return value === undefined || value === null ? undefined : String(value);
}

/**
 * A part of a request as Node's http gives it. Requests made by hand may hold other things, which count as missing.
 *
 * @param {unknown} value
 * @returns {string | undefined}
 */
function textOf(value) {
  return typeof value === 'string' ? value : undefined;
}

/**
 * What the native `accept` is given of a request, and besides.
 *
 * @param {GivenRequest} request
 * @param {string | undefined} url
 * @param {Besides} besides
 * @returns {import('../native').AcceptRequest}
 */
function acceptRequest({ method, headers }, url, { maxLength, protocols, headers: more, answer }) {
  // Written out, since it is dearer to spread one object into another.
  return {
    maxLength,
    protocols,
    headers: more,
    method: textOf(method),
    url,
    upgrade: headerValue(headers.upgrade),
    connection: headerValue(headers.connection),
    origin: headerValue(headers.origin),
    version: headerValue(headers['sec-websocket-version']),
    key: headerValue(headers['sec-websocket-key']),
    protocol: headerValue(headers['sec-websocket-protocol']),
    extensions: headerValue(headers['sec-websocket-extensions']),
    answer
  };
}

/**
 * The URL that the client asked for, as far as a server behind proxies can tell.
 *
 * @param {GivenRequest} request
 * @returns {string} `ws:` or `wss:`
 */
function urlOf(request) {
  return `${isSecure(request) ? 'wss' : 'ws'}://${request.headers.host}${request.url}`;
}

/**
 * Whether a request asks for a WebSocket (RFC 6455 section 4.2.1), or does so over HTTP/2 (RFC 8441 section 5).
 *
 * @param {any} request
 * @returns {boolean}
 * @throws {TypeError} for what cannot be a request
 */
function isWebSocket(request) {
  if (!request || (!request.headers && request[':method'] === undefined)) {
    throw new TypeError('isWebSocket(request) needs the request of an HTTP server\'s "upgrade" event');
  }
  if (request[':method'] !== undefined) request = { method: request[':method'], headers: request };
  if (asksOverHttp2(request)) return true;
  const { connection, upgrade } = request.headers;
  return native.isWebSocket(String(request.method), headerValue(connection), headerValue(upgrade));
}

module.exports = { acceptRequest, headerValue, isWebSocket, textOf, urlOf };
