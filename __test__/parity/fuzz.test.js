'use strict';

/**
 * The differential fuzzer for a minute. The seed is always the same, so that a change that has nothing to do with
 * it does not fail by chance; with FUZZ_PARITY_SECONDS it is a new one each time, for as long as that says. A failure
 * prints the seed and the smallest case; `fuzz/parity/run.js` says how to play it again.
 */

const assert = require('node:assert');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { test } = require('node:test');

const RUN = path.join(__dirname, '..', '..', 'fuzz', 'parity', 'run.js');
const SECONDS = Number(process.env.FUZZ_PARITY_SECONDS || 0);
const ROUNDS = SECONDS > 0 ? ['--minutes', String(SECONDS / 60)] : ['--seed', '20261122', '--minutes', '1'];

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
  const { code, output } = await fuzz(...ROUNDS);
  assert.strictEqual(code, 0, output);
  const [, messages] = /(\d+) messages/.exec(output);
  assert.ok(Number(messages) > 0, output);
});

test('the fuzzer finds a difference when nothing is listed', async () => {
  const { code, output } = await fuzz('--cases', '2000', '--seed', '3', '--most', '1', '--strict');
  assert.strictEqual(code, 1, output);
  assert.match(output, /### seed 3, case \d+\n\{"role":/);
});
