'use strict';

// The direct transport hears of a socket's changes once each. Whatever else is going on, none may be missed: a
// connection that misses one stands still.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { connect } = require('./peers/raw_client');
const { serve } = require('./peers/server');

describe('a connection of the direct transport that is backed up', () => {
  test('goes on when it is sent to while the socket has room again', async (t) => {
    const server = await serve(t, undefined, { options: { transport: 'direct' } });
    for (let round = 0; round < 20; round++) {
      const peer = await connect(t, server.port);
      const ws = await server.next();
      while (ws.readyState !== 1) await new Promise(setImmediate);
      assert.strictEqual(ws.transport, 'direct');
      peer.socket.pause();
      const drained = new Promise((resolve) => ws.once('drain', resolve));
      const block = Buffer.alloc(60_000);
      let sent = 0;
      while (ws.send(block)) sent += block.length;
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
