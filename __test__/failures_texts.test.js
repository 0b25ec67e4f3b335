'use strict';

// Large texts whose conversion on another thread fails: a fault ends their connection with 1011, and no other; without a
// thread they are converted on the loop.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { failing } = require('./failures/build');
const { closeCode, serving } = require('./failures/opening');
const { connect } = require('../testing/peers/raw_client');
const { text } = require('../testing/wire');
const { serve } = require('../testing/peers/server');

const built = failing();
const skip = built && built.folder ? false : 'there is no binary with failures, or no other thread';
const { WebSocket, inject } = built || {};

/** Texts that are converted elsewhere, to characters of either width. */
const TEXTS = { wide: '水'.repeat(1 << 20), narrow: 'é'.repeat(1 << 20) };

for (const transport of ['direct', 'stream']) {
  describe(`a large text (${transport} transport)`, { skip }, () => {
    const echo = (ws) => (ws.onmessage = ({ data }) => ws.send(String(data.length)));

    for (const [width, large] of Object.entries(TEXTS)) {
      for (const [place, reason] of [
        ['text', 'Internal error'],
        ['text memory', 'Out of memory']
      ]) {
        test(`of ${width} characters, at which the place "${place}" fails, ends its connection with 1011`, async (t) => {
          const { server, client, events, closed } = await serving(t, { transport }, { onWebSocket: echo });
          const other = await connect(t, server.port);
          inject(place, 1);
          t.after(() => inject(place, 0));
          // Not more than the connection has read by then: what it has not, resets it under the close frame.
          client.send(Buffer.concat([text('before'), text(large), text('behind')]));
          assert.strictEqual(await closeCode(client), 1011);
          await closed;
          assert.deepStrictEqual(events, ['message 6', `error ${reason}`, 'close 1011']);
          other.send(text(large), text('more'));
          assert.deepStrictEqual(await other.frames(2), [`1:${large.length}`, '1:4']);
        });
      }

      test(`of ${width} characters comes all the same where no thread can be started`, async (t) => {
        const { client } = await serving(t, { transport }, { onWebSocket: echo });
        inject('thread', 1000);
        t.after(() => inject('thread', 0));
        client.send(Buffer.concat([text(large), text('more'), text(large)]));
        const lengths = await client.frames(3);
        assert.deepStrictEqual(lengths, [`1:${large.length}`, '1:4', `1:${large.length}`]);
      });
    }

    test('to a client fails as it does to a server', async (t) => {
      const { url, next } = await serve(t, undefined, { WebSocket, options: { transport } });
      const client = new WebSocket.Client(url, [], { transport });
      t.after(() => client.terminate());
      const events = [];
      client.on('message', ({ data }) => events.push(data.length));
      client.on('error', ({ message }) => events.push(message));
      const closed = new Promise((resolve) => client.on('close', ({ code }) => resolve(code)));
      const server = await next();
      inject('text', 1);
      t.after(() => inject('text', 0));
      server.send(TEXTS.wide);
      server.send('behind');
      assert.strictEqual(await closed, 1011);
      assert.deepStrictEqual(events, ['Internal error']);
    });
  });
}
