'use strict';

/** A refusal of a request for a WebSocket: an HTTP response in the place of a handshake, on the socket of an `upgrade`. */

const { STATUS_CODES } = require('http');

const { headerPairs, itemsOf } = require('./eventsource/response');
const { isBinary, toBuffer } = require('../native/bytes');
const { isHttp2Stream, respond } = require('../opening/http2/server');
const { refuseOccupied } = require('../opening/occupied');
const timers = require('../transport/timers');

/** How long a client may take to close its side once it has the answer, in milliseconds. */
const LINGER = 5000;

/** Headers that are this response's own. */
const OWN = new Set(['connection', 'content-length', 'transfer-encoding', 'date', 'keep-alive']);

/** Status codes of responses that have no body (RFC 9110 section 6.4.1). */
const BODILESS = new Set([304]);

/**
 * Answers with a refusal, and ends the socket.
 *
 * @param {any} socket of an HTTP server's `upgrade` event, or the stream of an extended CONNECT
 * @param {number} [status=400] from 300 to 599
 * @param {any} [headers] of the response
 * @param {any} [body] the text of the status unless given
 * @returns {boolean} false if the socket takes nothing any more
 * @throws {RangeError|TypeError|Error} for what cannot be answered with, before anything is written
 */
function reject(socket, status = 400, headers, body) {
  if (![socket?.end, socket?.on, socket?.destroy].every((method) => typeof method === 'function')) {
    throw new TypeError('reject(socket, status, headers, body) needs the socket of an "upgrade" event');
  }
  if (typeof socket.setHeader === 'function') {
    throw new TypeError(
      'reject(socket, status, headers, body) needs the socket, not a response: that of HTTP/2 has it as response.stream'
    );
  }
  if (!Number.isInteger(status) || status < 300 || status > 599) {
    const given = typeof status === 'string' ? 'a string' : String(status);
    throw new RangeError(`The status of a refusal must be a number from 300 to 599, not ${given}`);
  }
  refuseOccupied(socket);
  if (typeof headers === 'string') {
    throw new TypeError('The body stands where the headers belong: write reject(socket, status, {}, body)');
  }
  const pairs = headerPairs(headers, itemsOf);
  const bytes = bodyOf(status, body);
  const response = Buffer.concat([Buffer.from(headOf(status, pairs, bytes)), bytes]);

  // Nobody may listen for errors of the socket of an upgrade, and one would end the process.
  socket.on('error', ignore);
  if (!socket.writable) {
    socket.destroy();
    return false;
  }
  if (isHttp2Stream(socket)) {
    respond(socket, response);
    socket.end();
  } else {
    socket.end(response);
  }
  linger(socket);
  return true;
}

/** The body in bytes. @param {number} status @param {any} body @returns {Buffer} */
function bodyOf(status, body) {
  if (BODILESS.has(status)) return Buffer.alloc(0);
  if (body === undefined || body === null) return Buffer.from(STATUS_CODES[status] || 'Refused');
  if (isBinary(body)) return toBuffer(body);
  if (typeof body === 'object') {
    throw new TypeError(
      'The body of a refusal is a string or bytes: for an object write JSON.stringify(object)'
    );
  }
  return Buffer.from(String(body));
}

/** @param {number} status @param {string[][]} pairs @param {{length: number}} body @returns {string} */
function headOf(status, pairs, { length }) {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] || 'Refused'}`,
    `Date: ${new Date().toUTCString()}`
  ];
  const given = new Set(pairs.map(([name]) => name.toLowerCase()));
  lines.push(`Connection: ${given.has('upgrade') ? 'Upgrade, ' : ''}close`);
  if (!given.has('content-type') && !BODILESS.has(status))
    lines.push('Content-Type: text/plain; charset=utf-8');
  if (!BODILESS.has(status)) lines.push(`Content-Length: ${length}`);
  for (const [name, value] of pairs) if (!OWN.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/**
 * Waits for the client's end, and reads what it still sends: to close with bytes unread would reset the connection, and the
 * client might lose the answer. Not for ever.
 *
 * @param {import('stream').Duplex} socket
 */
function linger(socket) {
  const timer = timers.after(() => socket.destroy(), LINGER);
  socket.once('close', () => timers.cancel(timer));
  socket.on('end', () => timers.cancel(timer));
  if (typeof socket.resume === 'function') socket.resume();
}

function ignore() {}

module.exports = { reject };
