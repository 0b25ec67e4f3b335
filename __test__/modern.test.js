'use strict';

// What a connection has for `await`, and what a browser's has: promises, states by name, Blobs, types of binary data.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { once } = require('node:events');
const { PassThrough } = require('node:stream');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { TRANSPORTS, alsoWithWebAssembly } = require('../testing/peers/engines');
const { until } = require('../testing/peers/moved_time');
const { connect } = require('../testing/peers/raw_client');
const { listen } = require('../testing/peers/raw_server');
const { closing, serve } = require('../testing/peers/server');
const { binary, text } = require('../testing/wire');

/** A server's connection, and its client of raw bytes. */
async function pair(t, options, settings = {}) {
  const server = await serve(t, settings.onWebSocket, { options });
  const client = await connect(t, server.port, settings);
  const ws = await server.next();
  await ws.opened;
  return { server, client, ws };
}

for (const transport of TRANSPORTS) {
  describe(`over the ${transport} transport`, () => {
    test('who listens for close behind terminate hears of it, in both roles', async (t) => {
      const { ws, server } = await pair(t, { transport });
      const own = new WebSocket.Client(`ws://127.0.0.1:${server.port}/`, [], { transport });
      await own.opened;
      for (const one of [ws, own]) {
        one.terminate();
        assert.strictEqual(one.readyState, WebSocket.CLOSED);
        const [event] = await once(one, 'close');
        assert.strictEqual(event.code, 1006);
      }
    });

    test('a Blob is sent in order with what is before and behind it, the close frame included', async (t) => {
      const { ws, client } = await pair(t, { transport });
      ws.send('1');
      assert.strictEqual(ws.send(new Blob(['two ', 'parts'])), false);
      const bytes = Buffer.from('3');
      ws.send(bytes);
      bytes.fill(0);
      ws.send(new Blob([]));
      ws.send({ toString: () => '5' });
      assert.strictEqual(ws.bufferedAmount >= 11, true);
      ws.close(3000, 'six');
      assert.strictEqual(ws.send('too late'), false);
      assert.deepStrictEqual(await client.frames(6), [
        '1:1',
        '2:two parts',
        '2:3',
        '2:',
        '1:5',
        '8:3000:six'
      ]);
    });

    test('drain follows a Blob', async (t) => {
      const { ws, client } = await pair(t, { transport });
      const drained = once(ws, 'drain');
      ws.send(new Blob(['x']));
      await drained;
      assert.strictEqual(ws.send('y'), true);
      assert.deepStrictEqual(await client.frames(2), ['2:x', '1:y']);
    });

    test('a Blob that cannot be read ends the connection with 1011, and what is behind it does not leave', async (t) => {
      const { ws, client } = await pair(t, { transport });
      const error = new Promise((resolve) => ws.once('error', resolve));
      const blob = new Blob(['x']);
      blob.arrayBuffer = () => Promise.reject(new Error('the file has changed'));
      ws.send(blob);
      ws.send('behind it');
      assert.deepStrictEqual(await client.frames(1), ['8:1011:A Blob could not be read']);
      assert.strictEqual((await error).code, 'ERR_WEBSOCKET_BLOB');
      assert.strictEqual((await error).cause.message, 'the file has changed');
      assert.strictEqual((await ws.closed).code, 1011);
    });

    for (const [what, arrayBuffer] of [
      [
        'throws',
        () => {
          throw new Error('at once');
        }
      ],
      ['rejects with nothing', () => Promise.reject()],
      ['gives what are no bytes', async () => 7]
    ]) {
      test(`one of somebody’s own that ${what} does the same`, async (t) => {
        const { ws, client } = await pair(t, { transport });
        ws.send({ [Symbol.toStringTag]: 'Blob', size: 1, arrayBuffer });
        ws.send('behind it');
        assert.deepStrictEqual(await client.frames(1), ['8:1011:A Blob could not be read']);
        assert.strictEqual((await ws.closed).code, 1011);
      });
    }

    test('a Blob that is being read when the connection goes is nobody’s any more', async (t) => {
      const { ws } = await pair(t, { transport });
      let read;
      const blob = new Blob(['x']);
      blob.arrayBuffer = () => new Promise((resolve) => (read = resolve));
      ws.send(blob);
      ws.terminate();
      await ws.closed;
      read(new ArrayBuffer(1));
      await new Promise((resolve) => setImmediate(resolve));
      assert.strictEqual(ws.bufferedAmount, 0);
    });

    test('binaryType says as what a binary message comes', async (t) => {
      const { ws, client } = await pair(t, { transport });
      const next = async () => (await new Promise((resolve) => ws.once('message', resolve))).data;
      assert.strictEqual(ws.binaryType, 'nodebuffer');
      const bytes = Buffer.from([1, 2, 3]);
      for (const [type, check] of [
        ['arraybuffer', (data) => data instanceof ArrayBuffer && Buffer.from(data).equals(bytes)],
        ['blob', async (data) => data instanceof Blob && Buffer.from(await data.arrayBuffer()).equals(bytes)],
        ['nodebuffer', (data) => Buffer.isBuffer(data) && data.equals(bytes)]
      ]) {
        ws.binaryType = type;
        assert.strictEqual(ws.binaryType, type);
        client.send(binary(bytes));
        assert.ok(await check(await next()), type);
      }
      ws.binaryType = 'blob';
      client.send(text('text stays text'));
      assert.strictEqual(await next(), 'text stays text');
      const data = new Promise((resolve) => ws.once('data', resolve));
      client.send(binary(bytes));
      assert.deepStrictEqual(await data, bytes);
      assert.throws(
        () => (ws.binaryType = 'text'),
        /^TypeError: binaryType must be 'nodebuffer', .*, not text$/
      );
      ws.terminate();
    });

    test('an ArrayBuffer is its receiver’s alone', async (t) => {
      const { ws, client } = await pair(t, { transport });
      ws.binaryType = 'arraybuffer';
      const got = [];
      ws.onmessage = ({ data }) => got.push(data);
      client.send(binary('one'), binary('two'), binary('three'));
      await until(() => got.length === 3);
      assert.deepStrictEqual(
        got.map((data) => data.byteLength),
        [3, 3, 5]
      );
      structuredClone(got[0], { transfer: [got[0]] });
      assert.deepStrictEqual(
        got.slice(1).map((data) => String(Buffer.from(data))),
        ['two', 'three']
      );
      ws.terminate();
    });

    test('compress: false leaves a message as it is', async (t) => {
      const server = await serve(t, undefined, { options: { transport, extensions: [WebSocket.deflate] } });
      const client = await connect(t, server.port, {
        headers: ['Sec-WebSocket-Extensions: permessage-deflate']
      });
      const ws = await server.next();
      await ws.opened;
      const message = 'compressible '.repeat(100);
      const rsv1 = async () => {
        await until(() => client.bytes.length > 0);
        const compressed = (client.bytes[0] & 0x40) !== 0;
        const { payload } = await client.frame();
        return compressed || String(payload);
      };
      ws.send(message);
      assert.strictEqual(await rsv1(), true);
      ws.send(message, { compress: false });
      assert.strictEqual(await rsv1(), message);
      ws.send(Buffer.from(message), { compress: false });
      assert.strictEqual(await rsv1(), message);
      ws.send('Ünïcödé €', { compress: false });
      assert.strictEqual(await rsv1(), 'Ünïcödé €');
      ws.send(message, { compress: true });
      assert.strictEqual(await rsv1(), true);
      for (const ignored of [null, () => {}, {}, 7]) {
        ws.send(message, ignored);
        assert.strictEqual(await rsv1(), true);
      }
      assert.throws(() => ws.send(message, { compress: 'no' }), /^TypeError: The option compress/);
      ws.terminate();
    });

    test('a message that is not compressed stays behind one that is being compressed', async (t) => {
      const server = await serve(t, undefined, { options: { transport, extensions: [WebSocket.deflate] } });
      const seen = [];
      const client = new WebSocket.Client(server.url, [], { extensions: [WebSocket.deflate] });
      client.onmessage = ({ data }) => seen.push(data.length);
      const ws = await server.next();
      await Promise.all([ws.opened, client.opened]);
      ws.send('long '.repeat(400_000));
      ws.send('short', { compress: false });
      ws.send('shorter');
      ws.close();
      await client.closed;
      assert.deepStrictEqual(seen, [2_000_000, 5, 7]);
    });
  });
}

