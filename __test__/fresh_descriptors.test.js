'use strict';

/** A program that runs itself again (`testing/peers/fresh_descriptors.js`) ends as the second process does, and says how. */

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { describe, test } = require('node:test');

const MODULE = require.resolve('../testing/peers/fresh_descriptors');

/** Runs `code` in the second process; skips the test where there can be none. */
function run(t, code) {
  const program = `
    const { hasStarted, skip } = require(${JSON.stringify(MODULE)}).runAgain();
    if (skip) console.log(skip);
    else if (!hasStarted) ${code}
  `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  if (stdout !== '') t.skip(stdout.trim());
  return { skipped: stdout !== '', status, stderr };
}

describe('a program that runs itself again', () => {
  test('ends with the exit code of the second process', (t) => {
    const { skipped, status, stderr } = run(t, 'process.exit(7);');
    if (!skipped) assert.deepEqual([status, stderr], [7, '']);
  });

  test('says which signal has ended the second process, and ends with the code of a shell for it', (t) => {
    const { skipped, status, stderr } = run(t, "process.kill(process.pid, 'SIGKILL');");
    if (skipped) return;
    assert.equal(status, 128 + 9);
    assert.match(stderr, /^process \d+ ended with SIGKILL$/m);
  });
});
