'use strict';

// Some cases of the differential fuzzer for drivers, the same each time.

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');

test('5,000 random cases are equal on websocket-driver and on ours, but for what is known', () => {
  const program = path.join(__dirname, '..', '..', 'fuzz', 'driver', 'run.js');
  const output = execFileSync(process.execPath, [program, '--cases', '5000', '--seed', '17'], {
    encoding: 'utf8'
  });

  assert.match(output, /5000 cases\n/);
  assert.match(output, /\n0 unexplained differences\n$/);
});
