'use strict';

// One read may bring hundreds of messages that each inflate to a MiB. While the peer takes none of the answers, what it
// has brought waits as it came, also when answers come from a promise or a timer, and nothing of it is lost.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const zlib = require('node:zlib');

const { settled } = require('../testing/peers/attack');
const WebSocket = require('../testing/peers/implementation');
const { dial, request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const { close, frame, OPCODES } = require('../testing/wire');

const MB = 1024 * 1024;
const COUNT = 120;
const OFFER = ['Sec-WebSocket-Extensions: permessage-deflate'];
const inflated = Buffer.alloc(MB, 'a');
const payload = zlib.deflateRawSync(inflated, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4);
const bombs = Buffer.concat(Array(COUNT).fill(frame({ opcode: OPCODES.text, payload, rsv: 4 })));
/** Answers are sent as they are, and so the peer must read them all. */
const extensions = [WebSocket.deflate.configure({ threshold: 2 * MB })];

const ANSWERS = {
  'at once': (ws, data) => ws.send(data),
  'as bytes': (ws, data) => ws.send(Buffer.from(data)),
  'from a promise': (ws, data) => Promise.resolve().then(() => ws.send(data)),
  'in another turn': (ws, data) => setImmediate(() => ws.send(data))
};

/** A server that has been sent the bombs by a peer that reads nothing, and has told as many as it does. */
async function attacked(t, { secure, options }, answer) {
  const state = { answered: 0, highest: 0 };
  const onWebSocket = (ws) => {
    ws.onerror = () => {};
    ws.onmessage = ({ data }) => {
      state.answered++;
      answer(ws, data);
      state.highest = Math.max(state.highest, ws.bufferedAmount);
    };
  };
  const server = await serve(t, onWebSocket, { secure, options: { ...options, extensions } });
  const client = await dial(t, server.port, { secure });
  client.send(request(OFFER));
  await client.head();
  client.socket.pause();
  const ws = await server.next();
  client.socket.write(bombs);
  await settled(
    () => state.answered + ws.bufferedAmount,
    () => sleep(20)
  );
  return { state, client, ws };
}

for (const way of WAYS) {
  describe(`compressed messages of a peer that does not read: ${way.name}`, () => {
    for (const [when, answer] of Object.entries(ANSWERS)) {
      test(`wait, and are all answered ${when} once it does`, { timeout: 60_000 }, async (t) => {
        const { state, client, ws } = await attacked(t, way, answer);
        assert.ok(state.highest < COUNT * MB * 0.4, `${state.highest} bytes wait`);
        client.drop();
        client.socket.resume();
        while (state.answered < COUNT || ws.bufferedAmount > 0) await sleep(5);
      });
    }

    test('do not keep its end from being told, behind them', { timeout: 60_000 }, async (t) => {
      const { state, client, ws } = await attacked(t, way, ANSWERS['at once']);
      const closed = once(ws, 'close');
      client.drop();
      client.socket.end(close(1000));
      client.socket.resume();
      const [{ code }] = await closed;
      assert.deepStrictEqual([code, state.answered], [1000, COUNT]);
    });

    test('do not keep a peer from being missed that is gone', { timeout: 60_000 }, async (t) => {
      const { client, ws } = await attacked(t, way, ANSWERS['at once']);
      const closed = new Promise((resolve) => (ws.onclose = resolve));
      client.socket.destroy();
      await closed;
    });

    test('do not keep our close from being answered', { timeout: 60_000 }, async (t) => {
      const { state, client, ws } = await attacked(t, way, ANSWERS['at once']);
      const { answered } = state;
      client.socket.write(close(1000));
      const closed = once(ws, 'close');
      ws.close(1000);
      client.drop();
      client.socket.resume();
      const [{ code }] = await closed;
      assert.deepStrictEqual([code, state.answered], [1000, answered]);
    });
  });
}
