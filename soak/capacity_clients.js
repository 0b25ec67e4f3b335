'use strict';

/**
 * Clients for `capacity.js`: sockets that upgrade, stay, send a small message when told to, and throw away what they get.
 */

const net = require('node:net');

const HANDSHAKE =
  'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n';

/** A masked text frame of 32 bytes; the mask is zero. */
const MESSAGE = Buffer.concat([Buffer.from([0x81, 0x80 | 32, 0, 0, 0, 0]), Buffer.alloc(32, 'x')]);

/** Connections that are being opened at once. */
const OPENING = 32;

let sockets = [];
let bytes = 0;
let lost = 0;

/** Opens one; resolves once it is upgraded. */
function open({ host, port, topic }) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, localAddress: host });
    socket.on('error', reject);
    socket.once('data', (chunk) => {
      if (!chunk.includes(' 101 ')) return reject(new Error(String(chunk)));
      socket.removeListener('error', reject);
      socket.on('error', () => {});
      socket.on('data', ({ length }) => (bytes += length));
      sockets.push(socket);
      return resolve();
    });
    socket.on('close', () => (lost += 1));
    socket.write(`GET ${topic} HTTP/1.1\r\n${HANDSHAKE}`);
  });
}

const tasks = {
  open: async ({ host, port, count, topics }) => {
    sockets = [];
    let next = 0;
    const one = async () => {
      while (next < count) await open({ host, port, topic: topics[next++ % topics.length] });
    };
    await Promise.all(Array.from({ length: OPENING }, one));
  },
  send: async ({ count, seconds }) => {
    const begin = Date.now();
    for (let i = 0; i < count; i++) {
      const due = begin + (i * seconds * 1000) / count;
      if (due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
      sockets[i % sockets.length].write(MESSAGE);
    }
  },
  report: () => ({ bytes, lost, open: sockets.filter(({ destroyed }) => !destroyed).length })
};

process.on('message', async (message) => {
  try {
    const result = await tasks[message.task](message);
    process.send({ done: message.task, result: result || null });
  } catch (error) {
    process.send({ failed: error.message });
  }
});
process.on('disconnect', () => process.exit());
