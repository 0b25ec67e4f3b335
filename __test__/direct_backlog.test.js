'use strict';

// More than a string of V8's can hold waits for a peer that does not read (RFC 6455 sets no bound on it, and neither
// does Node): whoever ends or takes back the socket finds all of it, or none of it in the way.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');

/** One of nine, of which the kernel takes a part of one. */
const BLOCK = Buffer.alloc(64 * 1024 * 1024, 'x');
const BLOCKS = 9;
const HEADER = 10;

/** A server's WebSocket with that much to send, its socket, and the peer that does not read. */
async function backlog(t) {
  const server = await serve(t, undefined, { options: { transport: 'direct' } });
  const peer = await connect(t, server.port);
  const ws = await server.next();
  while (ws.readyState !== 1) await new Promise(setImmediate);
  peer.socket.pause();
  for (let i = 0; i < BLOCKS; i++) ws.send(BLOCK);
  assert.ok(ws.bufferedAmount > 2 ** 29, `${ws.bufferedAmount} bytes wait`);
  return { peer, ws, socket: [...server.sockets].pop() };
}

describe('more than half a gigabyte that waits', () => {
  test('arrives although the socket is given back to its owner', async (t) => {
    const { peer, ws, socket } = await backlog(t);
    const before = ws.bufferedAmount;
    socket.on('data', () => {});
    assert.strictEqual(ws.bufferedAmount, before);
    assert.strictEqual(ws.transport, 'stream');
    let missing = BLOCKS * (BLOCK.length + HEADER);
    peer.drop();
    peer.socket.on('data', (chunk) => (missing -= chunk.length));
    peer.socket.resume();
    while (missing > 0) await once(peer.socket, 'data');
    assert.strictEqual(missing, 0);
  });

  test('goes with its connection when that is terminated', async (t) => {
    const { ws, socket } = await backlog(t);
    const closed = once(socket, 'close');
    socket.destroy();
    await closed;
    if (ws.readyState !== 3) await once(ws, 'close');
    assert.strictEqual(ws.bufferedAmount, 0);
  });
});

test('a drain is told once, though the socket is given back to its owner with little that waits', async (t) => {
  const server = await serve(t, undefined, { options: { transport: 'direct' } });
  const peer = await connect(t, server.port);
  const ws = await server.next();
  while (ws.readyState !== 1) await new Promise(setImmediate);
  peer.socket.pause();
  let drains = 0;
  ws.on('drain', () => drains++);
  while (ws.send(Buffer.alloc(10_000)));
  const drained = once(ws, 'drain');
  [...server.sockets].pop().on('data', () => {});
  assert.strictEqual(ws.transport, 'stream');
  peer.drop();
  peer.socket.resume();
  await drained;
  while (ws.bufferedAmount > 0) await new Promise(setImmediate);
  assert.strictEqual(ws.send('more'), true);
  assert.strictEqual(drains, 1);
});
