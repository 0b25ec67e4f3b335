'use strict';

/** A worker thread that echoes and sends on its own account, in every turn of its loop, until it is terminated. */

const http = require('node:http');
const { parentPort, workerData } = require('node:worker_threads');

const WebSocket = require('./implementation');

const all = [];
const server = http.createServer().on('upgrade', (request, socket, head) => {
  socket.on('error', () => {});
  const ws = new WebSocket(request, socket, head, [], workerData);
  all.push(ws);
  ws.onmessage = ({ data }) => {
    ws.send(data);
    ws.send('echoed');
  };
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));

(function speak() {
  for (const ws of all) {
    ws.send('one');
    ws.send('two');
  }
  setImmediate(speak);
})();
