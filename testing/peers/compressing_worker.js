'use strict';

/**
 * A worker thread with a server and a client of its own, which send large messages to each other with permessage-deflate.
 * Says so while other threads are at work on them, and ends in that moment if it is to end by itself.
 */

const { once } = require('node:events');
const http = require('node:http');
const { parentPort, workerData } = require('node:worker_threads');

const WebSocket = require('./implementation');

async function main() {
  const options = { extensions: [WebSocket.deflate] };
  const server = http.createServer();
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head, [], options);
    ws.onmessage = ({ data }) => ws.send(data);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = new WebSocket.Client(`ws://127.0.0.1:${server.address().port}/`, [], options);
  await once(client, 'open');
  const text = Array.from({ length: 100_000 }, (_, i) => `record ${i * 7919} of many; `).join('');
  // Compressing takes some ten milliseconds, inflating one or two: the end comes in the middle of any of them.
  for (let i = 0; i < workerData.echoes; i++) {
    client.send(text);
    await once(client, 'message');
  }
  client.send(text);
  client.send(Buffer.from(text));
  if (workerData.end === 'exit') process.exit(3);
  if (workerData.end === 'throw') throw new Error('planned');
  parentPort.postMessage('at work');
}

main().catch((error) => {
  setImmediate(() => {
    throw error;
  });
});
