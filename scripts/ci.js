'use strict';

/** `.ci/run`: every suite and every check, and as its last line the sum of both. */

const suite = require('../autobahn/install');
const { autobahn } = require('./autobahn');
const { lints, rules, runChecks } = require('./checks');
const { memory } = require('./memory');
const { install, prepare } = require('./prepare');
const { run } = require('./process');
const { node, report, rust, sum } = require('./suites');

/** Mixed traffic, faults and churn for some seconds; whether nothing was lost and nothing grew. */
async function soak(seconds) {
  return (await run(process.execPath, ['soak/run.js', '--seconds', String(seconds), '--seed', '1'])) === 0;
}

/** Random operations on shared memory, sockets and the loop, on all transports; whether every message came as it was sent. */
async function seam(seconds) {
  const args = ['--expose-gc', 'soak/seam.js', '--seconds', String(seconds), '--seed', '1'];
  return (await run(process.execPath, args)) === 0;
}

/** The main jobs on the versions of Node that the tests do not run on; whether all work. */
async function otherNodes() {
  const args = ['scripts/nodes.js', '--smoke', 'node-18', 'node-22', 'node-24', 'node-26'];
  return (await run(process.execPath, args)) === 0;
}

/** A few random messages with every other implementation of permessage-deflate that is there; whether all came back. */
async function compression() {
  return (await run(process.execPath, ['soak/deflate.js', '--count', '32', '--seed', '1'])) === 0;
}

/** Runs it all; a step that fails does not keep the next from running. */
async function main() {
  await install();
  // It is downloaded while the rest runs.
  const installed = suite.install({ minutes: 15 });
  const counts = [await rust()];
  await prepare();
  counts.push(await node());
  counts.push(await memory({ short: true }));
  counts.push(
    await runChecks({
      ...lints,
      ...rules,
      'soak, 60 seconds': () => soak(60),
      'random operations, 20 seconds': () => seam(20),
      'smoke test on Node 18, 22, 24 and 26': otherNodes,
      'permessage-deflate with others, a few messages': compression,
      'Autobahn, fast': () => autobahn({ fast: true, installed })
    })
  );
  report(sum(counts));
}

main().catch((error) => {
  console.error(error.message);
  report({ passed: 0, failed: 1, skipped: 0 });
});
