'use strict';

// The streams of several connections are written to in one flush. What one of them throws, whose `write` is its owner's,
// keeps no frame from the others.

const assert = require('node:assert');
const { test } = require('node:test');

const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');

test('a stream that throws keeps no frame from other connections', async (t) => {
  const server = await serve(t, undefined, { options: { transport: 'stream' } });
  const all = [];
  for (let i = 0; i < 2; i++) {
    const client = await connect(t, server.port);
    all.push({ client, ws: await server.next() });
  }
  const [{ ws: throws }, beside] = all;
  // The first frames of a burst leave at once, and later ones wait for the next flush.
  let count = 0;
  for (; throws.bufferedAmount === 0 && count < 1000; count++) throws.send('frame');
  const { write } = throws._stream;
  throws._stream.write = () => {
    throw new Error('of the owner');
  };
  assert.throws(() => beside.ws.send('beside'), /of the owner/);
  throws._stream.write = write;
  assert.deepStrictEqual(await beside.client.frames(1), ['1:beside']);
  for (const { ws } of all) assert.strictEqual(ws.bufferedAmount, 0);
  throws.send('behind');
  const got = await all[0].client.frames(count);
  assert.strictEqual(got[count - 1], '1:behind');
});
