'use strict';

/**
 * The server under test: sends each message back. Prints its port as soon as it listens, and ends with its standard
 * input. A program of its own, since the transport is chosen by the environment (`FAYE_WEBSOCKET_TRANSPORT`).
 */

const http = require('node:http');

const WebSocket = require('..');

const { expectTransport } = require('./transport');

const server = http.createServer();

server.on('upgrade', (request, socket, head) => {
  const ws = new WebSocket(request, socket, head, null, { extensions: [WebSocket.deflate] });
  ws.on('open', () => expectTransport(ws));
  ws.on('message', ({ data }) => ws.send(data));
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();
