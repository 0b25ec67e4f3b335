'use strict';

/**
 * A stream that leads to an HTTP proxy, until the proxy has opened a tunnel (RFC 9110 section 9.3.6).
 */

const turns = require('../transport/turns');

/** @typedef {import('../transport/connection').Connection} Connection */

/**
 * Sends `request`, a `CONNECT`, once `stream` is connected, and gives `ws` what the proxy answers.
 *
 * @param {Connection} ws the client
 * @param {import('../transport/connection').OwnedStream} stream
 * @param {string|null} connected the event that says that `stream` can be written to, unless it can be already
 * @param {string} request
 * @returns {() => void} hands the stream over: what comes from now on is somebody else's to read
 */
function askProxy(ws, stream, connected, request) {
  const ask = () => stream.write(request);
  const receive = (/** @type {Buffer} */ chunk) => turns.receive(ws, chunk);
  stream.on('data', receive);
  ws._endWith(stream);
  whenReady(stream, connected, ask);
  return () => stream.removeListener('data', receive);
}

/**
 * Calls `then` once a stream can be written to: at the event `connected`, or now if that is null.
 *
 * @param {import('events').EventEmitter} stream
 * @param {string | null} connected
 * @param {() => void} then
 */
function whenReady(stream, connected, then) {
  if (connected === null) then();
  else stream.once(connected, then);
}

module.exports = { askProxy, whenReady };
