'use strict';

/**
 * What `.ci/run` does beside the tests, on what those leave of the processors: the suite of the core, lints and house rules,
 * programs that compare and count, and the test files whose outcome is no matter of time. `scripts/ci.js` starts it at a
 * low priority. What it has come to is in a file behind it, and its output is printed in one piece.
 *
 * Whatever calls cargo is here and in a row, since all of it writes the same files below `target/debug`.
 */

const fs = require('node:fs');
const path = require('node:path');

const suite = require('../autobahn/install');
const { autobahn } = require('./autobahn');
const { lints, rules, runChecks } = require('./checks');
const { memory } = require('./memory');
const { ROOT, run } = require('./process');
const { OUTPUT, matching, nodeTest, rust, sum } = require('./suites');

/** @typedef {import('./suites').Count} Count */
/** @typedef {import('./suites').Run} Run */

/**
 * The test files, by how their paths below `__test__` begin. Each has passed beside others on a machine with a load of 12. A file
 * that takes minutes beside others would be given up (`TIMEOUT` in `scripts/suites.js`), and is not here.
 */
const FILES = [
  'both_send',
  'browser',
  'closing_streams',
  'commands',
  'consumers/',
  'copies',
  'deflate_interop',
  'documents',
  'driver/',
  'engine_choice',
  'examples',
  'failures',
  'first_echo',
  'install',
  'interop/',
  'licences',
  'migrating',
  'occupied_copies',
  'package',
  'parity/fuzz',
  'parity/harness',
  'readme',
  'recipes',
  'release',
  'single_executable',
  'snapshot',
  'start',
  'two_versions',
  'types',
  'wasm_',
  'workers_alone'
];

/** Where the output and the counts go. */
const LOG = path.join(ROOT, OUTPUT, 'beside.log');
const RESULT = path.join(ROOT, OUTPUT, 'beside.json');

/**
 * All test files, those that run here and the others.
 *
 * @returns {{here: string[], others: string[]}} paths below the root
 */
function divided() {
  const isHere = (file) => FILES.some((words) => file.startsWith(`__test__/${words}`));
  const files = matching([]).map((file) => path.relative(ROOT, file).split(path.sep).join('/'));
  return { here: files.filter(isHere), others: files.filter((file) => !isHere(file)) };
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

/** Runs it all, one after the other. */
async function main() {
  // It is downloaded while the rest runs.
  const installed = suite.install({ minutes: 15 });
  const tests = await nodeTest(divided().here, 'js_beside');
  const counts = [await rust()];
  counts.push(await memory({ short: true }));
  counts.push(
    await runChecks({
      ...lints,
      ...rules,
      'random operations, 20 seconds': () => seam(20),
      'smoke test on Node 18, 22, 24 and 26': otherNodes,
      'permessage-deflate with others, a few messages': compression,
      'Autobahn, fast': () => autobahn({ fast: true, installed })
    })
  );
  const result = { count: sum(counts), tests: { ...tests, failures: [...tests.failures] } };
  fs.writeFileSync(RESULT, JSON.stringify(result));
}

/**
 * Runs it all in a process that yields to others, and prints what it has printed once it is over.
 *
 * @returns {Promise<{count: Count, tests: Run}>} what is no test of the package, and the run of test files
 */
async function beside() {
  fs.rmSync(RESULT, { force: true });
  const code = await run(process.execPath, [__filename], { log: LOG, yields: true });
  process.stdout.write(`\n${fs.readFileSync(LOG, 'utf8')}`);
  if (code !== 0 || !fs.existsSync(RESULT)) {
    const notes = [`FAILED: scripts/beside.js has ended with ${code}; see ${path.relative(ROOT, LOG)}`];
    const none = { passed: 0, failed: 0, skipped: 0 };
    return { count: { ...none, failed: 1, notes }, tests: { count: none, failures: new Map() } };
  }
  const { count, tests } = JSON.parse(fs.readFileSync(RESULT, 'utf8'));
  return { count, tests: { ...tests, failures: new Map(tests.failures) } };
}

if (require.main === module) main();

module.exports = { FILES, beside, divided };
