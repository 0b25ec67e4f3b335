'use strict';

// Blobs of other libraries, or of nobody's: what they do becomes an `error` and the code 1011, or a message, and never an
// exception of the process.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { connect } = require('../testing/peers/raw_client');
const { TRANSPORTS } = require('../testing/peers/engines');
const { closing, serve } = require('../testing/peers/server');

/** Something that passes for a Blob of four bytes. */
function blobOf(arrayBuffer, size = 4) {
  return { arrayBuffer, size, [Symbol.toStringTag]: 'Blob' };
}

function detached() {
  const memory = new ArrayBuffer(4);
  structuredClone(memory, { transfer: [memory] });
  return memory;
}

/** What `arrayBuffer` does, and what the error says of it. */
const FAILING = {
  'rejects with an error': [() => Promise.reject(new Error('gone')), /: gone$/],
  'rejects with nothing': [() => Promise.reject(undefined), /: undefined$/],
  throws: [
    () => {
      throw new Error('at once');
    },
    /: at once$/
  ],
  'returns nothing': [() => undefined, /Received undefined/],
  'returns an object': [() => ({}), /Received an instance of Object/],
  'resolves with a number': [async () => 5, /Received type number/],
  'resolves with detached memory': [async () => detached(), /detached/]
};

/** What `arrayBuffer` comes to, and the message. */
const GIVING = {
  'shared memory': async () => new SharedArrayBuffer(4),
  'resizable memory': async () => new ArrayBuffer(4, { maxByteLength: 8 }),
  'a thenable': () => ({ then: (resolve) => resolve(new ArrayBuffer(4)) })
};

for (const transport of TRANSPORTS) {
  describe(`a Blob that is not Node's (${transport} transport)`, () => {
    for (const [name, [arrayBuffer, says]] of Object.entries(FAILING)) {
      test(`ends its connection with 1011 if it ${name}`, async (t) => {
        const server = await serve(t, undefined, { options: { transport } });
        const client = await connect(t, server.port);
        const ws = await server.next();
        const errors = [];
        ws.on('error', ({ message }) => errors.push(message));
        const closed = closing(ws);
        assert.strictEqual(ws.send(blobOf(arrayBuffer)), false);
        ws.send('behind');
        assert.deepStrictEqual(await client.frames(1), ['8:1011:A Blob could not be read']);
        assert.strictEqual((await closed).code, 1011);
        assert.strictEqual(errors.length, 1);
        assert.match(errors[0], /^A Blob could not be read/);
        assert.match(errors[0], says);
      });
    }

    for (const [name, arrayBuffer] of Object.entries(GIVING)) {
      test(`is sent if it gives ${name}, in order`, async (t) => {
        const server = await serve(t, undefined, { options: { transport } });
        const client = await connect(t, server.port);
        const ws = await server.next();
        ws.send(blobOf(arrayBuffer, undefined));
        ws.send('behind');
        assert.strictEqual(Number.isNaN(ws.bufferedAmount), false);
        assert.deepStrictEqual(await client.frames(2), ['2:\0\0\0\0', '1:behind']);
      });
    }

    test('leaves the loop to others while many are read, and all are sent in order', async (t) => {
      const server = await serve(t, undefined, { options: { transport } });
      const client = await connect(t, server.port);
      const ws = await server.next();
      let turns = 0;
      let counts = setImmediate(function count() {
        turns++;
        counts = setImmediate(count);
      });
      const slow = async (i) => {
        for (const end = performance.now() + 1; performance.now() < end;);
        return Buffer.from([48 + i]);
      };
      for (let i = 0; i < 50; i++) ws.send(blobOf(() => slow(i), 1));
      await once(ws, 'drain');
      clearImmediate(counts);
      assert.ok(turns > 10, `${turns} turns`);
      const expected = Array.from({ length: 50 }, (_, i) => `2:${String.fromCharCode(48 + i)}`);
      assert.deepStrictEqual(await client.frames(50), expected);
    });
  });
}
