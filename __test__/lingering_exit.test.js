'use strict';

// A process that has nothing else to do does not wait for a peer that never ends its half of a connection that has failed.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { makeCertificate } = require('../testing/certificate');
const { agree, listen } = require('../testing/peers/raw_server');
const { fromServer } = require('../testing/wire');

const ours = makeCertificate({ names: ['localhost', '127.0.0.1'] });
/** Far more than a process may take to end, in seconds. */
const NEVER = 600;

/** A client in a process of its own that takes 10 bytes at most; says what code it is told, and ends by itself. */
function start(t, url, transport) {
  const options = { maxLength: 10, transport, closeTimeout: NEVER, tls: { rejectUnauthorized: false } };
  const script = `
    const { Client } = require('../testing/peers/implementation');
    const ws = new Client(${JSON.stringify(url)}, [], ${JSON.stringify(options)});
    ws.onclose = ({ code }) => console.log(code);
  `;
  const child = spawn(process.execPath, ['-e', script], {
    cwd: __dirname,
    stdio: ['ignore', 'pipe', 'inherit']
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

for (const transport of ['direct', 'stream']) {
  describe(`a client that has failed its connection: ${transport}`, () => {
    for (const [kind, settings] of [
      ['TCP', {}],
      ['TLS', { certificate: ours }]
    ]) {
      test(
        `keeps no process for a peer over ${kind} that never ends its half`,
        { timeout: 60000 },
        async (t) => {
          const server = await listen(t, () => {}, settings);
          const child = start(t, server.url, transport);
          const exit = once(child, 'exit');
          const peer = await server.next();
          await agree(peer, []);
          peer.send(fromServer.text('more than 10 bytes'));
          const [said] = await once(child.stdout.setEncoding('utf8'), 'data');
          assert.strictEqual(said, '1009\n');
          assert.deepStrictEqual(await exit, [0, null]);
        }
      );
    }
  });
}
