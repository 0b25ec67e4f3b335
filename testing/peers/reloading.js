'use strict';

/**
 * Loads the package again and again, and uses each copy. Prints what the process has after each quarter of the loads, as
 * JSON. Takes the number of loads, and a transport.
 */

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');

const { loadAgain } = require('./copies');

const [loads, transport] = [Number(process.argv[2]), process.argv[3]];
const warnings = [];
let collected = 0;
const copies = new FinalizationRegistry(() => collected++);

process.on('warning', ({ name, message }) => warnings.push(`${name}: ${message}`));

/** What must not grow. */
function state() {
  const count = (folder) => (fs.existsSync(folder) ? fs.readdirSync(folder).length : 0);
  return {
    descriptors: count('/proc/self/fd'),
    threads: count('/proc/self/task'),
    listeners: process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`),
    memory: process.memoryUsage()
  };
}

/** A conversation on a copy, which leaves nothing behind: small, binary, and large enough for other threads. */
async function use(WebSocket) {
  const extensions = [WebSocket.deflate];
  const server = http.createServer();
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head, null, { extensions, transport });
    ws.on('message', ({ data }) => ws.send(data));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = new WebSocket.Client(`ws://127.0.0.1:${server.address().port}/`, [], {
    extensions,
    transport
  });
  await once(client, 'open');
  for (const data of ['text', Buffer.from('bytes'), 'x'.repeat(100000)]) {
    client.send(data);
    const [event] = await once(client, 'message');
    if (String(event.data) !== String(data)) throw new Error('an echo is not what was sent');
  }
  client.close();
  await once(client, 'close');
  server.close();
  await once(server, 'close');
}

/** Collects what can be, and lets finalizers run. */
async function collect() {
  for (let i = 0; i < 6; i++) {
    global.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function load() {
  const WebSocket = loadAgain();
  // Whatever is left of a copy has this.
  copies.register(require.cache[require.resolve('../../lib/native')].exports, undefined);
  await use(WebSocket);
}

/** Loads so often, and waits until almost all copies so far are gone: their timers
 * run for seconds. */
async function round(count, most) {
  for (let i = 0; i < count; i++) {
    await load();
    if (i % 25 === 0) await collect();
  }
  for (let i = 0; i < 200 && collected < most; i++) await collect();
}

async function main() {
  const states = [];
  for (let quarter = 1; quarter <= 4; quarter++) {
    await round(loads / 4, (loads / 4) * quarter - 5);
    states.push(state());
  }
  console.log(JSON.stringify({ states, collected, warnings }));
}

main();
