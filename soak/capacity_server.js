'use strict';

/**
 * The server that `capacity.js` measures: WebSockets that each join the topic in their path, and count what they are sent.
 * The parent asks for figures, and has it publish or let everybody go.
 */

const fs = require('node:fs');
const http = require('node:http');

const WebSocket = require('..');
const { Topics } = require('../topics');

const topics = new Topics();
const connections = new Set();
let joins = false;
let received = 0;
let handshakes = 0;

const server = http.createServer();
server.on('upgrade', (request, socket, head) => {
  const ws = new WebSocket(request, socket, head);
  connections.add(ws);
  handshakes += 1;
  if (joins) topics.subscribe(ws, request.url);
  ws.topic = request.url;
  ws.on('message', () => (received += 1));
  ws.on('close', () => connections.delete(ws));
});

/** Memory once garbage is gone. */
async function settledMemory() {
  for (let i = 0; i < 3; i++) {
    global.gc();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heapUsed, external };
}

/** What there is to know. */
async function report(withMemory) {
  return {
    cpu: process.cpuUsage(),
    memory: withMemory ? await settledMemory() : null,
    descriptors: fs.readdirSync('/proc/self/fd').length,
    connections: connections.size,
    handshakes,
    received,
    metrics: topics.metrics()
  };
}

/** Everything that the parent may ask for. */
const tasks = {
  report: ({ memory }) => report(memory),
  join: async () => {
    joins = true;
    await Promise.all([...connections].map((ws) => topics.subscribe(ws, ws.topic)));
  },
  publish: async ({ names, size, count, seconds }) => {
    const data = 'x'.repeat(size);
    const begin = Date.now();
    for (let i = 0; i < count; i++) {
      const due = begin + (i * seconds * 1000) / count;
      if (due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
      await topics.publish(names[i % names.length], data);
    }
  },
  dismiss: () => {
    for (const ws of connections) ws.terminate();
  }
};

process.on('message', async (message) => {
  const result = await tasks[message.task](message);
  process.send({ done: message.task, result: result || null });
});
process.on('disconnect', () => process.exit());

// Several addresses, so that there are ports enough for all clients of one machine.
server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, () =>
  process.send({ port: server.address().port })
);
