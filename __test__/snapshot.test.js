'use strict';

// A process that starts from a snapshot (`node --build-snapshot`) loads the package in its main function, and serves.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');

const MAJOR = parseInt(process.versions.node, 10);
const IS_NODE = !process.versions.bun && !process.versions.deno;

test('a program that starts from a snapshot talks to itself', { skip: MAJOR < 20 || !IS_NODE }, (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'snapshot-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const entry = path.join(folder, 'entry.js');
  const blob = path.join(folder, 'snapshot.blob');
  const main = (root) => {
    const WebSocket = require('node:module').createRequire(`${root}/`)('./index.js');
    const server = require('node:http').createServer();
    server.on('upgrade', (request, socket, head) => {
      const ws = new WebSocket(request, socket, head);
      ws.onmessage = ({ data }) => ws.send(`heard ${data}`);
    });
    server.listen(0, '127.0.0.1', () => {
      const client = new WebSocket.Client(`ws://127.0.0.1:${server.address().port}/`);
      client.onopen = () => client.send('hello');
      client.onmessage = ({ data }) => {
        console.log(data);
        client.close();
        server.close();
      };
    });
  };
  const root = JSON.stringify(path.join(__dirname, '..'));
  fs.writeFileSync(
    entry,
    `require('v8').startupSnapshot.setDeserializeMainFunction(() => (${main})(${root}));\n`
  );
  const run = (...flags) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--snapshot-blob', blob, ...flags], {
      encoding: 'utf8',
      timeout: 60_000
    });
    assert.strictEqual(status, 0, stderr);
    return stdout;
  };
  run('--build-snapshot', entry);
  assert.strictEqual(run(), 'heard hello\n');
});
