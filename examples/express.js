'use strict';

/**
 * In an Express application. WebSockets come by the server's `upgrade` event, so they do not pass through Express; a feed is a
 * route like any other.
 *
 *     npm install express && PORT=8000 node examples/express.js
 */

const http = require('http');
const express = require('express');

// Elsewhere this is require('faye-websocket').
const WebSocket = require('..');

const app = express();
const server = http.createServer(app);

app.get('/', (request, response) => response.send('GET /feed for events, or open a WebSocket at /echo'));

app.get('/feed', (request, response) => {
  if (!WebSocket.EventSource.isEventSource(request)) return response.sendStatus(406);
  const feed = new WebSocket.EventSource(request, response);
  feed.send('Hello from Express');
});

server.on('upgrade', (request, socket, head) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname !== '/echo' || !WebSocket.isWebSocket(request)) {
    return socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  }
  const ws = new WebSocket(request, socket, head);
  ws.pipe(ws);
});

server.listen(Number(process.env.PORT) || 0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
