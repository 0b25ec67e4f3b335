'use strict';

/**
 * The smallest server: it sends back what it gets.
 *
 *     PORT=8000 node examples/echo.js
 */

const http = require('http');

// Elsewhere this is require('faye-websocket').
const WebSocket = require('..');

const server = http.createServer((request, response) => response.end('This server speaks WebSocket.\n'));

server.on('upgrade', (request, socket, head) => {
  if (!WebSocket.isWebSocket(request)) return socket.destroy();
  const ws = new WebSocket(request, socket, head);

  // As a stream, it does not read faster than the peer takes what is sent back.
  ws.pipe(ws);
  ws.on('close', ({ code, reason }) => console.log('closed', code, reason));
});

server.listen(Number(process.env.PORT) || 0, '127.0.0.1', () => {
  console.log(`ws://127.0.0.1:${server.address().port}/`);
});
