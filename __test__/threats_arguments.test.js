'use strict';

// Numbers, arrays and views where a text belongs: what leaves is their text or their own bytes, and never memory that
// nobody has written. (A Buffer that is made of a number once brought secrets onto the wire.)

const assert = require('node:assert');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const driver = require('../driver');
const { agreement, listen } = require('../testing/peers/raw_server');
const { connect, dial } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { close } = require('../testing/wire');

/** Memory with something in it, which would show. */
for (let i = 0; i < 100; i++) Buffer.allocUnsafe(2000).fill('SECRET');

/** Values, by what they are. */
const VALUES = {
  'a number': 50,
  'a large number': 1e9,
  'a view of floats': new Float32Array(20),
  'a large view': new Float64Array(1000),
  'bytes of zeros': new Uint8Array(30),
  'an ArrayBuffer': new ArrayBuffer(20),
  'an array': [1, 2, 3],
  'an empty array of 50': new Array(50),
  'an object with a length': { length: 50, toString: () => 'text' },
  'a boolean': true,
  'a big integer': 2n ** 64n
};

/** Three bytes, of which and of whose memory each property says something else and calls a function, by what they are. */
/** So many bytes do not stand among short frames. */
const MANY = 20_000;
const TREACHEROUS = {
  'a typed array': () => new Uint8Array([1, 2, 3]),
  'an ArrayBuffer': () => Uint8Array.of(1, 2, 3).buffer,
  'a DataView': () => new DataView(Uint8Array.of(1, 2, 3).buffer),
  'shared bytes': () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(3));
    bytes.set([1, 2, 3]);
    return bytes;
  }
};

function treacherous(make, betray) {
  const view = make();
  const get = () => {
    betray();
    return 1e9;
  };
  for (const object of ArrayBuffer.isView(view) ? [view.buffer, view] : [view]) {
    for (const property of ['buffer', 'byteLength', 'byteOffset', 'length', 'resizable'])
      Object.defineProperty(object, property, { get });
  }
  return view;
}

/** A server's or a client's connection, and its peer. */
async function pair(t, role, transport) {
  if (role === 'server') {
    const server = await serve(t, () => {}, { options: { transport } });
    const peer = await connect(t, server.port);
    return { ws: await server.next(), peer };
  }
  const server = await listen(t);
  const ws = new WebSocket.Client(server.url, [], { transport });
  const peer = await server.next();
  const opened = new Promise((resolve) => ws.once('open', resolve));
  peer.send(agreement(await peer.head()));
  await opened;
  return { ws, peer };
}

/** What may leave for a value: its text, or, where it is one of bytes, those. */
function isHonest(payload, value, most) {
  const expected = Buffer.from(String(value)).subarray(0, most);
  if (payload.equals(expected)) return true;
  const bytes = ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer)
    : value instanceof ArrayBuffer && Buffer.from(value);
  return Boolean(bytes) && payload.equals(bytes.subarray(0, most));
}

for (const role of ['server', 'client']) {
  for (const transport of ['direct', 'stream']) {
    describe(`what is passed (${role}, ${transport} transport)`, () => {
      for (const [what, value] of Object.entries(VALUES)) {
        test(`as ${what} leaves as its text, or as its bytes`, async (t) => {
          const { ws, peer } = await pair(t, role, transport);
          ws.send(value);
          assert.ok(isHonest((await peer.frame()).payload, value));
          try {
            ws.ping(value);
            assert.ok(isHonest((await peer.frame()).payload, value));
          } catch (error) {
            assert.ok(error instanceof RangeError, error);
          }
          ws.close(1000, value);
          const { opcode, payload } = await peer.frame();
          assert.strictEqual(opcode, 8);
          assert.strictEqual(payload.readUInt16BE(0), 1000);
          assert.ok(isHonest(payload.subarray(2), value, 123), payload.toString('latin1'));
          peer.send(close(1000));
        });
      }

      for (const [what, make] of Object.entries(TREACHEROUS)) {
        test(`as ${what} that ends the connection when it is looked at leaves as its bytes, unasked`, async (t) => {
          const { ws, peer } = await pair(t, role, transport);
          const view = treacherous(make, () => ws.terminate());
          ws.send(view);
          assert.deepStrictEqual([...(await peer.frame()).payload], [1, 2, 3]);
          ws.ping(view);
          assert.deepStrictEqual([...(await peer.frame()).payload], [1, 2, 3]);
          ws.close();
          peer.send(close(1000));
        });
      }

      for (const array of [Uint8Array, Buffer]) {
        test(`as many bytes of a ${array.name} that ends the connection when asked for its length leaves whole, unasked`, async (t) => {
          const { ws, peer } = await pair(t, role, transport);
          const bytes = Buffer.alloc(MANY, 'abc');
          const view = array.from(bytes);
          const get = () => {
            ws.terminate();
            return 3;
          };
          Object.defineProperty(view, 'length', { get });
          ws.send(view);
          assert.ok(bytes.equals((await peer.frame()).payload));
          ws.close();
          peer.send(close(1000));
        });
      }
    });
  }
}

describe('what is passed to a draft', () => {
  for (const [what, value] of Object.entries(VALUES)) {
    test(`as ${what} leaves as its text, or not at all`, async (t) => {
      const server = await serve(t);
      const client = await dial(t, server.port);
      client.send(
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nOrigin: b\r\n\r\n'
      );
      await client.head();
      const ws = await server.next();
      ws.send(value);
      ws.ping(value);
      ws.close(1000, value);
      const bytes = await client.rest();
      const binary = ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
      const text = binary ? '' : `\0${String(value)}\xff`;
      assert.strictEqual(bytes.toString('latin1'), text);
    });
  }
});

describe('what is passed to a driver', () => {
  for (const [what, value] of Object.entries(VALUES)) {
    test(`as ${what} leaves as its text, or as its bytes, or throws`, () => {
      const headers = {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ=='
      };
      const subject = driver.http({ method: 'GET', url: '/', headers });
      const chunks = [];
      subject.io.on('data', (chunk) => chunks.push(chunk));
      subject.start();
      chunks.length = 0;
      for (const act of [
        () => subject.text(value),
        () => subject.ping(value),
        () => subject.close(value, 1000)
      ]) {
        try {
          act();
        } catch (error) {
          assert.ok(error instanceof TypeError || error instanceof RangeError, error);
        }
      }
      assert.doesNotMatch(
        Buffer.concat(chunks).toString('latin1'),
        /SECRET|ECRETS|CRETSE|RETSEC|ETSECR|TSECRE/
      );
    });
  }
});
