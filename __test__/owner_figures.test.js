'use strict';

// What the owner of a socket reads from it says the truth, whoever moves its bytes: what waits to be written, that there is
// room again, and whether anything has moved before the socket counts as idle.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const { ROLES } = require('../testing/peers/roles');
const { WAYS } = require('../testing/peers/ways');
const { binary } = require('../testing/wire');

const LARGE = 1 << 20;

/** Sends until the peer, which reads nothing, holds the connection up. */
async function backUp(ws, peer) {
  peer.socket.pause();
  while (ws.send(Buffer.alloc(LARGE)));
  ws.send(Buffer.alloc(4 * LARGE));
  await turn();
}

/** Lets the peer read so much of what waits that some has left. */
async function readSome(ws, peer) {
  const { _stream: socket } = ws;
  const before = socket.writableLength;
  peer.socket.resume();
  while (socket.writableLength === before) await turn();
  peer.socket.pause();
  await turn();
}

for (const { name, secure, options } of WAYS) {
  for (const [role, make] of Object.entries(ROLES)) {
    describe(`the socket of a connection (${name}, ${role})`, () => {
      test('tells what waits to be written, and that there is room again', async (t) => {
        const { ws, peer } = await make(t, options, secure);
        const { _stream: socket } = ws;
        const told = [];
        ws.on('drain', () => told.push('connection'));
        socket.on('drain', () => told.push('socket'));
        await turn();
        assert.strictEqual(socket.writableLength, 0);
        assert.strictEqual(socket.writableNeedDrain, false);
        await backUp(ws, peer);
        assert.ok(socket.writableLength > LARGE);
        assert.strictEqual(socket.bufferSize, socket.writableLength);
        assert.strictEqual(socket.writableNeedDrain, true);
        assert.deepStrictEqual(told, []);
        peer.drop();
        peer.socket.resume();
        await once(socket, 'drain');
        await turn();
        assert.deepStrictEqual(told, ['connection', 'socket']);
        assert.strictEqual(socket.writableLength, 0);
        assert.strictEqual(socket.writableNeedDrain, false);
      });

      test('tells of room again once its owner has written to it as well', async (t) => {
        const { ws, peer } = await make(t, options, secure);
        const { _stream: socket } = ws;
        await turn();
        await backUp(ws, peer);
        const drained = [once(ws, 'drain'), once(socket, 'drain')];
        assert.strictEqual(socket.write('of the owner'), false);
        assert.strictEqual(socket.writableNeedDrain, true);
        assert.ok(socket.writableLength > LARGE);
        peer.drop();
        peer.socket.resume();
        await Promise.all(drained);
        assert.strictEqual(socket.writableLength, 0);
      });

      test('is not idle while parts of a frame come', async (t) => {
        const { ws, peer, mask } = await make(t, options, secure);
        const { _stream: socket } = ws;
        await turn();
        let idle = 0;
        socket.on('timeout', () => idle++);
        socket.setTimeout(1e6);
        const moved = t.mock.method(socket, '_unrefTimer');
        const frame = binary(Buffer.alloc(100 * 1024), { mask });
        for (const [from, to] of [
          [0, 1],
          [1, 50],
          [50, 60_000]
        ]) {
          const [before, read] = [moved.mock.callCount(), socket.bytesRead];
          peer.send(frame.subarray(from, to));
          while (socket.bytesRead === read) await turn();
          // What Node's timer calls.
          if (ws.transport === 'direct') socket._onTimeout();
          assert.ok(moved.mock.callCount() > before);
        }
        assert.strictEqual(idle, 0);
        // Nothing has come since, or nothing that is not known.
        socket._onTimeout();
        peer.send(frame.subarray(60_000));
        await once(ws, 'message');
        if (idle === 0) socket._onTimeout();
        assert.ok(idle > 0);
      });

      test('is not idle while its peer takes what it was sent', async (t) => {
        const { ws, peer } = await make(t, options, secure);
        const { _stream: socket } = ws;
        await turn();
        // Elsewhere it is Node that writes.
        if (ws.transport !== 'direct') return;
        let idle = 0;
        socket.on('timeout', () => idle++);
        socket.setTimeout(1e6);
        await backUp(ws, peer);
        for (let i = 0; i < 3; i++) {
          // Node's function wants to have seen the write once.
          socket._onTimeout();
          idle = 0;
          if (socket.writableLength < 4 * LARGE) ws.send(Buffer.alloc(8 * LARGE));
          await readSome(ws, peer);
          socket._onTimeout();
          assert.strictEqual(idle, 0);
        }
        while (idle === 0) socket._onTimeout();
      });
    });
  }
}
