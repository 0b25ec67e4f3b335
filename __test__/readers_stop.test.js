'use strict';

// Who reads messages by `for await` or a stream may stop. What one read has brought waits then as it came: a KiB may inflate to a
// MiB. That the peer has taken everything, or is gone, is told all the same, and nothing is lost.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const zlib = require('node:zlib');

const { settled } = require('../testing/peers/attack');
const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const { close, frame } = require('../testing/wire');

const MB = 1024 * 1024;
const COUNT = 40;
const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate';
const payload = zlib
  .deflateRawSync(Buffer.alloc(MB), { finishFlush: zlib.constants.Z_SYNC_FLUSH })
  .subarray(0, -4);
const bombs = Buffer.concat(Array(COUNT).fill(frame({ opcode: 2, payload, rsv: 4 })));
/** More than the kernel takes of a peer that reads nothing. */
const MUCH = Buffer.alloc(16 * MB);

/** Functions that give the next message. */
const READERS = {
  'for await': (ws) => {
    const messages = ws[Symbol.asyncIterator]();
    return async () => (await messages.next()).value;
  },
  toStreams: (ws) => {
    const reader = WebSocket.toStreams(ws).readable.getReader();
    return async () => (await reader.read()).value;
  }
};

/** A connection that was sent the bombs, of which its reader has read one, with a function that reads another. */
async function stopped(t, { secure, options }, readerOf) {
  const extensions = [WebSocket.deflate.configure({ threshold: MUCH.length + 1 })];
  const { port, next } = await serve(t, () => {}, { secure, options: { ...options, extensions } });
  const client = await connect(t, port, { secure, headers: [OFFER] });
  const ws = await next();
  const state = { told: 0 };
  const read = readerOf(ws);
  ws.on('message', () => state.told++);
  client.socket.pause();
  client.socket.write(bombs);
  await read();
  await settled(
    () => state.told,
    () => sleep(20)
  );
  return { ws, client, state, read };
}

for (const way of WAYS) {
  describe(
    `compressed messages of a connection whose reader has stopped: ${way.name}`,
    { timeout: 60_000 },
    () => {
      for (const [name, readerOf] of Object.entries(READERS)) {
        test(`wait as they came, and are all read in the end, by ${name}`, async (t) => {
          const { ws, client, state, read } = await stopped(t, way, readerOf);
          assert.ok(state.told < COUNT / 2, `${state.told} messages`);
          assert.strictEqual(ws.send(MUCH), false);
          const drained = once(ws, 'drain');
          client.drop();
          client.socket.resume();
          await drained;
          assert.ok(state.told < COUNT / 2, `${state.told} messages`);
          for (let i = 1; i < COUNT; i++) assert.strictEqual((await read()).length, MB);
          client.socket.write(close(1000));
          assert.strictEqual((await ws.closed).code, 1000);
        });

        test(`keep neither the peer's loss nor our close from being told, by ${name}`, async (t) => {
          const lost = await stopped(t, way, readerOf);
          lost.client.socket.destroy();
          lost.ws.send(MUCH);
          assert.strictEqual((await lost.ws.closed).code, 1006);
          const closing = await stopped(t, way, readerOf);
          closing.client.drop();
          closing.client.socket.resume();
          closing.ws.close(3000);
          closing.client.socket.write(close(3000));
          assert.strictEqual((await closing.ws.closed).code, 3000);
        });
      }
    }
  );
}
