'use strict';

// The direct transport hears of a socket's changes once each. Whatever else is going on, none may be missed: a
// connection that misses one stands still.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { settled } = require('../testing/peers/attack');
const WebSocket = require('../testing/peers/implementation');
const { burstAsClient, burstAsServer } = require('../testing/peers/bursts');
const { random } = require('../testing/peers/random');
const { connect } = require('../testing/peers/raw_client');
const { listen } = require('../testing/peers/raw_server');
const { serve } = require('../testing/peers/server');
const { binary } = require('../testing/wire');

const skip = WebSocket.engine !== 'native' && 'there is no direct transport';

describe('a connection of the direct transport that is backed up', () => {
  test('goes on when it is sent to while the socket has room again', { skip }, async (t) => {
    const server = await serve(t, undefined, { options: { transport: 'direct' } });
    for (let round = 0; round < 20; round++) {
      const peer = await connect(t, server.port);
      const ws = await server.next();
      while (ws.readyState !== 1) await new Promise(setImmediate);
      assert.strictEqual(ws.transport, 'direct');
      peer.socket.pause();
      const drained = new Promise((resolve) => ws.once('drain', resolve));
      const block = Buffer.alloc(60_000);
      while (ws.send(block));
      // The peer reads, and each of its reads has the owner of the connection send a little more, in the turn of
      // the loop in which the socket says that it has room.
      peer.drop();
      peer.socket.on('data', () => ws.bufferedAmount > 0 && ws.send('more'));
      peer.socket.resume();
      await drained;
      assert.strictEqual(ws.bufferedAmount, 0);
      ws.terminate();
    }
  });
});

describe('two connections of the direct transport that have much to say', () => {
  test('are heard by turns', async (t) => {
    const MANY = 1600;
    const block = Buffer.concat(Array(100).fill(binary(Buffer.alloc(10_000))));
    const order = [];
    const server = await serve(t, (ws) => ws.on('message', () => order.push(ws)), {
      options: { transport: 'direct' }
    });
    const pairs = [];
    for (let i = 0; i < 2; i++) {
      const peer = await connect(t, server.port);
      const ws = await server.next();
      pairs.push({ peer, ws });
      // The kernel keeps more for a connection that much has come through.
      for (let j = 0; j < MANY / 100; j++) peer.send(block);
      while (order.length < (i + 1) * MANY) await new Promise(setImmediate);
      ws.pause();
    }
    for (const { peer } of pairs)
      for (let i = 0; i < 100; i++) peer.send(block.subarray(0, block.length / 10));
    await settled(
      () => pairs.reduce((sum, { peer }) => sum + peer.socket.writableLength, 0),
      () => new Promise(setImmediate)
    );
    const { length } = order;
    for (const { ws } of pairs) ws.resume();
    while (order.length < 2 * (MANY + 1000)) await new Promise(setImmediate);
    // A megabyte is what some turns of the loop read of both; the kernel had more of either.
    assert.strictEqual(new Set(order.slice(length, length + 100)).size, 2);
  });
});

// `soak/bursts.js` is the same by hand, with more of them and with other processes at work.
describe('messages right behind a handshake, in packets of all sizes', () => {
  /** How many connections, and how many of them at once. */
  const [COUNT, ABREAST] = [250, 50];

  /** Lives `COUNT` connections. */
  async function many(burst) {
    for (let i = 0; i < COUNT; i += ABREAST) {
      await Promise.all(Array.from({ length: ABREAST }, (_, j) => burst(random(i + j + 1))));
    }
  }

  for (const transport of ['direct', 'stream']) {
    test(`all reach a server (transport: ${transport})`, async (t) => {
      const onWebSocket = (ws) => ws.on('message', ({ data }) => ws.send(data));
      const server = await serve(t, onWebSocket, { options: { transport } });
      await many((roll) => burstAsClient(roll, server.port));
    });

    test(`all reach a client (transport: ${transport})`, async (t) => {
      const server = await listen(t);
      await many((roll) => burstAsServer(roll, server, { transport }));
    });
  }
});
