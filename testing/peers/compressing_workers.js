'use strict';

/** Worker threads that are started and ended in mid-compression, over and over. */

const path = require('node:path');
const { Worker } = require('node:worker_threads');

/** How a worker ends: by `terminate`, by `process.exit` or by an exception; and the exit code that it then has. */
const ENDS = { terminate: 1, exit: 3, throw: 1 };

/** Starts a worker, and ends it; what was wrong, or nothing. */
async function endOne(number) {
  const end = Object.keys(ENDS)[number % 3];
  const workerData = { end, echoes: number % 2 };
  const worker = new Worker(path.join(__dirname, 'compressing_worker.js'), { workerData });
  let failure = null;
  worker.on('error', (error) => (failure = error.message));
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  if (end === 'terminate') {
    await Promise.race([new Promise((resolve) => worker.once('message', resolve)), exited]);
    worker.terminate();
  }
  const code = await exited;
  if (code !== ENDS[end]) return `worker ${number} (${end}) has ended with ${code}: ${failure}`;
  if (failure !== (end === 'throw' ? 'planned' : null)) return `worker ${number} (${end}): ${failure}`;
  return null;
}

/**
 * Ends workers, some at a time.
 *
 * @param {number} count
 * @param {function(number): void} [onEnd] is told how many have ended
 * @returns {Promise<string[]>} what was wrong
 */
async function endWorkers(count, onEnd = () => {}) {
  const faults = [];
  let next = 0;
  let ended = 0;
  const one = async () => {
    while (next < count) {
      const fault = await endOne(next++);
      if (fault) faults.push(fault);
      onEnd(++ended);
    }
  };
  await Promise.all(Array.from({ length: 3 }, one));
  return faults;
}

module.exports = { endWorkers };
