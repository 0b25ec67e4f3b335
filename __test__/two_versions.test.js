'use strict';

/**
 * Two versions of this package in one process, as npm installs them where two packages ask for two: each has programs and a
 * binary of its own. They serve the same server, talk to each other, and never share a socket.
 */

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const { once } = require('node:events');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');

const ROOT = path.join(__dirname, '..');
const MESSAGES = ['é'.repeat(10), Buffer.alloc(300, 7), 'x'.repeat(70000), Buffer.alloc(100000, 3), '', '{}'];

/** Lays the package out in a folder of its own, with another version in all places where it stands. */
function layOut(folder, version) {
  const named = /^(index\.js|lib|package\.json|.+\.node)$/;
  for (const name of fs.readdirSync(ROOT)) {
    if (named.test(name)) fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
  const programs = [path.join(folder, 'package.json'), path.join(folder, 'lib/native/binary.js')];
  const { version: own } = require('../package.json');
  for (const file of programs) {
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replaceAll(own, version));
  }
  return require(folder);
}

const versions = [];

let folder;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-versions-'));
  for (const version of ['7.0.1', '8.0.2']) {
    versions.push(layOut(path.join(folder, version, 'node_modules', 'faye-websocket'), version));
  }
});

after(() => fs.rmSync(folder, { recursive: true, maxRetries: 3 }));

/** A server whose WebSockets are those of the version that the URL names, and that echoes. */
async function serve(t, options, onWebSocket = () => {}) {
  const server = http.createServer();
  server.on('upgrade', (request, socket, head) => {
    const WebSocket = versions[Number(request.url.slice(1))];
    const ws = new WebSocket(request, socket, head, [], options(WebSocket));
    ws.on('message', ({ data }) => ws.send(data));
    onWebSocket(request, socket, head);
  });
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `ws://127.0.0.1:${server.address().port}/`;
}

/** Sends messages, and closes; what came back, and the code. */
async function converse(ws) {
  const got = [];
  const all = new Promise((resolve) => {
    ws.on('message', ({ data }) => got.push(data) === MESSAGES.length && resolve());
  });
  await once(ws, 'open');
  for (const message of MESSAGES) ws.send(message);
  await all;
  ws.close(3001);
  const [{ code }] = await once(ws, 'close');
  return { got, code };
}

for (const transport of ['stream', 'direct']) {
  describe(`two versions in one process, over ${transport}`, () => {
    for (const deflates of [false, true]) {
      test(`serve one server at once, and talk to each other${deflates ? ', compressed' : ''}`, async (t) => {
        const options = ({ deflate }) => ({ transport, extensions: deflates ? [deflate] : [] });
        const url = await serve(t, options);
        const clients = [];
        for (const [i] of versions.entries()) {
          for (const own of versions) {
            for (let k = 0; k < 3; k++) clients.push(new own.Client(url + i, [], options(own)));
          }
        }
        for (const { got, code } of await Promise.all(clients.map(converse))) {
          assert.deepStrictEqual(got, MESSAGES);
          assert.strictEqual(code, 3001);
        }
      });
    }

    test('the second refuses a socket that belongs to a WebSocket of the first', async (t) => {
      const refused = [];
      const url = await serve(
        t,
        () => ({ transport }),
        (request, socket, head) => {
          const Other = versions[1 - Number(request.url.slice(1))];
          assert.throws(
            () => new Other(request, socket, head, [], { transport }),
            ({ code }) => refused.push(code) > 0
          );
        }
      );
      for (const [i, { Client }] of versions.entries()) {
        assert.deepStrictEqual((await converse(new Client(url + i))).got, MESSAGES);
      }
      assert.deepStrictEqual(refused, Array(2).fill('ERR_WEBSOCKET_SOCKET_TAKEN'));
    });
  });
}
