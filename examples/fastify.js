'use strict';

/**
 * In a Fastify application. WebSockets come by the server's `upgrade` event; a feed takes the response away from Fastify with
 * `reply.hijack()`.
 *
 *     npm install fastify && PORT=8000 node examples/fastify.js
 */

const fastify = require('fastify');

// Elsewhere this is require('faye-websocket').
const WebSocket = require('..');

const app = fastify();

app.get('/', async () => 'GET /feed for events, or open a WebSocket at /echo');

app.get('/feed', (request, reply) => {
  if (!WebSocket.EventSource.isEventSource(request.raw)) return reply.code(406).send();
  reply.hijack();
  const feed = new WebSocket.EventSource(request.raw, reply.raw);
  feed.send('Hello from Fastify');
});

app.server.on('upgrade', (request, socket, head) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname !== '/echo' || !WebSocket.isWebSocket(request)) {
    return socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  }
  const ws = new WebSocket(request, socket, head);
  ws.pipe(ws);
});

app.listen({ port: Number(process.env.PORT) || 0, host: '127.0.0.1' }).then(console.log);
