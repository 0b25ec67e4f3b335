'use strict';

/**
 * The differential fuzzer, in two processes for half a minute. Their seeds are always the same, so that a change that has
 * nothing to do with it does not fail by chance; with FUZZ_PARITY_SECONDS it is one process with a new one each time, for as
 * long as that says. A failure prints the seed and the smallest case; `fuzz/parity/run.js` says how to play it again.
 */

const assert = require('node:assert');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { test } = require('node:test');

const RUN = path.join(__dirname, '..', '..', 'fuzz', 'parity', 'run.js');
const SECONDS = Number(process.env.FUZZ_PARITY_SECONDS || 0);
const RUNS =
  SECONDS > 0
    ? [['--minutes', String(SECONDS / 60)]]
    : [20261122, 20261129].map((seed) => ['--seed', String(seed), '--minutes', '0.5']);

/** Runs the fuzzer; its exit code and all that it printed. */
function fuzz(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--no-warnings', RUN, ...args]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

test('random traffic and calls make no difference that is not listed', async () => {
  for (const { code, output } of await Promise.all(RUNS.map((args) => fuzz(...args)))) {
    assert.strictEqual(code, 0, output);
    const [, messages] = /(\d+) messages/.exec(output);
    assert.ok(Number(messages) > 0, output);
  }
});

test('the fuzzer finds a difference when nothing is listed', async () => {
  const { code, output } = await fuzz('--cases', '2000', '--seed', '3', '--most', '1', '--strict');
  assert.strictEqual(code, 1, output);
  assert.match(output, /### seed 3, case \d+\n\{"role":/);
});
