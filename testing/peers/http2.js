'use strict';

// Servers over HTTP/2 for tests: one that speaks WebSocket over extended CONNECT, and what asks it by hand.

const { once } = require('node:events');
const http2 = require('node:http2');

const WebSocket = require('../..');
const { makeCertificate } = require('../certificate');

/** An echo. */
function echo(ws) {
  ws.on('message', (event) => ws.send(event.data));
}

/**
 * Starts a server that makes a WebSocket of each extended CONNECT.
 *
 * @param {object} [settings]
 * @param {function(object, object): void} [settings.behaviour] gets each WebSocket, and its request
 * @param {string[]} [settings.protocols]
 * @param {object} [settings.options] of the WebSockets
 * @param {boolean} [settings.secure] over TLS, and HTTP/1.1 as well
 * @param {boolean} [settings.enableConnectProtocol]
 */
async function serve({ behaviour = echo, protocols, options, secure, enableConnectProtocol = true } = {}) {
  const certificate = secure && makeCertificate({ names: ['localhost'] });
  const settings = { settings: { enableConnectProtocol } };
  const server = secure
    ? http2.createSecureServer({ ...settings, ...certificate, allowHTTP1: true })
    : http2.createServer(settings);
  const sessions = new Set();
  const requests = [];
  server.on('session', (session) => sessions.add(session));
  server.on('sessionError', () => {});
  server.on('request', (request, response) => response.end('not a WebSocket\n'));
  const take = (request, stream, head) => {
    requests.push(request);
    if (!WebSocket.isWebSocket(request)) return stream.destroy();
    behaviour(new WebSocket(request, stream, head, protocols, options), request);
  };
  server.on('connect', (request, response) => take(request, request.stream || response));
  server.on('upgrade', take);
  await once(server.listen(0, 'localhost'), 'listening');
  const { port } = server.address();
  return {
    port,
    requests,
    sessions,
    url: `${secure ? 'wss' : 'ws'}://localhost:${port}/`,
    origin: `${secure ? 'https' : 'http'}://localhost:${port}`,
    ca: certificate && certificate.cert,
    stop() {
      for (const session of sessions) session.destroy();
      server.close();
    }
  };
}

/** Opens a session and waits for the server's settings. */
async function connect(origin, options) {
  const session = http2.connect(origin, options);
  session.on('error', () => {});
  await once(session, 'remoteSettings');
  return session;
}

/** Asks for a WebSocket by hand. */
function ask(session, headers = {}) {
  return session.request(
    {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'http',
      ':path': '/',
      ':authority': 'localhost',
      'sec-websocket-version': '13',
      ...headers
    },
    { endStream: false }
  );
}

/**
 * A WebSocket of a server over HTTP/2, and the stream by which its client asked for it; until the end of a test.
 *
 * @param {import('node:test').TestContext} t
 */
async function pair(t) {
  let ws;
  const server = await serve({ behaviour: (made) => (ws = made) });
  const session = await connect(server.origin);
  t.after(() => {
    session.destroy();
    server.stop();
  });
  const stream = ask(session);
  await once(stream, 'response');
  return { ws, stream };
}

module.exports = { ask, connect, echo, pair, serve };
