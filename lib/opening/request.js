'use strict';

/** What a server reads from a request for a WebSocket, whoever has parsed it. */

const { isSecure } = require('./address');
const { asksOverHttp2 } = require('./http2/server');
const native = require('../native');

/**
 * A header's value as Node's http gives it: a string or nothing. Requests made by hand may hold other things.
 *
 * @param {*} value
 * @returns {string|undefined}
 */
function headerValue(value) {
  return value === undefined || value === null ? undefined : String(value);
}

/**
 * The URL that the client asked for, as far as a server behind proxies can tell.
 *
 * @param {{headers: object, url: string}} request
 * @returns {string} `ws:` or `wss:`
 */
function urlOf(request) {
  return `${isSecure(request) ? 'wss' : 'ws'}://${request.headers.host}${request.url}`;
}

/**
 * Whether a request asks for a WebSocket (RFC 6455 section 4.2.1), or does so over HTTP/2 (RFC 8441 section 5).
 *
 * @param {{method: string, headers: object}} request
 * @returns {boolean}
 */
function isWebSocket(request) {
  if (request[':method'] !== undefined) request = { method: request[':method'], headers: request };
  if (asksOverHttp2(request)) return true;
  const { connection, upgrade } = request.headers;
  return native.isWebSocket(String(request.method), headerValue(connection), headerValue(upgrade));
}

module.exports = { headerValue, urlOf, isWebSocket };
