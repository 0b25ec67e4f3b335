'use strict';

/**
 * One of many servers of a chat, on any number of machines: what a client says goes to Redis, and what comes from Redis goes
 * to all clients of this server.
 *
 *     npm install @redis/client && REDIS_URL=redis://localhost:6379 PORT=8000 node examples/redis/server.js
 */

const http = require('http');
const { createClient } = require('@redis/client');

// Elsewhere this is require('faye-websocket').
const WebSocket = require('../..');

const CHANNEL = 'chat';

/** A client that has more than this waiting is too slow for a chat. */
const TOO_FAR_BEHIND = 1024 * 1024;

/** Connects to Redis twice, since a connection that subscribes can do nothing else. */
async function main() {
  const options = process.env.REDIS_SOCKET
    ? { socket: { path: process.env.REDIS_SOCKET } }
    : { url: process.env.REDIS_URL };
  const publisher = createClient(options);
  const subscriber = createClient(options);
  for (const client of [publisher, subscriber]) {
    client.on('error', (error) => console.error(error.message));
    await client.connect();
  }

  const connections = new Set();
  await subscriber.subscribe(CHANNEL, (text) => {
    for (const ws of connections) {
      if (ws.bufferedAmount > TOO_FAR_BEHIND) ws.close(4008, 'Too far behind');
      else ws.send(text);
    }
  });

  const server = http.createServer();
  server.on('upgrade', (request, socket, head) => {
    if (!WebSocket.isWebSocket(request)) return socket.destroy();
    const ws = new WebSocket(request, socket, head, null, { maxLength: 4096, ping: 30 });
    ws.on('open', () => connections.add(ws));
    ws.on('message', (event) => publisher.publish(CHANNEL, String(event.data)));
    ws.on('close', () => connections.delete(ws));
  });
  server.listen(Number(process.env.PORT) || 0, '127.0.0.1', () => {
    console.log(`ws://127.0.0.1:${server.address().port}/`);
  });
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
