'use strict';

/** A worker thread with five copies of the package, each in the middle of a conversation when it is ended. */

const http = require('node:http');
const { parentPort } = require('node:worker_threads');

const { loadAgain } = require('./copies');

let echoes = 0;
for (let i = 0; i < 5; i++) {
  const WebSocket = loadAgain();
  const server = http.createServer();
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head, null, { extensions: [WebSocket.deflate] });
    ws.on('message', ({ data }) => ws.send(data));
  });
  server.listen(0, '127.0.0.1', () => {
    const url = `ws://127.0.0.1:${server.address().port}`;
    const client = new WebSocket.Client(url, [], { extensions: [WebSocket.deflate] });
    client.on('open', () => client.send(i % 2 ? 'small' : 'large '.repeat(20000)));
    client.on('message', ({ data }) => {
      client.send(data);
      if (++echoes === 25) parentPort.postMessage('busy');
    });
  });
}
