'use strict';

/** A worker of a cluster, whose WebSockets say which one it is. */

const http = require('node:http');

const WebSocket = require('./implementation');

const server = http.createServer();
server.on('upgrade', (request, socket, head) => {
  const ws = new WebSocket(request, socket, head);
  ws.onmessage = () => ws.send(String(process.pid));
});
// Workers that ask for any port, one after the other, get the same one.
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
