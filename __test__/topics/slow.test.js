'use strict';

// Members that take their messages too slowly, within one process.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { Topics } = require('../../topics');
const { TRANSPORTS, eventsOf, serve } = require('./peers');

const PIECE = 'x'.repeat(64 * 1024);
const LIMIT = 512 * 1024;

/** Publishes until something is told of. */
async function publishUntil(hub, name) {
  let told = null;
  hub.once(name, (event) => (told = event));
  let published = 0;
  while (told === null) {
    await hub.publish('news', `${published++} ${PIECE}`);
    await new Promise(setImmediate);
    if (published > 2000) throw new Error(`there was no event ${name}`);
  }
  return { told, published };
}

for (const transport of TRANSPORTS) {
  describe(`a WebSocket that does not read, transport ${transport}`, () => {
    test('is closed with 4008 when more waits for it than may, and others get everything', async (t) => {
      const hub = new Topics({ maxBufferedAmount: LIMIT });
      const { join } = await serve(t, { transport });
      const [slow, quick] = [await join(), await join()];
      for (const { end } of [slow, quick]) await hub.subscribe(end, 'news');
      slow.client.pause();
      const { told, published } = await publishUntil(hub, 'slow');

      assert.strictEqual(told.connection, slow.end);
      assert.strictEqual(told.topic, 'news');
      assert.strictEqual(told.action, 'close');
      assert.ok(told.bufferedAmount > LIMIT && told.bufferedAmount < LIMIT + 4 * PIECE.length);
      assert.deepStrictEqual(hub.connections('news'), [quick.end]);
      const all = await quick.received.count(published);
      assert.ok(all.every((data, i) => data.startsWith(`${i} `)));
      // What was sent before is there, and no more.
      slow.client.resume();
      const [code, reason] = await once(slow.client, 'close');
      assert.deepStrictEqual([code, String(reason)], [4008, 'Too slow']);
      assert.ok(slow.received.all.length < published);
      assert.ok(slow.received.all.every((data, i) => data.startsWith(`${i} `)));
    });

    test("misses what is published meanwhile, with onSlow 'drop', and then goes on", async (t) => {
      const hub = new Topics({ maxBufferedAmount: LIMIT, onSlow: 'drop' });
      const { join } = await serve(t, { transport });
      const [slow, quick] = [await join(), await join()];
      for (const { end } of [slow, quick]) await hub.subscribe(end, 'news');
      let told = 0;
      hub.on('slow', ({ connection, action }) => {
        assert.deepStrictEqual([connection, action], [slow.end, 'drop']);
        told += 1;
      });
      slow.client.pause();
      const { published } = await publishUntil(hub, 'slow');
      for (let i = 0; i < 20; i++) await hub.publish('news', `dropped ${PIECE}`);
      assert.ok(slow.end.bufferedAmount < LIMIT + 4 * PIECE.length);
      assert.ok(hub.metrics().dropped >= 20);
      assert.strictEqual(told, 1);

      const drained = once(slow.end, 'drain');
      slow.client.resume();
      await drained;
      await hub.publish('news', 'last');
      await slow.received.message('last');
      await quick.received.message('last');
      assert.strictEqual(quick.received.all.length, published + 21);
      assert.strictEqual(slow.received.all.length, quick.received.all.length - hub.metrics().dropped);
      assert.strictEqual(hub.size('news'), 2);
    });
  });
}

describe('an EventSource that does not read', () => {
  test('is cut off when more waits for it than may, and keeps no memory', async (t) => {
    const hub = new Topics({ maxBufferedAmount: LIMIT });
    const { follow } = await serve(t);
    const [slow, quick] = [await follow(), await follow()];
    for (const { end } of [slow, quick]) await hub.subscribe(end, 'news');
    slow.response.pause();
    const { told, published } = await publishUntil(hub, 'slow');

    assert.strictEqual(told.connection, slow.end);
    assert.ok(told.bufferedAmount > LIMIT);
    assert.strictEqual(slow.end._stream.destroyed, true);
    assert.strictEqual(hub.size('news'), 1);
    await quick.received.count(published + 1);
    assert.ok(eventsOf(quick.received).every(({ data }, i) => data.startsWith(`${i} `)));
  });
});

describe('a WebSocket that reads late', () => {
  test('gets everything as long as less waits for it than may', async (t) => {
    const hub = new Topics({ maxBufferedAmount: 64 * 1024 * 1024 });
    const { join } = await serve(t);
    const { end, client, received } = await join();
    await hub.subscribe(end, 'news');
    hub.on('slow', () => assert.fail('it is not slow'));
    client.pause();
    for (let i = 0; i < 200; i++) await hub.publish('news', `${i} ${PIECE}`);
    assert.ok(end.bufferedAmount > 0);
    client.resume();

    const all = await received.count(200);
    assert.ok(all.every((data, i) => data.startsWith(`${i} `)));
  });
});

for (const transport of TRANSPORTS) {
  describe(`one message to several members at once, transport ${transport}`, () => {
    test('does not reach one that the function format closes or takes out meanwhile', async (t) => {
      let meanwhile = () => {};
      const hub = new Topics({
        format({ data }) {
          meanwhile();
          return data;
        }
      });
      const { join } = await serve(t, { transport });
      const peers = [await join(), await join(), await join(), await join()];
      for (const { end } of peers) await hub.subscribe(end, 'news');
      const [first, second, third, fourth] = peers;
      await hub.publish('news', 'to all');
      const closed = once(third.client, 'close');
      meanwhile = () => {
        hub.unsubscribe(second.end, 'news');
        third.end.close();
      };
      await hub.publish('news', 'to two');
      second.end.send('after');
      await fourth.received.message('to two');
      await first.received.message('to two');
      await second.received.message('after');
      await closed;

      assert.deepStrictEqual(second.received.all, ['to all', 'after']);
      assert.deepStrictEqual(third.received.all, ['to all']);
      assert.strictEqual(hub.metrics().delivered, 6);
    });

    test('asks a send that the application has put in place of ours', async (t) => {
      const hub = new Topics();
      const { join } = await serve(t, { transport });
      const peers = [await join(), await join(), await join()];
      for (const { end } of peers) await hub.subscribe(end, 'news');
      const { send } = peers[1].end;
      let asked = 0;
      peers[1].end.send = function (...args) {
        asked++;
        return send.apply(this, args);
      };
      await hub.publish('news', 'text');
      for (const { received } of peers) assert.deepStrictEqual(await received.count(1), ['text']);
      assert.strictEqual(asked, 1);
    });

    test('keeps the order with what is sent to one alone, with maxBufferedAmount and without', async (t) => {
      const hub = new Topics({ maxBufferedAmount: LIMIT });
      const bounded = await serve(t, { transport, maxBufferedAmount: LIMIT, onFull: 'drop' });
      const free = await serve(t, { transport });
      const peers = [await bounded.join(), await free.join(), await bounded.join(), await free.join()];
      for (const { end } of peers) await hub.subscribe(end, 'news');
      for (let i = 0; i < 10; i++) {
        await hub.publish('news', `${i}`);
        for (const { end } of peers) end.send(`own ${i}`);
      }
      const expected = Array.from({ length: 10 }, (_, i) => [`${i}`, `own ${i}`]).flat();
      for (const { received } of peers) assert.deepStrictEqual(await received.count(20), expected);
      assert.strictEqual(hub.metrics().delivered, 40);
    });
  });
}
