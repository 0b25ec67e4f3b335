'use strict';

/** A server that answers with exactly the bytes that it is told to. */

const crypto = require('node:crypto');
const { once } = require('node:events');
const net = require('node:net');
const tls = require('node:tls');

const { RawClient } = require('./raw_client');

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The servers that are running. */
const running = new Set();

/** Stops all servers, with their sockets. */
async function stopAll() {
  await Promise.all([...running].map((stop) => stop()));
}

/**
 * Starts a server on a free port of the loopback interface.
 *
 * @param {import('node:test').TestContext} t ends the server, and its sockets, with the test
 * @param {function(RawClient): void} [onPeer] called with the server's end of each connection
 * @param {{certificate?: object}} [settings] with a certificate it speaks TLS
 * @returns {Promise<{port: number, url: string, sockets: Set, stop: function(): Promise<void>, next: function(): Promise<RawClient>}>}
 */
async function listen(t, onPeer = () => {}, { certificate } = {}) {
  const sockets = new Set();
  const made = [];
  const waiting = [];
  const take = (socket) => {
    const peer = new RawClient(socket);
    onPeer(peer);
    if (waiting.length > 0) waiting.shift()(peer);
    else made.push(peer);
  };
  const options = { allowHalfOpen: true };
  const server = certificate
    ? tls.createServer({ ...options, ...certificate }, take)
    : net.createServer(options, take);
  server.on('connection', (socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  const stop = async () => {
    running.delete(stop);
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  running.add(stop);
  t.after(stop);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  return {
    port,
    url: `${certificate ? 'wss' : 'ws'}://127.0.0.1:${port}/`,
    sockets,
    stop,
    /** The next connection that was made and not asked for yet. */
    next: () =>
      made.length > 0 ? Promise.resolve(made.shift()) : new Promise((resolve) => waiting.push(resolve))
  };
}

/**
 * The response that a server owes to the request `head`.
 *
 * @param {string} head
 * @param {string[]} [lines] more header lines
 * @returns {Buffer}
 */
function agreement(head, lines = []) {
  const [, key] = /^Sec-WebSocket-Key: (.*)\r$/im.exec(head);
  const accept = crypto
    .createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  const usual = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`
  ];
  return Buffer.from([...usual, ...lines, '', ''].join('\r\n'), 'latin1');
}

/** Reads a request and agrees to it; the request's head. */
async function agree(peer, lines) {
  const head = await peer.head();
  peer.send(agreement(head, lines));
  return head;
}

module.exports = { listen, stopAll, agreement, agree };
