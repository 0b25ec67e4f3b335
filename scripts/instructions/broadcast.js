'use strict';

/**
 * A server with 200 connections sends 64 bytes to all of them, so many times, with `WebSocket.broadcast` or with a loop of
 * `send`. Under callgrind, and of two numbers of rounds, the difference is what a delivery takes:
 *
 *     valgrind --tool=callgrind --callgrind-out-file=/dev/null \
 *       node --single-threaded scripts/instructions/broadcast.js broadcast 1500
 *
 * and the same with 3000, and with `loop`. With fewer rounds V8 compiles between the two.
 */

const { fork } = require('node:child_process');
const http = require('node:http');
const net = require('node:net');

const WebSocket = require('../..');
const { request } = require('../../testing/peers/raw_client');

const CONNECTIONS = 200;
/** Rust takes the sockets over within this time, in milliseconds. */
const TAKEN_OVER = 300;

/** Connects clients that read and do nothing else, in a process of their own. @param {number} port */
function connect(port) {
  for (let i = 0; i < CONNECTIONS; i++) {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(request()));
    socket.resume();
  }
}

/** Sends so many rounds. @param {string} way @param {number} rounds */
function serve(way, rounds) {
  const data = 'x'.repeat(64);
  const all = [];
  const server = http.createServer();
  let clients = null;
  const send = () => {
    if (rounds-- === 0) {
      clients.kill();
      process.exit();
    }
    if (way === 'broadcast') WebSocket.broadcast(all, data);
    else for (const ws of all) ws.send(data);
    setImmediate(send);
  };
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head);
    ws.on('open', () => {
      if (all.push(ws) === CONNECTIONS) setTimeout(send, TAKEN_OVER);
    });
  });
  server.listen(0, '127.0.0.1', 512, () => {
    clients = fork(__filename, ['clients', String(server.address().port)], { execArgv: [] });
  });
}

const [way, number] = process.argv.slice(2);
if (way === 'clients') connect(Number(number));
else serve(way, Number(number));
