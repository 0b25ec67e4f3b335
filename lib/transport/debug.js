'use strict';

/**
 * Says on which transport each connection is, and why, with FAYE_WEBSOCKET_DEBUG=1 or NODE_DEBUG=faye-websocket. Looking into
 * the environment costs a microsecond, so it is done once.
 */

const net = require('net');
const { debuglog, format } = require('util');

const native = require('../native');
const { IS_NODE } = require('../native/runtime');
const { isTaken } = require('./taken_socket');
const { passesUnseen } = require('./untouched');

const log = debuglog('faye-websocket');
const own = !['', '0', undefined].includes(process.env.FAYE_WEBSOCKET_DEBUG);

/** Whether anybody wants to know. */
const isOn = own || log.enabled;

/**
 * Prints a line.
 *
 * @param {string} text
 * @param {...any} values
 */
function print(text, ...values) {
  if (own && !log.enabled)
    process.stderr.write(`FAYE-WEBSOCKET ${process.pid}: ${format(text, ...values)}\n`);
  else log(text, ...values);
}

/** Why the direct transport cannot be used here at all; empty if it can. */
function reasonOfProcess() {
  if (!IS_NODE) return 'this is not Node.js';
  if (typeof native.directOpen === 'function') return '';
  return /** @type {any} */ (native).engine === 'wasm'
    ? 'the WebAssembly engine moves no bytes'
    : 'on this system Node moves all bytes';
}

/**
 * Says what is against the direct transport for a connection.
 *
 * @param {any} ws the connection
 * @returns {string}
 */
function reasonAgainst(ws) {
  /** @type {any} */
  const socket = ws._stream;
  const handle = socket._handle;
  if (ws._draft !== null) return 'it speaks a draft';
  if (!ws._wantsDirect) return "the option transport, or FAYE_WEBSOCKET_TRANSPORT, is 'stream'";
  const reason = reasonOfProcess();
  if (reason !== '') return reason;
  if (socket.encrypted) return 'it is over TLS';
  if ('rstCode' in socket) return 'it is over HTTP/2';
  if (!(socket instanceof net.Socket)) return 'its stream is no socket';
  if (Object.getPrototypeOf(socket) !== net.Socket.prototype) return 'its socket is of a class of its own';
  if (!isTaken(/** @type {any} */ (socket)) || !passesUnseen(/** @type {any} */ (socket)))
    return 'somebody has put methods of their own in front of those of its socket';
  if (!handle || !(handle.fd >= 0)) return 'its socket has no descriptor';
  if (!socket.readable || !socket.writable) return 'one side of its socket has ended';
  if (socket.listenerCount('data') !== 1 || socket.listenerCount('readable') > 0) {
    return 'somebody else listens to its socket';
  }
  if (socket.isPaused() || socket.readableLength > 0) return 'something that has come waits in its socket';
  if (socket.writableCorked > 0) return 'its socket is corked';
  if (socket.writableLength > 0) return 'something that was written waits in its socket';
  return 'its descriptor cannot be watched, or somebody has put methods in front of those of its handle';
}

/**
 * Says which transport a connection has from now on.
 *
 * @param {any} ws the connection
 * @param {string} [why]
 */
function tellTransport(ws, why) {
  const role = ws._masks ? 'client' : 'server';
  const reason = ws.transport === 'direct' ? 'nothing is against it' : why || reasonAgainst(ws);
  // A name and a password in it are nobody's business.
  const url = String(ws.url).replace(/\/\/[^/@]*@/, '//');
  print('%s %s: the %s transport, since %s', role, url, ws.transport, reason);
}

module.exports = { isOn, reasonAgainst, tellTransport };
