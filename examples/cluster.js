'use strict';

/**
 * One port, all cores: a worker a core, and each connection stays with the worker that took it.
 *
 *     PORT=8000 node examples/cluster.js
 *
 * Workers share no memory. What one client says to all others has to go from worker to worker: within a machine by way
 * of the primary, as here, and between machines as in examples/redis.
 */

const cluster = require('cluster');
const http = require('http');
const os = require('os');

// Elsewhere this is require('faye-websocket').
const WebSocket = require('..');

/** Starts the workers, and carries messages from each to all. */
function lead() {
  const workers = Number(process.env.WORKERS) || os.cpus().length;
  let listening = 0;
  cluster.on('message', (from, message) => {
    for (const worker of Object.values(cluster.workers)) worker.send(message);
  });
  cluster.on('listening', (worker, { port }) => {
    listening += 1;
    if (listening === workers) console.log(`${workers} workers: ws://127.0.0.1:${port}/`);
  });
  cluster.on('exit', (worker) => {
    // A worker that crashed is replaced; one that was told to go is not.
    if (!worker.exitedAfterDisconnect) cluster.fork();
  });
  for (let i = 0; i < workers; i++) cluster.fork();
}

/** Serves connections. What one of them says goes to all, here and in the other workers. */
function work() {
  const connections = new Set();
  const server = http.createServer();
  server.on('upgrade', (request, socket, head) => {
    if (!WebSocket.isWebSocket(request)) return socket.destroy();
    const ws = new WebSocket(request, socket, head);
    ws.on('open', () => {
      connections.add(ws);
      ws.send(`you are with worker ${cluster.worker.id}`);
    });
    ws.on('message', (event) => process.send(`worker ${cluster.worker.id} says: ${event.data}`));
    ws.on('close', () => connections.delete(ws));
  });
  process.on('message', (text) => {
    for (const ws of connections) ws.send(text);
  });
  server.listen(Number(process.env.PORT) || 0, '127.0.0.1');
}

if (cluster.isPrimary) lead();
else work();
