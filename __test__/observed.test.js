'use strict';

// What others can see of connections: channels of diagnostics, metrics, and why a connection is on which transport.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const diagnostics = require('node:diagnostics_channel');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { TRANSPORTS, alsoWithWebAssembly } = require('../testing/peers/engines');
const { until } = require('../testing/peers/moved_time');
const { serve } = require('../testing/peers/server');
const { Connection } = require('../lib/connection/connection');

const NAMES = [
  'open',
  'close',
  'error',
  'message:sent',
  'message:received',
  'ping:sent',
  'ping:received',
  'pong:sent',
  'pong:received'
];

/** Subscribes to all channels for the time of a test; what was published. */
function listenTo(t, names = NAMES) {
  const seen = [];
  for (const name of names) {
    const subscriber = (event) => seen.push({ name, ...event });
    diagnostics.subscribe(`faye-websocket:${name}`, subscriber);
    t.after(() => diagnostics.unsubscribe(`faye-websocket:${name}`, subscriber));
  }
  return seen;
}

for (const transport of TRANSPORTS) {
  describe(`over the ${transport} transport`, () => {
    test('channels tell what happens, to each connection', async (t) => {
      const seen = listenTo(t);
      const server = await serve(t, (ws) => ws.pipe(ws), { options: { transport } });
      const client = new WebSocket.Client(server.url, [], { transport });
      await client.opened;
      const ws = await server.next();
      client.send('text');
      client.send(Buffer.from('bytes'));
      client.ping('ping');
      let received = 0;
      client.onmessage = () => received++;
      await until(() => received === 2 && seen.some(({ name }) => name === 'pong:received'));
      client.close(3000, 'why');
      await Promise.all([client.closed, ws.closed]);
      const of = (connection) =>
        seen
          .filter((event) => event.connection === connection)
          .map(({ name, data, code, reason }) =>
            [name, data && String(data), code, reason].filter(Boolean).join(' ')
          );
      assert.deepStrictEqual(of(ws), [
        'open',
        'message:received text',
        'message:sent text',
        'message:received bytes',
        'message:sent bytes',
        'ping:received ping',
        'pong:sent ping',
        'close 3000 why'
      ]);
      assert.deepStrictEqual(of(client), [
        'open',
        'message:sent text',
        'message:sent bytes',
        'ping:sent ping',
        'message:received text',
        'message:received bytes',
        'pong:received ping',
        'close 3000 why'
      ]);
    });

    test('channels tell of a pong that had to wait, with a payload that stays', async (t) => {
      const seen = listenTo(t, ['pong:sent', 'ping:received']);
      const server = await serve(t, undefined, { options: { transport } });
      const client = new WebSocket.Client(server.url, [], { transport });
      const ws = await server.next();
      await Promise.all([client.opened, ws.opened]);
      client.pause();
      while (ws.send(Buffer.alloc(100_000)));
      let pongs = 0;
      client.ping('first', () => pongs++);
      await until(() => seen.length === 1);
      client.resume();
      await until(() => pongs === 1);
      client.ping('second', () => pongs++);
      await until(() => pongs === 2);
      assert.deepStrictEqual(
        seen.map(({ name, data }) => `${name} ${data}`),
        ['ping:received first', 'pong:sent first', 'ping:received second', 'pong:sent second']
      );
      client.terminate();
      await ws.closed;
    });

    test('metrics count connections, messages and bytes', async (t) => {
      const before = WebSocket.metrics();
      const server = await serve(t, (ws) => ws.pipe(ws), { options: { transport } });
      const client = new WebSocket.Client(server.url, [], { transport });
      const ws = await server.next();
      await Promise.all([client.opened, ws.opened]);
      let received = 0;
      client.onmessage = () => received++;
      for (let i = 0; i < 10; i++) client.send('x'.repeat(100));
      await until(() => received === 10 && client.transport === transport && ws.transport === transport);
      const during = WebSocket.metrics();
      for (const role of ['server', 'client']) {
        assert.strictEqual(
          during.connections[role][transport].open,
          before.connections[role][transport].open + 1
        );
      }
      assert.strictEqual(during.messages.sent - before.messages.sent, 20);
      assert.strictEqual(during.messages.received - before.messages.received, 20);
      const bytes = during.bytes.received - before.bytes.received;
      assert.ok(bytes > 2000 && bytes < 4000, `${bytes} bytes`);
      client.close(3333);
      await Promise.all([client.closed, ws.closed]);
      const after = WebSocket.metrics();
      for (const role of ['server', 'client']) {
        assert.deepStrictEqual(after.connections[role], before.connections[role]);
      }
      assert.strictEqual(after.closed - before.closed, 2);
      assert.strictEqual(after.closeCodes[3333] - (before.closeCodes[3333] || 0), 2);
      assert.ok(after.bytes.sent >= during.bytes.sent, 'bytes of connections that are over are forgotten');
    });

    test('metrics know what waits', async (t) => {
      const server = await serve(t, (ws) => ws.pause(), { options: { transport } });
      const client = new WebSocket.Client(server.url, [], { transport });
      await client.opened;
      while (client.bufferedAmount < 1_000_000) client.send(Buffer.alloc(100_000));
      assert.ok(WebSocket.metrics().waiting >= client.bufferedAmount);
      client.terminate();
      await client.closed;
    });
  });
}

