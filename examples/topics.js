'use strict';

/**
 * Rooms: who connects to /cats gets what anybody says there, over a WebSocket or as a feed of events. A client that does
 * not keep up is closed.
 *
 *     PORT=8000 node examples/topics.js
 */

const http = require('http');

// Elsewhere this is require('faye-websocket'), and require('faye-websocket/topics').
const WebSocket = require('..');
const { Topics } = require('../topics');

const { EventSource } = WebSocket;

const topics = new Topics({ maxBufferedAmount: 256 * 1024 });

topics.on('slow', ({ topic, bufferedAmount }) => {
  console.log(`somebody in ${topic} was too slow: ${bufferedAmount} bytes were waiting`);
});

const server = http.createServer((request, response) => {
  if (!EventSource.isEventSource(request)) {
    response.end('There is a WebSocket and a feed at every path');
    return;
  }
  const es = new EventSource(request, response);
  topics.subscribe(es, request.url);
});

server.on('upgrade', (request, socket, head) => {
  if (!WebSocket.isWebSocket(request)) {
    socket.destroy();
    return;
  }
  const ws = new WebSocket(request, socket, head, null, { maxLength: 4096, ping: 30 });
  topics.subscribe(ws, request.url);
  ws.on('message', (event) => topics.publish(request.url, event.data));
});

server.listen(Number(process.env.PORT) || 0, '127.0.0.1', () => {
  console.log(`ws://127.0.0.1:${server.address().port}`);
});
