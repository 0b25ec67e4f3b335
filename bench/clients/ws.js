'use strict';

/**
 * The client of `ws`. A text reply arrives as a Buffer there and is made the string that the other packages deliver.
 * `bufferutil` is used unless WS_NO_BUFFER_UTIL is set.
 */

const WebSocket = require('ws');
const { fail, makeCheck, makeReady, readArguments } = require('./control');

const { url, connections, inFlight, message, tls } = readArguments();
const ready = makeReady(connections);
for (let index = 0; index < connections; index++) {
  const check = makeCheck(message);
  const ws = new WebSocket(url, Object.assign({ perMessageDeflate: false }, tls));
  ws.on('open', () => {
    for (let sent = 0; sent < inFlight; sent++) ws.send(message);
    ready();
  });
  ws.on('message', (data, binary) => {
    check(binary ? data : data.toString());
    ws.send(message);
  });
  ws.on('error', (error) => fail(error.message));
  ws.on('close', (code) => fail(`closed with ${code}`));
}
