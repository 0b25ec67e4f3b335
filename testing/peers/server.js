'use strict';

/** A server in this process whose WebSockets a test gets into its hands. */

const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');

const WebSocket = require('./implementation');
const { makeCertificate } = require('../certificate');

/**
 * Starts a server on a free port of the loopback interface that makes a WebSocket of each upgrade.
 *
 * @param {import('node:test').TestContext} t ends the server, and its sockets, with the test
 * @param {function(object, import('http').IncomingMessage, import('net').Socket): void} [onWebSocket] called in
 *   the tick in which the WebSocket is made
 * @param {object} [settings]
 * @param {function} [settings.WebSocket] the constructor
 * @param {string[]} [settings.protocols]
 * @param {object} [settings.options]
 * @param {boolean|object} [settings.secure] over TLS, with this certificate if it is one
 * @param {function} [settings.upgrade] takes `(request, socket, head)` in the place of all of the above
 * @returns {Promise<{port: number, url: string, server: http.Server, sockets: Set, next: Function}>}
 */
async function serve(t, onWebSocket = () => {}, settings = {}) {
  const { protocols, options, secure, upgrade } = settings;
  const Constructor = settings.WebSocket || WebSocket;
  const certificate = secure === true ? makeCertificate({ names: ['localhost'] }) : secure;
  const server = secure ? https.createServer(certificate) : http.createServer();
  const sockets = new Set();
  const made = [];
  const waiting = [];

  server.on('upgrade', (request, socket, head) => {
    if (upgrade) return upgrade(request, socket, head);
    const ws = new Constructor(request, socket, head, protocols, options);
    onWebSocket(ws, request, socket);
    if (waiting.length > 0) waiting.shift()(ws);
    else made.push(ws);
  });
  server.on(secure ? 'secureConnection' : 'connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');

  const { port } = server.address();
  return {
    port,
    url: `${secure ? 'wss' : 'ws'}://127.0.0.1:${port}/`,
    server,
    sockets,
    /** The next WebSocket that was made and not asked for yet. */
    next: () => (made.length > 0 ? Promise.resolve(made.shift()) : new Promise((take) => waiting.push(take)))
  };
}

/** The next `close` event; `events.once` would reject for an `error` before it. */
function closing(ws) {
  return new Promise((resolve) => ws.once('close', resolve));
}

module.exports = { closing, serve };
