'use strict';

// Memory that is given to `send` and `ping`: what leaves is what it held at the call, whoever shares, overwrites or takes
// it; and what has lost its memory is refused.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const util = require('node:util');
const vm = require('node:vm');

const deflate = require('../deflate');
const WebSocket = require('../testing/peers/implementation');
const { serve } = require('../testing/peers/server');
const { until } = require('../testing/peers/told');
const { tryTransfer } = require('../testing/peers/transfers');

/** Everything that is bytes, over memory that a function makes, and the part of it that is to be sent. */
const VIEWS = {
  memory: (memory) => [memory, 0, 16],
  Buffer: (memory) => [Buffer.from(memory), 0, 16],
  'part of a Buffer': (memory) => [Buffer.from(memory, 3, 5), 3, 8],
  Uint8Array: (memory) => [new Uint8Array(memory, 4, 8), 4, 12],
  Float32Array: (memory) => [new Float32Array(memory, 4, 2), 4, 12],
  DataView: (memory) => [new DataView(memory, 1, 9), 1, 10]
};

const MEMORIES = {
  ArrayBuffer: () => new ArrayBuffer(16),
  SharedArrayBuffer: () => new SharedArrayBuffer(16),
  'ArrayBuffer of another realm': () => vm.runInNewContext('new ArrayBuffer(16)'),
  'SharedArrayBuffer of another realm': () => vm.runInNewContext('new SharedArrayBuffer(16)')
};

const RESIZABLE = 'resizable' in ArrayBuffer.prototype;

/** Fills memory with numbers of its own, and returns a copy. */
function fill(memory) {
  const bytes = new Uint8Array(memory);
  bytes.forEach((_, i) => (bytes[i] = i + 1));
  return Buffer.from(bytes);
}

/** A connection of ours to a server of ours, whose messages are kept. */
async function pair(t, options) {
  const { url, next } = await serve(t, undefined, { options });
  const client = new WebSocket.Client(url, [], options);
  t.after(() => client.terminate());
  const server = await next();
  const received = [];
  server.on('message', ({ data }) => received.push(data));
  return { client, server, received };
}

for (const transport of ['stream', 'direct']) {
  describe(`over the ${transport} transport`, () => {
    for (const when of ['before it is open', 'once it is open']) {
      test(`bytes in any memory leave as bytes, sent ${when}`, async (t) => {
        const { client, received } = await pair(t, { transport });
        if (when === 'once it is open') await once(client, 'open');
        const expected = [];
        for (const make of Object.values(MEMORIES)) {
          for (const view of Object.values(VIEWS)) {
            const memory = make();
            const bytes = fill(memory);
            const [data, start, end] = view(memory);
            expected.push(bytes.subarray(start, end));
            assert.strictEqual(client.send(data), true);
          }
        }
        await until(() => received.length >= expected.length);
        assert.deepStrictEqual(received, expected);
      });

      test(`memory that is detached is refused, and others leave, sent ${when}`, async (t) => {
        const { client, received } = await pair(t, { transport });
        if (when === 'once it is open') await once(client, 'open');
        for (const view of Object.values(VIEWS)) {
          const [data] = view(new ArrayBuffer(16));
          structuredClone(data.buffer || data, { transfer: [data.buffer || data] });
          assert.throws(() => client.send(data), { name: 'TypeError', message: /detached/ });
          if (ArrayBuffer.isView(data)) assert.throws(() => client.ping(data), /detached/);
        }
        client.send(Buffer.alloc(0));
        client.send('others');
        await until(() => received.length >= 2);
        assert.deepStrictEqual(received, [Buffer.alloc(0), 'others']);
      });

      test(
        `bytes in memory that can be resized leave as they are, sent ${when}`,
        { skip: !RESIZABLE },
        async (t) => {
          const { client, received } = await pair(t, { transport });
          if (when === 'once it is open') await once(client, 'open');
          const expected = [];
          for (const view of Object.values(VIEWS)) {
            for (const shrinks of [false, true]) {
              const memory = new ArrayBuffer(16, { maxByteLength: 64 });
              const bytes = fill(memory);
              const [data, start, end] = view(memory);
              if (shrinks) memory.resize(2);
              if (shrinks && util.types.isDataView(data)) {
                assert.throws(() => client.send(data), TypeError);
                continue;
              }
              // What has become too short for a view leaves nothing of it.
              const most = shrinks ? (data === memory ? 2 : 0) : end;
              expected.push(bytes.subarray(Math.min(start, most), most));
              client.send(data);
              memory.resize(0);
            }
          }
          await until(() => received.length >= expected.length);
          assert.deepStrictEqual(received, expected);
        }
      );

      test(`bytes that V8 has made in its heap and elsewhere leave, sent ${when}`, async (t) => {
        const { client, server, received } = await pair(t, { transport });
        if (when === 'once it is open') await once(client, 'open');
        const expected = [];
        const send = (data) => {
          expected.push(Buffer.from(data));
          client.send(data);
        };
        for (const length of [0, 1, 63, 64, 65, 127, 512, 8192, 8193, 20000]) {
          for (const make of [
            (n) => new Uint8Array(n),
            (n) => Buffer.alloc(n),
            (n) => Buffer.alloc(n + 9).subarray(9)
          ]) {
            const [data, other] = [make(length), make(length)];
            for (const value of [1, 2, 3]) {
              send(data.fill(value));
              send(other.fill(value + 3));
              send(other.fill(value + 6));
            }
          }
        }
        await until(() => received.length >= expected.length);
        assert.deepStrictEqual(received, expected);
        const back = [];
        client.on('message', ({ data }) => back.push(data));
        for (const data of received) server.send(data);
        await until(() => back.length >= expected.length);
        assert.deepStrictEqual(back, expected);
      });

      for (const extensions of [[], [deflate]]) {
        const coding = extensions.length > 0 ? ', compressed,' : '';
        test(`what is overwritten or taken right behind the call leaves${coding} as it was, sent ${when}`, async (t) => {
          const { client, received } = await pair(t, { transport, extensions });
          if (when === 'once it is open') await once(client, 'open');
          const sizes = [1, 100, 5000, 20000, 70000, 300000, 2000000];
          sizes.forEach((size, i) => {
            const data = Buffer.alloc(size, String(i));
            client.send(data);
            data.fill('x');
            if (i % 2 === 1) tryTransfer('structuredClone', data);
          });
          await until(() => received.length >= sizes.length);
          received.forEach((data, i) => assert.deepStrictEqual(data, Buffer.alloc(sizes[i], String(i))));
        });
      }

      test(`the bytes of a ping are those of the call, sent ${when}`, async (t) => {
        const { client } = await pair(t, { transport });
        if (when === 'once it is open') await once(client, 'open');
        const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(65);
        const own = Buffer.from('BBBB');
        const pongs = [shared, own, new Uint8Array([67, 67])].map(
          (data) => new Promise((done) => client.ping(data, done))
        );
        shared.fill(0);
        own.fill(0);
        await Promise.all(pongs);
      });
    }

    test('bytes are bytes where there is no SharedArrayBuffer', async (t) => {
      const { client, received } = await pair(t, { transport });
      await once(client, 'open');
      const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'SharedArrayBuffer');
      delete globalThis.SharedArrayBuffer;
      try {
        client.send(new Uint8Array([1, 2]));
        client.send({ toString: () => 'text' });
      } finally {
        Object.defineProperty(globalThis, 'SharedArrayBuffer', descriptor);
      }
      await until(() => received.length >= 2);
      assert.deepStrictEqual(received, [Buffer.from([1, 2]), 'text']);
    });
  });
}
