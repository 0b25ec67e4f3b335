'use strict';

/**
 * A server's handshake over HTTP/2 (RFC 8441): an extended CONNECT opens a stream, which carries the frames that a
 * socket carries otherwise. The request has no key, and the answer is 200 instead of 101. The native side knows only
 * the handshake of HTTP/1.1, so both are translated here.
 */

/** @typedef {import('../handshake').HeaderFields} HeaderFields */
/** @typedef {import('../handshake').GivenRequest} GivenRequest */

/** A key that is well-formed. Nobody looks at the answer to it: HTTP/2 needs no proof that the server has understood. */
const KEY = 'AAAAAAAAAAAAAAAAAAAAAA==';

/** Headers of HTTP/1.1 that mean its connection, and that HTTP/2 forbids (RFC 9113 section 8.2.2). */
const OF_CONNECTION = new Set([
  'connection',
  'upgrade',
  'sec-websocket-accept',
  'transfer-encoding',
  'keep-alive'
]);

/**
 * Whether a request is an extended CONNECT that asks for a WebSocket (RFC 8441 section 5).
 *
 * @param {{headers: HeaderFields}} request of Node's `http2`, or one made of the headers of its event `stream`
 * @returns {boolean}
 */
function asksOverHttp2({ headers }) {
  return headers[':method'] === 'CONNECT' && headers[':protocol'] === 'websocket';
}

/**
 * The request over HTTP/1.1 that means the same, with the headers that somebody reads (`request.js`, `address.js`): all of them
 * would take ten times as long.
 *
 * @param {GivenRequest} request
 * @returns {GivenRequest}
 */
function upgradeOf({ headers, socket }) {
  return {
    method: 'GET',
    url: headers[':path'],
    headers: {
      host: headers[':authority'] || headers.host,
      connection: 'Upgrade',
      upgrade: 'websocket',
      origin: headers.origin,
      'sec-websocket-key': KEY,
      'sec-websocket-version': headers['sec-websocket-version'],
      'sec-websocket-protocol': headers['sec-websocket-protocol'],
      'sec-websocket-extensions': headers['sec-websocket-extensions'],
      https: headers.https,
      'x-forwarded-ssl': headers['x-forwarded-ssl'],
      'x-forwarded-scheme': headers['x-forwarded-scheme'],
      'x-forwarded-proto': headers[':scheme'] === 'https' ? 'https' : headers['x-forwarded-proto']
    },
    socket
  };
}

/**
 * Whether a stream is one of HTTP/2.
 *
 * @param {any} stream
 * @returns {boolean}
 */
function isHttp2Stream(stream) {
  return Boolean(stream) && typeof stream.close === 'function' && 'rstCode' in stream;
}

/**
 * Answers a request.
 *
 * @param {import('http2').ServerHttp2Stream} stream
 * @param {Buffer|string} head what the answer would be over HTTP/1.1, with a body behind it if it is a refusal
 */
function respond(stream, head) {
  // The connection hears of that. Node would throw.
  if (stream.destroyed || stream.closed) return;
  const bytes = Buffer.from(head);
  const end = bytes.indexOf('\r\n\r\n');
  const [first, ...fields] = bytes.utf8Slice(0, end).split('\r\n');
  const status = Number(first.split(' ')[1]);
  /** @type {HeaderFields} */
  const headers = Object.assign(Object.create(null), { ':status': status === 101 ? 200 : status });
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).toLowerCase();
    if (OF_CONNECTION.has(name)) continue;
    const value = field.slice(colon + 1).trim();
    headers[name] = name in headers ? [headers[name], value].flat() : value;
  }
  stream.respond(headers);
  const body = bytes.subarray(end + 4);
  if (body.length > 0) stream.write(body);
}

module.exports = { asksOverHttp2, isHttp2Stream, respond, upgradeOf };
