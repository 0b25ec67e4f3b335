'use strict';

// The scripts that a newcomer runs first.

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const http = require('node:http');
const path = require('node:path');
const { test } = require('node:test');

const ROOT = path.join(__dirname, '..');

/** Runs `npm start` with arguments; resolves to its exit code and output. */
function start(args, env) {
  return new Promise((resolve) => {
    const script = path.join(ROOT, 'scripts', 'start.js');
    execFile(
      process.execPath,
      [script, ...args],
      { env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: error ? error.code : 0, stdout, stderr });
      }
    );
  });
}

test('npm start serves the page, makes a round trip and, with --once, ends', async () => {
  const { code, stdout } = await start(['--once'], { PORT: '' });

  assert.match(stdout, /http:\/\/localhost:\d+\//);
  assert.match(stdout, /One round trip as a client: "Hello, world!" came back in \d+\.\d\d ms\./);
  assert.strictEqual(code, 0);
});

test('npm start says so when the port is taken', async (t) => {
  const other = http.createServer();
  t.after(() => other.close());
  await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { code, stderr } = await start(['--once'], { PORT: String(other.address().port) });

  assert.match(stderr, /EADDRINUSE/);
  assert.strictEqual(code, 1);
});
