'use strict';

// Which objects of the npm packages run natively, with the same meaning, and which do as they are.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const zlib = require('node:zlib');

const npm = require('permessage-deflate');

const WebSocket = require('../testing/peers/implementation');
const { closing, serve } = require('../testing/peers/server');

/** How a client with these options and a server with npm's extension talk: `{ native, offer, data }`. */
async function talk(t, options) {
  const { url, next } = await serve(t, (peer) => peer.on('message', ({ data }) => peer.send(data)), {
    options: { extensions: [npm], deflate: 'js' }
  });
  const before = WebSocket.memoryUsage().compressing;
  const client = new WebSocket.Client(url, [], options);
  await once(client, 'open');
  await next();
  const native = WebSocket.memoryUsage().compressing > before;
  client.send('some words, and some words again');
  const [{ data }] = await once(client, 'message');
  const over = closing(client);
  client.terminate();
  await over;
  return { native, answer: client.headers['sec-websocket-extensions'], data };
}

/** A folder with a package that is another name for npm's. */
function packageNamed(t, name) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'extensions-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const lib = path.join(folder, 'node_modules', name, 'lib');
  fs.mkdirSync(lib, { recursive: true });
  const file = path.join(lib, 'permessage_deflate.js');
  const source = require.resolve('permessage-deflate');
  fs.writeFileSync(file, `module.exports = Object.assign({}, require(${JSON.stringify(source)}));`);
  return require(file);
}

describe('the extension of npm', () => {
  test('runs natively', async (t) => {
    const { native, answer, data } = await talk(t, { extensions: [npm] });
    assert.deepStrictEqual([native, answer], [true, 'permessage-deflate']);
    assert.strictEqual(data, 'some words, and some words again');
  });

  test('runs natively with its settings', async (t) => {
    const settings = {
      level: 9,
      memLevel: 9,
      strategy: 0,
      noContextTakeover: true,
      requestMaxWindowBits: 10
    };
    const { native, answer } = await talk(t, { extensions: [npm.configure(settings)] });
    assert.strictEqual(native, true);
    assert.match(answer, /client_no_context_takeover/);
    assert.match(answer, /server_max_window_bits=10/);
  });

  test('runs natively under its other name, permessage-deflate2', async (t) => {
    const other = packageNamed(t, 'permessage-deflate2');
    assert.strictEqual((await talk(t, { extensions: [other] })).native, true);
    assert.strictEqual((await talk(t, { extensions: [other.configure({ level: 1 })] })).native, true);
  });

  for (const [why, options] of [
    ['with a zlib of the caller', () => ({ extensions: [npm.configure({ zlib: { ...zlib } })] })],
    ['with the option deflate', () => ({ extensions: [npm], deflate: 'js' })],
    ['that was changed', () => ({ extensions: [changed()] })],
    ['that is a copy', () => ({ extensions: [Object.assign({}, npm)] })],
    ['beside another', () => ({ extensions: [npm, other()] })]
  ]) {
    test(`${why} runs as it is`, async (t) => {
      const { native, answer, data } = await talk(t, options());
      assert.deepStrictEqual([native, answer], [false, 'permessage-deflate']);
      assert.strictEqual(data, 'some words, and some words again');
    });
  }

  test('runs as it is where FAYE_WEBSOCKET_DEFLATE says so', () => {
    const script = `
      const http = require('http');
      const WebSocket = require('../testing/peers/implementation');
      const extensions = [require('permessage-deflate')];
      const server = http.createServer().on('upgrade', (request, socket, head) => {
        const ws = new WebSocket(request, socket, head, [], { extensions });
        ws.on('message', () => {
          console.log(WebSocket.memoryUsage().compressing);
          process.exit();
        });
      });
      server.listen(0, '127.0.0.1', () => {
        const url = 'ws://127.0.0.1:' + server.address().port;
        const client = new WebSocket.Client(url, [], { extensions });
        client.on('open', () => client.send('x'));
      });`;
    const run = (choice) => {
      const env = { ...process.env, FAYE_WEBSOCKET_DEFLATE: choice };
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { cwd: __dirname, env });
      return String(stdout) + String(stderr);
    };
    assert.strictEqual(run('js'), '0\n');
    assert.strictEqual(run('native'), '2\n');
    assert.strictEqual(run(''), '2\n');
    assert.match(run('rust'), /TypeError: The option deflate must be 'native' or 'js', not rust/);
  });

  test('needs nothing of npm beside itself, and neither does npm’s own in JavaScript, nor an empty list', () => {
    const loads = (options) => {
      const script = `
        const WebSocket = require('../testing/peers/implementation');
        const npm = require('permessage-deflate');
        new WebSocket.Client('ws://127.0.0.1:1/', [], ${options});
        console.log(Object.keys(require.cache).some((name) => name.includes('websocket-extensions')));
        process.exit();`;
      return String(spawnSync(process.execPath, ['-e', script], { cwd: __dirname }).stdout);
    };
    assert.strictEqual(loads('{}'), 'false\n');
    assert.strictEqual(loads('{ extensions: [] }'), 'false\n');
    assert.strictEqual(loads('{ extensions: [WebSocket.deflate] }'), 'false\n');
    assert.strictEqual(loads('{ extensions: [npm] }'), 'false\n');
    assert.strictEqual(loads("{ extensions: [npm], deflate: 'js' }"), 'false\n');
  });

  test('is refused by the option deflate for anything else', () => {
    assert.throws(
      () => new WebSocket.Client('ws://127.0.0.1:1/', [], { extensions: [npm], deflate: 'zlib' }),
      /The option deflate must be 'native' or 'js', not zlib/
    );
  });
});

/** npm's extension with a session of the caller's. */
function changed() {
  const own = npm.configure({});
  own.createClientSession = () => npm.createClientSession();
  return own;
}

/** An extension that the server does not know. */
function other() {
  return {
    name: 'other',
    type: 'permessage',
    rsv1: false,
    rsv2: true,
    rsv3: false,
    createClientSession: () => ({ generateOffer: () => ({}), activate: () => true, close() {} }),
    createServerSession: () => null
  };
}
