'use strict';

/**
 * A program: `node --expose-gc churn.js URL ROUNDS OPTIONS`. Opens connections to an echo server and closes them in all
 * the ways that there are, and prints as JSON what there was of descriptors, handles, slots and memory after a quarter
 * of the rounds, and at the end.
 */

const fs = require('node:fs');
const { setImmediate: turn, setTimeout: pause } = require('node:timers/promises');

const { Client } = require('../..');
const native = require('../../lib/native');

const [url, rounds, options] = process.argv.slice(2);
/** Connections at a time. */
const WIDTH = 20;

/** What went wrong; nothing should. */
const errors = [];

/** Ways to the end of a connection. */
const ends = [
  (ws) => ws.on('message', () => ws.close(1000, 'done')),
  (ws) => ws.on('message', () => ws.terminate()),
  (ws) => ws.on('open', () => ws.close()),
  (ws) => ws.close(),
  (ws) => ws.on('message', () => ws._stream.destroy()),
  // The server closes for a message of these words.
  (ws) => ws.on('message', () => ws.send('close please'))
];

async function live(i) {
  const ws = new Client(url, ['chat'], { ...JSON.parse(options), ping: 100, handshakeTimeout: 1000 });
  ws.on('error', ({ message }) => errors.push(message));
  const closed = new Promise((resolve) => ws.on('close', resolve));
  ws.on('open', () => ws.send(`message ${i}`));
  ends[i % ends.length](ws);
  await closed;
}

async function many(count) {
  for (let i = 0; i < count; i += WIDTH) {
    await Promise.all(Array.from({ length: Math.min(WIDTH, count - i) }, (_, j) => live(i + j)));
  }
}

/** What there is once it has become quiet. */
async function measure() {
  for (let i = 0; i < 100; i++) await turn();
  global.gc();
  await pause(100);
  global.gc();
  return {
    descriptors: fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0,
    handles: process.getActiveResourcesInfo().sort(),
    slots: native.sessions(),
    heap: process.memoryUsage().heapUsed,
    rss: process.memoryUsage().rss
  };
}

async function main() {
  await many(Math.ceil(rounds / 4));
  const early = await measure();
  await many(Math.floor((rounds * 3) / 4));
  console.log(JSON.stringify({ early, late: await measure(), errors }));
}

main();
