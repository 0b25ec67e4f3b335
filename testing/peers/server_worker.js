'use strict';

/** A worker thread that serves WebSockets, or only loads the package. Says its port; ends when told to. */

const http = require('node:http');
const { parentPort, workerData } = require('node:worker_threads');

const WebSocket = require('./implementation');

const server = http.createServer();
server.on('upgrade', (request, socket, head) => {
  const ws = new WebSocket(request, socket, head);
  ws.onmessage = ({ data }) => {
    if (data === 'throw') throw new Error('planned');
    ws.send(workerData.name + ':' + data);
    if (data === 'exit') process.exit(5);
  };
});
parentPort.on('message', () => process.exit(0));
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
