'use strict';

/**
 * How many connections a server holds within a limit of descriptors, and whether it serves them all: each client sends a
 * message of its own and waits for the echo.
 *
 *     node soak/descriptors.js --limit 1024                             more clients than that
 *     node soak/descriptors.js --limit 1024 --package faye-websocket    the same of another package
 *     node soak/descriptors.js --limit 20000 --connections 18000        so many, which must all be served
 *
 * The server is a process of its own; `ulimit -n` here has to allow the clients.
 */

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const net = require('node:net');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { text } = require('../testing/wire');

const { values } = parseArgs({
  options: {
    limit: { type: 'string', default: '1024' },
    connections: { type: 'string' },
    package: { type: 'string', default: path.join(__dirname, '..') }
  }
});

/** Clients that connect at a time: what a listening socket queues for sure. */
const AT_ONCE = 100;
/** Milliseconds that a client waits for an answer before it is one that is not served. */
const PATIENCE = 5000;

const SERVER = `
  const WebSocket = require(process.argv[1]);
  const server = require('http').createServer();
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head);
    ws.on('message', (event) => ws.send(event.data));
  });
  server.listen(0, () => console.log(server.address().port));`;

const REQUEST = [
  'GET / HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  '\r\n'
].join('\r\n');

/** Waits for bytes; false if the connection ends or none come. */
function bytes(socket) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), PATIENCE);
    const settle = (value) => {
      clearTimeout(timer);
      resolve(value);
    };
    socket.once('data', settle);
    socket.once('close', () => settle(false));
  });
}

/** Connects; null if it is not let in. */
async function connect(port, i) {
  // A loopback address has ports for some 28,000.
  const socket = net.connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (i % 4)}` });
  socket.on('error', () => {});
  socket.write(REQUEST);
  const head = await bytes(socket);
  if (head && head.includes('101')) return socket;
  socket.destroy();
  return null;
}

/** Whether a message comes back. */
async function isServed(socket, i) {
  socket.write(text(`client ${i}`));
  const echo = await bytes(socket);
  return echo !== false && echo.includes(`client ${i}`);
}

/** Opens so many, some at a time, until one is not let in. */
async function openAll(port, count) {
  const open = [];
  while (open.length < count) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, count - open.length) }, (_, i) => open.length + i);
    const sockets = await Promise.all(numbers.map((i) => connect(port, i)));
    open.push(...sockets.filter(Boolean));
    if (sockets.includes(null)) break;
  }
  return open;
}

async function main() {
  const limit = Number(values.limit);
  const count = Number(values.connections || limit + 100);
  const args = ['-c', `ulimit -n ${limit}; exec "$0" -e "$1" "$2"`, process.execPath, SERVER, values.package];
  const server = spawn('sh', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = await once(server.stdout, 'data');
    const sockets = await openAll(Number(line), count);
    const served = await Promise.all(sockets.map(isServed));
    const all = served.filter(Boolean).length;
    console.log(
      `${sockets.length} of ${count} connections within ${limit} descriptors, ${all} of them served`
    );
    if (all < sockets.length || (values.connections && all < count)) process.exitCode = 1;
    sockets.forEach((socket) => socket.destroy());
  } finally {
    server.kill();
  }
}

main();
