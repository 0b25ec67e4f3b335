'use strict';

/**
 * Bun's own client, run by Bun: the global WebSocket.
 */

const { fail, makeCheck, makeReady, readArguments } = require('./control');

const { url, connections, inFlight, message, tls } = readArguments();
const ready = makeReady(connections);
for (let index = 0; index < connections; index++) {
  const check = makeCheck(message);
  const ws = new global.WebSocket(url, { tls });
  ws.binaryType = 'nodebuffer';
  ws.onopen = () => {
    for (let sent = 0; sent < inFlight; sent++) ws.send(message);
    ready();
  };
  ws.onmessage = (event) => {
    check(event.data);
    ws.send(message);
  };
  ws.onerror = (event) => fail(event.message);
  ws.onclose = (event) => fail(`closed with ${event.code}`);
}
