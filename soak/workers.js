'use strict';

/**
 * Worker threads that are started, and ended in mid-compression: by `terminate`, by `process.exit`, by an exception.
 *
 *     node soak/workers.js                  1,000 of them
 *     node soak/workers.js --count 90
 *
 * Fails when a worker ends with another exit code than it should, when threads are left, and when memory grows.
 */

const fs = require('node:fs');
const { parseArgs } = require('node:util');

const { endWorkers } = require('../testing/peers/compressing_workers');

const { values } = parseArgs({ options: { count: { type: 'string', default: '1000' } } });
const COUNT = Number(values.count);
/** What the second half may add to the first, in bytes. */
const MAX_GROWTH = 48 << 20;

/** Threads of this process; 0 where that cannot be told. */
function threads() {
  return fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task').length : 0;
}

async function main() {
  const before = threads();
  const samples = [];
  const faults = await endWorkers(COUNT, (ended) => {
    const rss = process.memoryUsage.rss();
    samples.push(rss);
    if (ended % Math.ceil(COUNT / 10) === 0)
      console.log(`${ended} ended, RSS ${(rss / 2 ** 20).toFixed(0)} MB, ${threads()} threads`);
  });
  // A job that runs is not waited for: its thread ends soon after.
  for (let i = 0; i < 100 && threads() > before; i++) await new Promise((resolve) => setTimeout(resolve, 50));
  if (threads() > before) faults.push(`${threads() - before} threads are left`);
  const most = (list) => Math.max(...list);
  const half = samples.length >> 1;
  const growth = most(samples.slice(half)) - most(samples.slice(half >> 1, half));
  if (growth > MAX_GROWTH) faults.push(`RSS has grown by ${(growth / 2 ** 20).toFixed(0)} MB`);
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  console.log(faults.length > 0 ? 'not ok' : `ok: ${COUNT} workers, ${threads()} threads, as before`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

main();
