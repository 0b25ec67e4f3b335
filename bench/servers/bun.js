'use strict';

/* global Bun */

/**
 * Bun's own server (uWebSockets), run by Bun. Lines of a chat are published, as Bun's programs do it. Compression is per connection in both directions, as it is in the other
 * peers.
 */

const { MAX_LENGTH, announce, readArguments } = require('./control');

const { mode, deflate, secure, flags } = readArguments();
const all = new Set();
let members = 0;

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  tls: secure || undefined,
  fetch(request, self) {
    return self.upgrade(request) ? undefined : new Response('', { status: 400 });
  },
  websocket: {
    perMessageDeflate: deflate ? { compress: 'dedicated', decompress: 'dedicated' } : false,
    maxPayloadLength: MAX_LENGTH,
    backpressureLimit: MAX_LENGTH,
    idleTimeout: 0,
    open(ws) {
      if (mode === 'broadcast') all.add(ws);
      if (flags.has('publish')) ws.subscribe('all');
      if (mode !== 'chat') return;
      ws.data = { name: `user ${members++}` };
      ws.subscribe('room');
    },
    close(ws) {
      all.delete(ws);
    },
    message(ws, message) {
      if (mode === 'chat') {
        server.publish('room', `${ws.data.name}: ${message}`);
      } else if (flags.has('publish')) {
        server.publish('all', message, deflate);
      } else if (mode === 'broadcast') {
        for (const each of all) each.send(message, deflate);
      } else {
        ws.send(message, deflate);
      }
    }
  }
});
announce(server.port);
