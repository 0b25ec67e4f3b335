'use strict';

// Texts of 8 MiB and more that have passed extensions of the caller's become strings a part in each turn of the loop. Nothing overtakes
// them, and the connection may end meanwhile.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const { deflateRawSync } = require('node:zlib');

const native = require('../lib/native');
const deflate = require('../deflate');
const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { passing } = require('../testing/passing_extension');
const { unused } = require('../testing/peers/unused_extension');
const { close, frame, text } = require('../testing/wire');

const MIB = 1 << 20;
const headers = ['Sec-WebSocket-Extensions: permessage-deflate, own'];

const compressed = (payload) =>
  frame({
    opcode: 1,
    rsv: 4,
    payload: deflateRawSync(payload, { finishFlush: 2, level: 1 }).subarray(0, -4)
  });

/** Of which the characters do not end where the parts do. */
const TEXTS = {
  ASCII: 'x'.repeat(9 * MIB + 1),
  French: `é${'été '.repeat(2 * MIB)}`,
  Chinese: `a${'漢字'.repeat(1.5 * MIB)}`,
  emoji: `ab${'😀'.repeat(2.5 * MIB)}`,
  'ASCII with one other character': `${'x'.repeat(9 * MIB)}漢`
};

const turns = async (isOver) => {
  while (!isOver()) await new Promise((resolve) => setImmediate(resolve));
};

/** Counts the parts of texts, and calls `before` before each. */
function watched(t, before = () => {}) {
  const { decodePart } = native;
  const count = { parts: 0 };
  native.decodePart = (slot, bytes, at) => {
    count.parts++;
    before(count.parts);
    return decodePart(slot, bytes, at);
  };
  t.after(() => Object.assign(native, { decodePart }));
  return count;
}

for (const transport of ['direct', 'stream']) {
  describe(
    `a large text for extensions over the ${transport} transport`,
    { skip: WebSocket.engine !== 'native' },
    () => {
      const open = async (t, extension = unused) => {
        const options = { transport, maxLength: 64 * MIB, extensions: [extension, deflate] };
        const server = await serve(t, undefined, { options });
        const client = await connect(t, server.port, { headers });
        const ws = await server.next();
        const events = [];
        ws.on('message', ({ data }) => events.push(data));
        const closed = new Promise((resolve) => ws.on('close', ({ code }) => resolve(code)));
        return { server, client, ws, events, closed };
      };

      for (const [kind, large] of Object.entries(TEXTS)) {
        test(`comes whole, in parts and in its place: ${kind}`, async (t) => {
          const { client, events, closed } = await open(t);
          const count = watched(t);
          client.send(text('before'), compressed(large), text(large), text('behind'), close(1000));
          assert.strictEqual(await closed, 1000);
          const isSame = events[1] === large && events[2] === large;
          assert.deepStrictEqual(
            [events.length, events[0], isSame, events[3]],
            [4, 'before', true, 'behind']
          );
          assert.ok(count.parts >= (2 * Buffer.byteLength(large)) / MIB, String(count.parts));
        });
      }

      test('is what an extension passed, though its memory is overwritten behind the callback', async (t) => {
        const own = passing('own', (message, callback) => {
          const data = Buffer.from(message.data);
          callback(null, { ...message, data });
          data.fill('y');
        });
        const { client, events, closed } = await open(t, own);
        client.send(compressed(TEXTS.Chinese), text(TEXTS.French), close(1000));
        assert.strictEqual(await closed, 1000);
        assert.deepStrictEqual([events[0] === TEXTS.Chinese, events[1] === TEXTS.French], [true, true]);
      });

      test('ends the connection with 1007 if it is not UTF-8', async (t) => {
        const { client, events, closed } = await open(t);
        client.send(text('before'), compressed(Buffer.alloc(9 * MIB, 0xff)), text('behind'));
        assert.strictEqual(await closed, 1007);
        assert.deepStrictEqual(events, ['before']);
      });

      test('ends the connection with 1011 if there is no memory for it', async (t) => {
        const { client, events, closed } = await open(t);
        watched(t, (part) => {
          if (part === 3) throw new Error('Out of memory');
        });
        client.send(text('before'), compressed(TEXTS.Chinese), text('behind'));
        assert.strictEqual(await closed, 1011);
        assert.deepStrictEqual(events, ['before']);
      });

      test('ends the connection with 1011 if an extension gives its memory away meanwhile', async (t) => {
        const { client, events, closed } = await open(t);
        const { decodePart } = native;
        t.after(() => Object.assign(native, { decodePart }));
        native.decodePart = (slot, bytes, at) => {
          const end = decodePart(slot, bytes, at);
          structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
          return end;
        };
        client.send(text('before'), compressed(TEXTS.Chinese), text('behind'));
        assert.strictEqual(await closed, 1011);
        assert.deepStrictEqual(events, ['before']);
      });

      test('goes with a connection that ends meanwhile, and the next one comes', async (t) => {
        for (const end of ['terminate', 'destroy', 'close']) {
          const { client, ws, events, closed } = await open(t);
          watched(t, (part) => {
            if (part !== 3) return;
            if (end === 'terminate') ws.terminate();
            else if (end === 'destroy') client.socket.destroy();
            else ws.close(1001);
          });
          client.send(compressed(TEXTS.Chinese), text('behind'), close(1001));
          await closed;
          const other = await open(t);
          other.client.send(compressed(TEXTS.French));
          await turns(() => other.events.length === 1);
          assert.ok(other.events[0] === TEXTS.French && events.length <= 2);
        }
      });

      test('has the messages behind it told although its handler throws', async (t) => {
        const { client, ws, events } = await open(t);
        ws.once('message', () => {
          throw new Error('thrown by the test');
        });
        const listeners = process.listeners('uncaughtException');
        process.removeAllListeners('uncaughtException');
        t.after(() => listeners.forEach((listener) => process.on('uncaughtException', listener)));
        const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
        client.send(compressed(TEXTS.Chinese), text('behind'));
        assert.strictEqual((await thrown).message, 'thrown by the test');
        await turns(() => events.includes('behind'));
      });
    }
  );
}
