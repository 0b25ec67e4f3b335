'use strict';

// What `send` accepts, when it may be called, and what becomes of it when the stream ends right after.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { text, close } = require('../testing/wire');

const BYTES = [0, 1, 0x7f, 0x80, 0xc3, 0x28, 0xfe, 0xff];

/** The same bytes in memory of every kind, with and without an offset. */
function binaries() {
  const shared = new SharedArrayBuffer(BYTES.length);
  new Uint8Array(shared).set(BYTES);
  const around = Uint8Array.from([9, 9, 9, 9, 9, 9, 9, 9, ...BYTES, 9, 9, 9, 9, 9, 9, 9, 9]).buffer;
  return {
    Buffer: Buffer.from(BYTES),
    'a slice of a Buffer': Buffer.from(around).subarray(8, 16),
    ArrayBuffer: Uint8Array.from(BYTES).buffer,
    SharedArrayBuffer: shared,
    Uint8Array: Uint8Array.from(BYTES),
    'Uint8Array on shared memory': new Uint8Array(shared),
    Uint8ClampedArray: Uint8ClampedArray.from(BYTES),
    'Uint8Array with an offset': new Uint8Array(around, 8, 8),
    'Int8Array with an offset': new Int8Array(around, 8, 8),
    'Uint16Array with an offset': new Uint16Array(around, 8, 4),
    'Int32Array with an offset': new Int32Array(around, 8, 2),
    'Float32Array with an offset': new Float32Array(around, 8, 2),
    'Float64Array with an offset': new Float64Array(around, 8, 1),
    'BigInt64Array with an offset': new BigInt64Array(around, 8, 1),
    'DataView with an offset': new DataView(around, 8, 8)
  };
}

describe('send of binary', () => {
  for (const [kind, value] of Object.entries(binaries())) {
    test(`sends ${kind} as its bytes`, async (t) => {
      const { port } = await serve(t, (ws) => {
        assert.strictEqual(ws.send(value), true);
        ws.onopen = () => ws.send(value);
      });
      const client = await connect(t, port);
      for (const when of ['before open', 'after open']) {
        const { opcode, payload } = await client.frame();
        assert.strictEqual(opcode, 2, when);
        assert.deepStrictEqual([...payload], BYTES, when);
      }
    });
  }

  for (const size of [0, 1, 125, 126, 65535, 65536, 1 << 20]) {
    test(`sends ${size} bytes and ${size} characters whole`, async (t) => {
      const bytes = Buffer.alloc(size, 'bytes of no multiple ');
      const string = 'aé€😀'.repeat(Math.ceil(size / 5)).slice(0, size);
      const { port } = await serve(t, (ws) => {
        ws.onopen = () => {
          ws.send(bytes);
          ws.send(string);
        };
      });
      const client = await connect(t, port);
      const first = await client.frame();
      const second = await client.frame();
      assert.ok(first.opcode === 2 && first.payload.equals(bytes));
      assert.ok(second.opcode === 1 && second.payload.equals(Buffer.from(string)));
    });
  }

  // A header's size depends on the length in bytes, which is guessed before the text is encoded.
  for (const character of ['a', 'é', '€', '😀']) {
    test(`sends 1 to 150 times ${character} whole`, async (t) => {
      const { port, next } = await serve(t);
      const client = await connect(t, port);
      const ws = await next();
      const texts = Array.from({ length: 150 }, (_, i) => character.repeat(i + 1));
      for (const string of texts) ws.send(string);
      for (const string of texts) assert.deepStrictEqual(await client.frames(1), [`1:${string}`]);
    });
  }

  for (const size of [1000, 20_000, 8 << 20]) {
    test(`sends ${size} bytes as they were at the call, whatever their owner writes there later`, async (t) => {
      const bytes = Buffer.alloc(size, 1);
      const { port, next } = await serve(t);
      const client = await connect(t, port);
      const ws = await next();
      client.socket.pause();
      ws.send(bytes);
      bytes.fill(2);
      client.socket.resume();
      const { payload } = await client.frame();
      assert.strictEqual(payload.length, size);
      assert.strictEqual(payload.indexOf(2), -1, 'bytes of a later moment are on the wire');
    });
  }
});

