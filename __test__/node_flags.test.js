'use strict';

// Flags of Node by which it tells, or throws, what programs should not do any more: nothing is told of the package itself.

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { describe, test } = require('node:test');
const { promisify } = require('node:util');

const ROOT = path.join(__dirname, '..');

/**
 * Echoes of four connections that wait for each other, with promises between, so that ticks are run between their handlers; and
 * what the owner does that is deprecated, at last.
 */
const PROGRAM = `
  const WebSocket = require(${JSON.stringify(ROOT)});
  const server = require('http').createServer().on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head);
    ws.onmessage = async ({ data }) => { await null; ws.send(data); };
  });
  server.listen(0, '127.0.0.1', async () => {
    const url = 'ws://127.0.0.1:' + server.address().port;
    const all = Array.from({ length: 4 }, () => new WebSocket.Client(url));
    const each = (act) => Promise.all(all.map((ws) => new Promise((resolve) => act(ws, resolve))));
    await each((ws, resolve) => { ws.onopen = resolve; });
    for (let i = 0; i < 20; i++) await each((ws, resolve) => { ws.onmessage = resolve; ws.send('one'); });
    await each((ws, resolve) => { ws.onclose = ({ code }) => resolve(console.log(code)); ws.close(); });
    process.on('warning', ({ code }) => console.log(code));
    process.emitWarning('the owner', 'DeprecationWarning', 'OWN0001');
    server.close();
  });
`;
const CLOSED = '1000\n'.repeat(4);

const run = (...flags) => promisify(execFile)(process.execPath, [...flags, '-e', PROGRAM]);

describe('with --pending-deprecation', { skip: 'Bun' in globalThis && 'Bun has no such flag' }, () => {
  test('a connection is served without a warning, and the owner still has those of his own', async () => {
    const { stdout, stderr } = await run('--pending-deprecation');
    assert.strictEqual(stdout, `${CLOSED}OWN0001\n`);
    assert.ok(!stderr.includes('DEP0134'), stderr);
  });

  test('a process that throws at deprecations goes on', async () => {
    await assert.rejects(run('--pending-deprecation', '--throw-deprecation'), ({ stdout, stderr }) => {
      assert.strictEqual(stdout, CLOSED);
      assert.match(stderr, /the owner/);
      return true;
    });
  });
});