test('opened resolves to the connection, and closed to how it ended, whenever they are asked for', async (t) => {
  const server = await serve(t);
  const client = new WebSocket.Client(server.url);
  assert.strictEqual(client.opened, client.opened);
  assert.strictEqual(await client.opened, client);
  const ws = await server.next();
  ws.close(3001, 'why');
  assert.deepStrictEqual(await client.closed, { code: 3001, reason: 'why' });
  assert.deepStrictEqual(await ws.closed, { code: 3001, reason: 'why' });
  // Asked for only now.
  await ws.opened;
});

test('opened rejects with a real Error, and so does once', async (t) => {
  const { url } = await listen(t, (peer) => peer.socket.end('HTTP/1.1 404 Not Found\r\n\r\n'));
  const client = new WebSocket.Client(url);
  const [byOnce, byPromise] = await Promise.allSettled([once(client, 'open'), client.opened]);
  for (const { reason: error } of [byOnce, byPromise]) {
    assert.ok(error instanceof Error && require('node:util').types.isNativeError(error));
    assert.strictEqual(error.code, 'ERR_WEBSOCKET_HANDSHAKE');
    assert.strictEqual(error.statusCode, 404);
    assert.match(error.message, /Unexpected response code: 404/);
    assert.match(error.stack, /Unexpected response code: 404\n {4}at /);
  }
  assert.strictEqual((await client.closed).code, 1002);
  // The event is one all the same.
  const { reason: event } = byOnce;
  assert.ok(event instanceof require('../lib/faye/websocket/api/event'));
  assert.strictEqual(event.target, client);
  assert.deepStrictEqual(Object.keys(event), [
    'type',
    'message',
    'bubbles',
    'cancelable',
    'currentTarget',
    'target',
    'eventPhase'
  ]);
});