/** The methods that messages, pings and pongs pass through. */
const METHODS = [
  '_receiveMessage',
  '_send',
  '_sendPlain',
  '_receivePing',
  '_sendPong',
  '_sendPing',
  '_receivePong'
];

test('messages, pings and pongs pass through the same methods as ever once nobody subscribes', () => {
  const methods = () => METHODS.map((name) => Connection.prototype[name]);
  const before = methods();
  for (const name of NAMES.slice(3)) {
    const subscriber = () => {};
    diagnostics.subscribe(`faye-websocket:${name}`, subscriber);
    diagnostics.channel(`faye-websocket:${name}`).subscribe(listenTo);
    assert.notDeepStrictEqual(methods(), before, name);
    diagnostics.unsubscribe(`faye-websocket:${name}`, subscriber);
    assert.notDeepStrictEqual(methods(), before, name);
    diagnostics.channel(`faye-websocket:${name}`).unsubscribe(listenTo);
    assert.deepStrictEqual(methods(), before, name);
  }
});

test('a failure is published as an Error', async (t) => {
  const seen = listenTo(t, ['error']);
  const server = await serve(t, undefined, { upgrade: (_, socket) => WebSocket.reject(socket, 403) });
  const client = new WebSocket.Client(server.url);
  await client.closed;
  assert.strictEqual(seen.length, 1);
  assert.ok(seen[0].connection === client && seen[0].error instanceof Error);
  assert.strictEqual(seen[0].error.code, 'ERR_WEBSOCKET_HANDSHAKE');
});

describe('why a connection is on which transport', () => {
  /** What a process prints with such an environment. */
  function said(env, options = '{}') {
    const program = `
      const WebSocket = require(${JSON.stringify(require.resolve('..'))});
      const server = require('http').createServer();
      server.on('upgrade', (request, socket, head) => new WebSocket(request, socket, head));
      server.listen(0, '127.0.0.1', async () => {
        const url = 'ws://name:secret@127.0.0.1:' + server.address().port + '/path';
        const client = new WebSocket.Client(url, null, ${options});
        await client.opened;
        setTimeout(() => process.exit(), 50);
      });`;
    const { stderr, status } = spawnSync(process.execPath, ['-e', program], {
      env: { ...process.env, ...env },
      encoding: 'utf8'
    });
    assert.strictEqual(status, 0, stderr);
    assert.ok(!stderr.includes('secret'), stderr);
    return stderr.split('\n').filter((line) => line.includes('client'));
  }

  for (const env of [{ FAYE_WEBSOCKET_DEBUG: '1' }, { NODE_DEBUG: 'faye-websocket' }]) {
    test(`is printed with ${Object.keys(env)}`, () => {
      const [line, ...more] = said({ ...env, FAYE_WEBSOCKET_TRANSPORT: '' });
      assert.deepStrictEqual(more, []);
      const expected =
        WebSocket.engine === 'wasm'
          ? /the stream transport, since the WebAssembly engine/
          : /the direct transport, since nothing is against it|the stream transport, since .* this system/;
      assert.match(line, /^FAYE-WEBSOCKET \d+: client ws:\/\/127\.0\.0\.1:\d+\/path: /);
      assert.match(line, expected);
      const [chosen] = said(env, "{ transport: 'stream' }");
      assert.match(chosen, /the stream transport, since the option transport/);
    });
  }

  test('is not printed unless somebody asks', () => {
    assert.deepStrictEqual(said({ FAYE_WEBSOCKET_DEBUG: '', NODE_DEBUG: '' }), []);
  });
});

alsoWithWebAssembly(__filename);
