'use strict';

/**
 * A server that answers each message with itself and that a debugger pauses at the message `pause`. Prints its port. Called with
 * a transport, and with `tls` for TLS.
 */

const http = require('node:http');
const https = require('node:https');

const WebSocket = require('./implementation');
const { makeCertificate } = require('../certificate');

const [transport, tls] = process.argv.slice(2);
const server = tls ? https.createServer(makeCertificate({ names: ['localhost'] })) : http.createServer();

server.on('upgrade', (request, socket, head) => {
  const ws = new WebSocket(request, socket, head, [], { transport });
  ws.on('message', ({ data }) => {
    // eslint-disable-next-line no-debugger -- what a debugger does here is tested
    if (data === 'pause') debugger;
    ws.send(data);
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
