'use strict';

// The own tests of tiny-lr, as they are in its npm package, with us in the place of faye-websocket.

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');

const SUITE = path.join(path.dirname(require.resolve('tiny-lr/package.json')), 'src_test');

test("the tests of tiny-lr pass, all of them, with us in faye-websocket's place", async () => {
  const args = [
    '--require',
    path.join(__dirname, 'replace.js'),
    require.resolve('mocha/bin/_mocha'),
    // A server of its examples watches a file until the process ends.
    '--exit',
    '--reporter',
    'json',
    SUITE
  ];
  const env = { ...process.env, DEBUG: '' };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  const { stats } = JSON.parse(stdout.slice(stdout.indexOf('{')));
  assert.deepStrictEqual([stats.tests, stats.passes, stats.failures, stats.pending], [33, 33, 0, 0]);
});