describe('send from handlers', () => {
  test('sends from onopen, onmessage and a listener of data in the order of the calls', async (t) => {
    const { port } = await serve(t, (ws) => {
      ws.onopen = () => ws.send('open');
      ws.on('data', (data) => ws.send('data ' + data));
      ws.onmessage = ({ data }) => ws.send('onmessage ' + data);
      ws.on('message', ({ data }) => ws.send('message ' + data));
    });
    const client = await connect(t, port, { early: Buffer.concat([text('1'), text('2')]) });
    assert.deepStrictEqual(await client.frames(7), [
      '1:open',
      '1:data 1',
      '1:onmessage 1',
      '1:message 1',
      '1:data 2',
      '1:onmessage 2',
      '1:message 2'
    ]);
  });

  test('sends to each of several connections, in one turn, what is for it', async (t) => {
    const all = [];
    const { port } = await serve(t, (ws) => {
      ws.onmessage = () => {
        for (const part of ['first', 'second'])
          for (const [i, one] of all.entries()) {
            one.send(`${part} for ${i}`);
            one.send(Buffer.from(`bytes for ${i}`));
            one.ping(`ping for ${i}`);
          }
        for (const [i, one] of all.entries()) one.close(3000 + i, `end of ${i}`);
      };
      all.push(ws);
    });
    const clients = [];
    for (let i = 0; i < 5; i++) clients.push(await connect(t, port));
    clients[2].send(text('go'));
    for (const [i, client] of clients.entries()) {
      const parts = ['first', 'second'].flatMap((part) => [
        `1:${part} for ${i}`,
        `2:bytes for ${i}`,
        `9:ping for ${i}`
      ]);
      assert.deepStrictEqual(await client.frames(7), [...parts, `8:${3000 + i}:end of ${i}`]);
    }
  });

  test('refuses to send from onclose and sends nothing', async (t) => {
    const results = [];
    const { port, next } = await serve(t, (ws) => {
      ws.onclose = () => results.push(ws.send('late'), ws.write('late'), ws.ping('late'), ws.close());
    });
    const client = await connect(t, port);
    const closed = once(await next(), 'close');
    client.send(close(1000, 'bye'));
    assert.deepStrictEqual(await client.frames(1), ['8:1000:bye']);
    await closed;
    assert.deepStrictEqual(results, [false, false, false, undefined]);
    assert.strictEqual((await client.rest()).length, 0);
  });

  test('puts nothing behind the close frame of a violation, whatever onerror sends', async (t) => {
    const { port } = await serve(t, (ws) => {
      ws.onerror = () => {
        ws.send('after');
        ws.ping('after');
        ws.close(3000, 'after');
      };
    });
    const client = await connect(t, port);
    client.send(text('x', { rsv: 4 }));
    const { opcode, payload } = await client.frame();
    assert.deepStrictEqual([opcode, payload.readUInt16BE(0)], [8, 1002]);
    assert.strictEqual((await client.rest()).length, 0);
  });
});

describe('send right before the end', () => {
  for (const [what, end] of [
    ['socket.end()', (ws, socket) => socket.end()],
    ['ws.close()', (ws) => ws.close(1000, '')],
    ['ws.end()', (ws) => ws.end()],
    ['socket.destroySoon()', (ws, socket) => socket.destroySoon()]
  ]) {
    test(`delivers 1,000 messages and 200 KB before ${what}`, async (t) => {
      const { port } = await serve(t, (ws, request, socket) => {
        ws.onmessage = () => {
          for (let i = 0; i < 1000; i++) ws.send('message ' + i);
          ws.send(Buffer.alloc(200_000, 7));
          end(ws, socket);
        };
      });
      const client = await connect(t, port);
      client.send(text('go'));
      const expected = Array.from({ length: 1000 }, (_, i) => '1:message ' + i);
      assert.deepStrictEqual(await client.frames(1000), expected);
      assert.strictEqual((await client.frame()).payload.length, 200_000);
    });
  }

  test('delivers a message before socket.destroy()', async (t) => {
    const { port } = await serve(t, (ws, request, socket) => {
      ws.onmessage = () => {
        ws.send('last words');
        socket.destroy();
      };
    });
    const client = await connect(t, port);
    client.send(text('go'));
    assert.deepStrictEqual(await client.frames(1), ['1:last words']);
    assert.strictEqual((await client.rest()).length, 0);
  });

  test('delivers a message that a timer sends before socket.destroy()', async (t) => {
    const { port, next, sockets } = await serve(t);
    const client = await connect(t, port);
    const ws = await next();
    const [socket] = sockets;
    setImmediate(() => {
      ws.send('last words');
      socket.destroy();
    });
    assert.deepStrictEqual(await client.frames(1), ['1:last words']);
  });

  test('delivers a message before what the owner of the socket writes', async (t) => {
    const { port } = await serve(t, (ws, request, socket) => {
      ws.onmessage = () => {
        ws.send('one');
        socket.write(text('two', { mask: null }));
        ws.send('three');
      };
    });
    const client = await connect(t, port);
    client.send(text('go'));
    assert.deepStrictEqual(await client.frames(3), ['1:one', '1:two', '1:three']);
  });
});
