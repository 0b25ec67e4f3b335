'use strict';

// With the option `--abort-on-uncaught-exception`, V8 ends a process at an exception that no code of JavaScript will catch, so
// that there is a core to look at. What an addon throws is such an exception whoever calls the addon.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { describe, test } = require('node:test');

const { IS_NODE } = require('../lib/native/runtime');
const { TRANSPORTS } = require('../testing/peers/engines');

const SKIP = !IS_NODE && 'the option is of V8 and Node.js';

/** What a program prints that begins with `WebSocket` and `deflate` and runs under the option. */
function run(program) {
  const code = `const WebSocket = require('..'); ${program}`;
  const flags = ['--no-warnings', '--abort-on-uncaught-exception', '-e', code];
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, flags, {
    cwd: __dirname,
    encoding: 'utf8',
    timeout: 30000
  });
  assert.deepStrictEqual({ status, signal }, { status: 0, signal: null }, stderr);
  return stdout.trim().split('\n');
}

describe('with --abort-on-uncaught-exception', { skip: SKIP }, () => {
  for (const transport of TRANSPORTS) {
    test(`a conversation over the ${transport} transport ends as without it`, () => {
      const lines = run(`
        const options = { transport: '${transport}', extensions: [WebSocket.deflate] };
        const server = require('http').createServer().on('upgrade', (request, socket, head) => {
          const ws = new WebSocket(request, socket, head, null, options);
          ws.on('message', ({ data }) => ws.send(data));
        });
        server.listen(0, '127.0.0.1', () => {
          const client = new WebSocket.Client('ws://127.0.0.1:' + server.address().port + '/', null, options);
          client.on('open', () => client.send('text'));
          client.on('message', ({ data }) => { console.log(data); client.close(3000, 'done'); });
          client.on('close', ({ code, reason }) => { console.log(code, reason); server.close(); });
        });`);
      assert.deepStrictEqual(lines, ['text', '3000 done']);
    });
  }
});
