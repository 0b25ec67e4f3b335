'use strict';

// Many messages of several connections in one turn of the direct transport: the last of each is handled behind the others
// of all, and nothing that a handler does meanwhile puts them out of order.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { uncaught } = require('../testing/peers/watch');
const { text } = require('../testing/wire');

const COUNT = 24;
const PEERS = 4;
const expected = Array.from({ length: COUNT }, (_, i) => `message ${i} ${'é'.repeat(i % 3)}`);

/** Connections that each get all messages in one turn; what was received, by connection and in the order of all. */
async function receive(t, onMessage = () => {}) {
  const received = Array.from({ length: PEERS }, () => []);
  const order = [];
  const { port, next } = await serve(t, () => {}, { options: { transport: 'direct' } });
  const clients = [];
  const connections = [];
  for (let peer = 0; peer < PEERS; peer++) {
    clients.push(await connect(t, port, {}));
    const ws = await next();
    if (ws.readyState !== 1) await once(ws, 'open');
    connections.push(ws);
    ws.on('message', ({ data }) => {
      received[peer].push(data);
      order.push(peer);
      ws.send(data);
      onMessage(ws, peer, received[peer].length);
    });
  }
  await turn();
  for (const client of clients) client.send(Buffer.concat(expected.map((each) => text(each))));
  // What was sent arrives while nobody reads.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  return { clients, connections, order, received };
}

const complete = (received) => received.every((each) => each.length === COUNT);

describe(
  'many messages of several connections in one turn',
  { skip: process.platform === 'win32', timeout: 60000 },
  () => {
    test('are received in the order of each connection', async (t) => {
      const { received } = await receive(t);
      while (!complete(received)) await turn();
      for (const each of received) assert.deepStrictEqual(each, expected);
    });

    test('have the last of each behind those of all others', async (t) => {
      const { order, received } = await receive(t);
      while (!complete(received)) await turn();
      assert.deepStrictEqual(
        order.slice(-PEERS).sort(),
        Array.from({ length: PEERS }, (_, peer) => peer)
      );
    });

    test('stay in order where a handler pauses, and throws, and writes to its socket, and feeds another', async (t) => {
      const thrown = uncaught(t);
      const { received } = await receive(t, (ws, peer, count) => {
        if (count !== 5 + peer) return;
        if (peer === 0) {
          ws.pause();
          setTimeout(() => ws.resume(), 20);
        } else if (peer === 1) {
          throw new Error('asked');
        } else if (peer === 2) {
          // Node's stream goes on with what Rust has read.
          ws._stream.cork();
          ws._stream.uncork();
          ws._stream.write(Buffer.from([0x89, 0]));
        }
      });
      while (!complete(received)) await turn();
      for (const each of received) assert.deepStrictEqual(each, expected);
      assert.deepStrictEqual(thrown, ['asked']);
    });

    test('end where a handler closes or terminates, and those of others do not', async (t) => {
      const { received } = await receive(t, (ws, peer, count) => {
        if (count !== 10) return;
        if (peer === 0) ws.terminate();
        if (peer === 1) ws._stream.destroy();
      });
      while (received[2].length < COUNT || received[3].length < COUNT) await turn();
      // What has been read before the socket is destroyed is told.
      assert.deepStrictEqual([received[0].length, received[1]], [10, expected]);
      assert.deepStrictEqual([received[2], received[3]], [expected, expected]);
    });

    test('are answered at once, the last as well, though its handler goes on computing', async (t) => {
      const { clients, received } = await receive(t);
      while (!complete(received)) await turn();
      for (const client of clients) {
        for (const each of expected) {
          const frame = await client.frame();
          assert.strictEqual(frame.payload.toString(), each);
        }
      }
    });
  }
);
