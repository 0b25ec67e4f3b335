'use strict';

// The streams of several connections are written to in one flush. What one of them throws, whose `write` is its owner's,
// keeps no frame from the others.

const assert = require('node:assert');
const { test } = require('node:test');

const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { startSubject } = require('../testing/peers/subject');
const { text } = require('../testing/wire');

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

/**
 * Sends, when it is told how, a message for which others wait; then some of which the stream's owner throws for the first, and
 * closes.
 */
function throwsOnce(ws) {
  ws.on('message', ({ data }) => {
    const { write } = ws._stream;
    let count = 0;
    ws._stream.write = function (...args) {
      if (count++ === 1) throw new Error('of the owner');
      return write.apply(this, args);
    };
    ws.send(data === 'Blob' ? new Blob(['blob']) : 'much that is compressed elsewhere. '.repeat(20_000));
    for (const text of ['lost', 'b', 'c']) ws.send(text);
    ws.close(3000, 'done');
  });
}

for (const kind of ['Blob', 'large compressed message']) {
  test(`a stream that throws for a message behind a ${kind} keeps back none behind it, nor the close frame`, async (t) => {
    const subject = await startSubject(t, {
      behaviour: throwsOnce,
      survive: true,
      deflate: {},
      options: { transport: 'stream' }
    });
    const client = await connect(t, subject.port, {
      headers: ['Sec-WebSocket-Extensions: permessage-deflate']
    });
    client.send(text(kind));
    const [, ...rest] = await client.frames(4);
    assert.deepStrictEqual(rest, ['1:b', '1:c', '8:3000:done']);
    const { state } = await subject.measure();
    assert.deepStrictEqual(state.uncaught, ['of the owner']);
  });
}
