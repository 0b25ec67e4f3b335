'use strict';

/**
 * `ws`. A text message arrives as a Buffer there; it is echoed as the string that most programs make of it, or, with
 * `--buffers`, as the Buffer it is. `bufferutil` is used unless WS_NO_BUFFER_UTIL is set.
 */

const { WebSocketServer } = require('ws');
const { MAX_LENGTH, createServer, listen, readArguments } = require('./control');

const { mode, deflate, secure, flags } = readArguments();
const buffers = flags.has('buffers');
const server = createServer(secure);
const perMessageDeflate = deflate ? { threshold: 0 } : false;
const wss = new WebSocketServer({ server, perMessageDeflate, maxPayload: MAX_LENGTH });

wss.on('connection', (ws) => {
  ws.on('error', () => {});
  const name = `user ${wss.clients.size}`;
  ws.on('message', (data, binary) => {
    const message = binary || buffers ? data : data.toString();
    if (mode === 'chat') {
      const line = `${name}: ${data}`;
      for (const each of wss.clients) each.send(line);
    } else if (mode === 'broadcast') {
      for (const each of wss.clients) each.send(message, { binary });
    } else {
      ws.send(message, { binary });
    }
  });
});
listen(server);
