'use strict';

/** Clients for `topics_load.js`: sockets that upgrade, join a topic each, and throw away what they get. */

const net = require('node:net');

/** Connects one; resolves once it has joined. */
function join(port, topic) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', reject);
    socket.on('data', (bytes) => bytes.includes('"joined"') && resolve());
    socket.write(
      `GET /?topic=${encodeURIComponent(topic)} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n` +
        'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n'
    );
  });
}

process.once('message', async ({ port, topics }) => {
  for (const topic of topics) await join(port, topic);
  process.send('joined');
});
