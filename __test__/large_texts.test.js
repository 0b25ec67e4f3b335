'use strict';

// Large texts: their characters stay outside of V8's heap where the runtime lets them, and nobody notices.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { serve } = require('../testing/peers/server');
const { MEGABYTE, megabytes, startSubject } = require('../testing/peers/subject');
const { connect } = require('../testing/peers/raw_client');
const { text } = require('../testing/wire');
const told = require('../lib/transport/told');

/** Around 64 KiB, where the way of making a string changes, and far above. */
const TEXTS = {
  'ASCII of 65,535 bytes': 'a'.repeat(65_535),
  'ASCII of 65,536 bytes': 'b'.repeat(65_536),
  'ASCII of 3 MB': 'c'.repeat(3e6),
  'Latin-1': 'é'.repeat(70_000),
  'ASCII with one character of Latin-1 at the end': `${'d'.repeat(70_000)}é`,
  'ASCII with one Chinese character at the end': `${'e'.repeat(70_000)}水`,
  'ASCII that was cut out of Chinese': `水${'f'.repeat(70_000)}`.slice(1),
  Chinese: '水'.repeat(70_000),
  'pairs of surrogates': '😀x'.repeat(40_000)
};

describe('a large text', () => {
  for (const [kind, string] of Object.entries(TEXTS)) {
    test(`of ${kind} comes back equal, again and again`, async (t) => {
      const { port } = await serve(t, (ws) => {
        ws.onmessage = ({ data }) => ws.send(data);
      });
      const client = new WebSocket.Client(`ws://127.0.0.1:${port}/`);
      t.after(() => client.close());
      await once(client, 'open');
      const kept = [];
      for (let i = 0; i < 5; i++) {
        client.send(string);
        const [{ data }] = await once(client, 'message');
        kept.push(data);
      }
      for (const data of kept) assert.ok(data === string);
    });
  }

  for (const transport of ['direct', 'stream']) {
    test(`of ASCII is sent on beside others of its length, and not kept, on the ${transport} transport`, async (t) => {
      const string = 'g'.repeat(100_000);
      const texts = [string, `${string.slice(1)}é`, `${string.slice(1)}水`, `${string.slice(1)}h`, string];
      const { port } = await serve(
        t,
        (ws) => {
          ws.onmessage = ({ data }) => {
            assert.ok(told.isAscii(data));
            for (const text of [data, ...texts.slice(1, 4), data]) ws.send(text);
          };
        },
        { options: { transport } }
      );
      const client = new WebSocket.Client(`ws://127.0.0.1:${port}/`, null, { transport });
      t.after(() => client.close());
      await once(client, 'open');
      client.send(string);
      const received = [];
      client.on('message', ({ data }) => received.push(data));
      while (received.length < texts.length) await once(client, 'message');
      for (const [i, text] of texts.entries()) assert.ok(received[i] === text);
      assert.ok(!told.isKept());
    });
  }

  test('does all that a string does', async (t) => {
    const { port } = await serve(t, (ws) => {
      ws.onmessage = ({ data }) => ws.send(data);
    });
    const client = new WebSocket.Client(`ws://127.0.0.1:${port}/`);
    t.after(() => client.close());
    await once(client, 'open');
    const value = Array.from({ length: 10_000 }, (_, i) => ({ i, name: `number ${i}` }));
    client.send(JSON.stringify(value));
    const [{ data }] = await once(client, 'message');
    assert.deepStrictEqual(JSON.parse(data), value);
    assert.strictEqual(data.split('number').length, 10_001);
    assert.strictEqual(new Map([[data, 1]]).get(JSON.stringify(value)), 1);
    assert.strictEqual(`${data}!`.length, data.length + 1);
    assert.strictEqual(Buffer.byteLength(data), data.length);
    assert.strictEqual(structuredClone(data), data);
  });

  test('is collected once nobody holds it', async (t) => {
    const subject = await startSubject(t, {
      behaviour: (ws) => {
        ws.onmessage = () => ws.send('taken');
      }
    });
    const client = await connect(t, subject.port);
    const large = text('x'.repeat(MEGABYTE));
    const exchange = async (count) => {
      for (let i = 0; i < count; i++) {
        client.send(large);
        await client.frames(1);
      }
    };
    await exchange(100);
    const before = await subject.measure();
    await exchange(500);
    const after = await subject.measure();
    t.diagnostic(`RSS +${megabytes(after.rss - before.rss)} after 500 MB`);
    assert.ok(after.rss - before.rss < 150 * MEGABYTE);
  });
});