test('opened rejects when the owner closes first, and nobody has to handle that', () => {
  const program = `
    const WebSocket = require(${JSON.stringify(require.resolve('..'))});
    const server = require('net').createServer(() => {}).listen(0, '127.0.0.1', async () => {
      const ws = new WebSocket.Client('ws://127.0.0.1:' + server.address().port);
      ws.opened;
      ws.close();
      await ws.closed;
      setTimeout(async () => {
        await ws.opened.catch((error) => console.log(error.code));
        process.exit();
      }, 20);
    });`;
  const { stdout, status, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  assert.deepStrictEqual([stdout, status], ['ERR_WEBSOCKET_CLOSED\n', 0], stderr);
});

test('disposal closes the connection and waits', { skip: !Symbol.asyncDispose }, async (t) => {
  const server = await serve(t);
  const client = new WebSocket.Client(server.url);
  await client.opened;
  const ws = await server.next();
  const told = closing(ws);
  await client[Symbol.asyncDispose]();
  assert.strictEqual(client.readyState, WebSocket.Client.CLOSED);
  assert.strictEqual((await told).code, 1000);
  await client[Symbol.asyncDispose]();
});

test('states have names on constructors and instances, which no listing shows', async (t) => {
  const server = await serve(t);
  const client = new WebSocket.Client(server.url);
  const names = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];
  for (const of of [WebSocket, WebSocket.Client, client]) {
    assert.deepStrictEqual(
      names.map((name) => of[name]),
      [0, 1, 2, 3]
    );
  }
  const shown = [];
  for (const name in client) shown.push(name);
  assert.ok(!shown.some((name) => names.includes(name) || ['opened', 'closed', 'binaryType'].includes(name)));
  client.terminate();
});

test('who asks for `opened` once a connection has failed is told why', async () => {
  const client = new WebSocket.Client('ws://127.0.0.1:1/');
  const failed = new Promise((resolve) => client.once('close', resolve));
  await failed;
  await assert.rejects(client.opened, { code: 'ECONNREFUSED' });
});

test('`closed` of a handshake that a server refuses has the code 1006', async () => {
  const request = { method: 'GET', url: '/', headers: {} };
  const socket = new PassThrough();
  const ws = new WebSocket(request, socket, Buffer.alloc(0));
  const event = new Promise((resolve) => ws.once('close', ({ code, reason }) => resolve([code, reason])));
  socket.resume();
  await assert.rejects(ws.opened, { code: 'ERR_WEBSOCKET_HANDSHAKE' });
  assert.deepStrictEqual(await ws.closed, { code: 1006, reason: '' });
  // As in faye-websocket.
  assert.deepStrictEqual(await event, [null, null]);
});

test('a Blob that is sent before the connection opens is sent then', async (t) => {
  const server = await serve(t, (ws) => ws.pipe(ws));
  const client = new WebSocket.Client(server.url);
  client.send('1');
  client.send(new Blob(['2']));
  client.send('3');
  const seen = [];
  for await (const message of client) {
    seen.push(String(message));
    if (seen.length === 3) client.close();
  }
  assert.deepStrictEqual(seen, ['1', '2', '3']);
});

alsoWithWebAssembly(__filename);
