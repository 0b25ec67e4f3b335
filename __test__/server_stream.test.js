'use strict';

// The suites of the server and of threats once more, with Node reading and writing the sockets: what holds on one
// transport holds on the other. Where the direct transport is not to be had, the suites run on this one anyway.

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');

/** These choose the transport of each of their tests themselves. */
const ON_BOTH = ['threats_everywhere.test.js', 'threats_fairness.test.js'];
const files = fs
  .readdirSync(__dirname)
  .filter((name) => /^(server|threats)_.*\.test\.js$/.test(name) && name !== path.basename(__filename))
  .filter((name) => !ON_BOTH.includes(name));

/** Runs a file of tests in a process of its own; its exit code and what it printed. */
function run(file) {
  const env = { ...process.env, FAYE_WEBSOCKET_TRANSPORT: 'stream', NODE_TEST_CONTEXT: undefined };
  const args = ['--test', '--test-reporter=spec', path.join(__dirname, file)];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, maxBuffer: 1 << 26 }, (error, output) => {
      resolve({ code: error ? error.code : 0, output });
    });
  });
}

// They wait more than they compute.
describe('the stream transport', { concurrency: Math.max(2, os.cpus().length) }, () => {
  for (const file of files) {
    test(`passes ${file}`, async () => {
      const { code, output } = await run(file);
      assert.strictEqual(code, 0, output.slice(Math.max(0, output.indexOf('failing tests'))));
      assert.match(output, /pass [1-9]/);
    });
  }
});
