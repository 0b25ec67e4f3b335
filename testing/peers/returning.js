'use strict';

/** Prints in how many steps the heap of a process gives back what Buffers have left; with `thread`, that of a worker thread. */

const { Worker, isMainThread } = require('node:worker_threads');

const native = require('../../lib/native');
const { collected } = require('./returned');

async function main() {
  native.keep();
  const neighbours = [];
  const large = [];
  for (let i = 0; i < 1000; i++) {
    large.push(Buffer.allocUnsafeSlow(100_000).fill(1));
    neighbours.push(Buffer.allocUnsafeSlow(3000).fill(1));
  }
  await collected(large);
  native.trim(1);
  let steps = 0;
  while (native.trimSome() === 1) steps++;
  console.log(`${steps} steps`);
}

if (isMainThread && process.argv.includes('thread')) new Worker(__filename);
else main();
