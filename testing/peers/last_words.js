'use strict';

/** Three copies of the package, each of which sends right before the process exits. Prints the ports of their servers. */

const http = require('node:http');

const { loadAgain, loadInRealm } = require('./copies');

const before = process.listenerCount('exit');
const copies = [loadAgain(), loadAgain(), loadInRealm().WebSocket];
console.log(`listeners ${process.listenerCount('exit') - before}`);

const sockets = [];
let open = 0;
for (const WebSocket of copies) {
  const server = http.createServer();
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head, null, { transport: process.argv[2] });
    sockets.push(ws);
    ws.on('message', () => {
      if (++open < copies.length) return;
      for (const each of sockets) each.send('the last word');
      process.exit();
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
}
