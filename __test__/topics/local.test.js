'use strict';

// Topics within one process, over real sockets.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('../..');
const topics = require('../../topics');
const { TRANSPORTS, eventsOf, serve } = require('./peers');

const { Topics } = topics;

for (const transport of TRANSPORTS) {
  describe(`topics of one process, transport ${transport}`, () => {
    test('a message goes to those in its topic, and to nobody else', async (t) => {
      const hub = new Topics();
      const { join } = await serve(t, { transport });
      const [a, b, c] = [await join(), await join(), await join()];
      await hub.subscribe(a.end, 'news');
      await hub.subscribe(b.end, 'news');
      await hub.subscribe(c.end, 'other');
      await hub.publish('news', 'first');
      await hub.publish('other', 'aside');
      await hub.publish('news', 'second');

      assert.deepStrictEqual(await a.received.count(2), ['first', 'second']);
      assert.deepStrictEqual(await b.received.count(2), ['first', 'second']);
      assert.deepStrictEqual(await c.received.count(1), ['aside']);
      assert.strictEqual(a.end.transport, transport);
    });

    test('a text arrives as a text, and bytes of every kind as bytes', async (t) => {
      const hub = new Topics();
      const { join } = await serve(t, { transport });
      const { end, received } = await join();
      await hub.subscribe(end, 'news');
      const bytes = Buffer.from([0, 255, 128]);
      const large = Buffer.alloc(100_000, 7);
      for (const data of [
        'Grüße, 世界 🎈',
        '',
        bytes,
        new Uint8Array(bytes),
        bytes.buffer.slice(0, 0),
        large
      ]) {
        await hub.publish('news', data);
      }
      await hub.publish('news', new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 1));

      assert.deepStrictEqual(await received.count(7), [
        'Grüße, 世界 🎈',
        '',
        bytes,
        bytes,
        Buffer.alloc(0),
        large,
        Buffer.from([2])
      ]);
    });

    test('bytes may be written over once publish has returned', async (t) => {
      const hub = new Topics();
      const { join } = await serve(t, { transport });
      const { end, received } = await join();
      await hub.subscribe(end, 'news');
      for (const size of [10, 100_000]) {
        const bytes = Buffer.alloc(size, 1);
        hub.publish('news', bytes);
        bytes.fill(2);
      }

      const [small, large] = await received.count(2);
      assert.ok(small.equals(Buffer.alloc(10, 1)));
      assert.ok(large.equals(Buffer.alloc(100_000, 1)));
    });

    test('a connection leaves all of its topics when it closes, however it does', async (t) => {
      const hub = new Topics();
      const { join } = await serve(t, { transport });
      const ways = [
        ({ end }) => end.close(),
        ({ end }) => end.terminate(),
        ({ end }) => end._stream.destroy(),
        ({ client }) => client.close(),
        ({ client }) => client.terminate()
      ];
      for (const leave of ways) {
        const peer = await join();
        const listeners = peer.end.listenerCount('close');
        for (const topic of ['a', 'b', 'c']) await hub.subscribe(peer.end, topic);
        assert.deepStrictEqual(hub.topicsOf(peer.end), ['a', 'b', 'c']);
        const closed = once(peer.end, 'close');
        leave(peer);
        await closed;

        assert.deepStrictEqual(
          ['a', 'b', 'c'].map((topic) => hub.size(topic)),
          [0, 0, 0]
        );
        assert.strictEqual(peer.end.listenerCount('close'), listeners);
        assert.strictEqual(hub.metrics().connections, 0);
        assert.strictEqual(hub.metrics().topics, 0);
      }
    });

    test('what a connection throws when it is sent to reaches nobody else', async (t) => {
      const hub = new Topics();
      const { join } = await serve(t, { transport });
      const [bad, good] = [await join(), await join()];
      const fault = new Error('no');
      bad.end.send = () => {
        throw fault;
      };
      await hub.subscribe(bad.end, 'news');
      await hub.subscribe(good.end, 'news');
      const told = once(hub, 'error');
      await hub.publish('news', 'text');

      assert.deepStrictEqual(await good.received.count(1), ['text']);
      assert.deepStrictEqual(await told, [fault, { topic: 'news', connection: bad.end }]);
    });
  });
}

describe('topics of one process', () => {
  test('an EventSource gets texts as events, and bytes as base64', async (t) => {
    const hub = new Topics();
    const { follow } = await serve(t);
    const { end, received } = await follow();
    await hub.subscribe(end, 'news');
    await hub.publish('news', 'one\ntwo');
    await hub.publish('news', Buffer.from([0, 255]));
    await received.count(3);

    assert.deepStrictEqual(eventsOf(received), [{ data: 'one\ntwo' }, { data: 'AP8=' }]);
  });

  test('WebSockets and EventSources share a topic, and each kind gets it in its own shape', async (t) => {
    const hub = new Topics({
      format: ({ topic, offset, data }) => JSON.stringify({ topic, offset, data }),
      event: (topic) => `in-${topic}`
    });
    const { join, follow } = await serve(t);
    const ws = await join();
    const es = await follow();
    await hub.subscribe(ws.end, 'news');
    await hub.subscribe(es.end, 'news');
    await hub.publish('news', 'text');
    await es.received.count(2);

    assert.deepStrictEqual(await ws.received.count(1), ['{"topic":"news","offset":null,"data":"text"}']);
    assert.deepStrictEqual(eventsOf(es.received), [{ event: 'in-news', data: 'text' }]);
    const closed = once(es.end, 'close');
    es.client.destroy();
    await closed;
    assert.strictEqual(hub.size('news'), 1);
  });

  test('a message is formatted once, however many get it', async (t) => {
    let formatted = 0;
    const hub = new Topics({ format: ({ data }) => `${++formatted}: ${data}` });
    const { join } = await serve(t);
    const peers = await Promise.all(Array.from({ length: 5 }, join));
    for (const { end } of peers) await hub.subscribe(end, 'news');
    await hub.publish('news', 'text');

    for (const { received } of peers) assert.deepStrictEqual(await received.count(1), ['1: text']);
    assert.strictEqual(formatted, 1);
  });

  test('a message is framed once for all WebSockets of this package, if it can be', async (t) => {
    const { prepare } = WebSocket;
    t.after(() => {
      if (prepare === undefined) delete WebSocket.prepare;
      else WebSocket.prepare = prepare;
    });
    const framed = [];
    WebSocket.prepare = (data) => {
      framed.push(data);
      return { framed: data };
    };
    const hub = new Topics();
    const { join } = await serve(t);
    const peers = await Promise.all(Array.from({ length: 4 }, join));
    const sent = [];
    for (const { end } of peers) {
      end.send = (data) => sent.push(data) > 0;
      await hub.subscribe(end, 'news');
    }
    await hub.publish('news', 'text');

    assert.deepStrictEqual(sent, ['text', ...Array(3).fill({ framed: 'text' })]);
    assert.deepStrictEqual(framed, ['text']);
  });

  test('a format that fails is told once, and feeds get the message all the same', async (t) => {
    const fault = new Error('no');
    const hub = new Topics({
      format: () => {
        throw fault;
      }
    });
    const { join, follow } = await serve(t);
    const peers = [await join(), await join()];
    const feed = await follow();
    for (const { end } of [...peers, feed]) await hub.subscribe(end, 'news');
    const errors = [];
    hub.on('error', (error, { topic }) => errors.push([error, topic]));
    await hub.publish('news', 'text');
    await feed.received.count(2);

    assert.deepStrictEqual(eventsOf(feed.received), [{ data: 'text' }]);
    assert.deepStrictEqual(errors, [[fault, 'news']]);
  });

  test('to subscribe twice is to subscribe once', async (t) => {
    const hub = new Topics();
    const { join } = await serve(t);
    const { end, received } = await join();
    await Promise.all([hub.subscribe(end, 'news'), hub.subscribe(end, 'news')]);
    await hub.publish('news', 'text');
    await hub.publish('news', 'last');

    assert.strictEqual(hub.size('news'), 1);
    assert.deepStrictEqual(hub.connections('news'), [end]);
    assert.deepStrictEqual(await received.count(2), ['text', 'last']);
  });

  test('unsubscribe says whether there was something to leave, and ends that alone', async (t) => {
    const hub = new Topics();
    const { join } = await serve(t);
    const { end, received } = await join();
    for (const topic of ['a', 'b', 'c']) await hub.subscribe(end, topic);

    assert.strictEqual(hub.unsubscribe(end, 'a'), true);
    assert.strictEqual(hub.unsubscribe(end, 'a'), false);
    assert.deepStrictEqual(hub.topicsOf(end), ['b', 'c']);
    await hub.publish('a', 'to nobody');
    await hub.publish('b', 'text');
    assert.deepStrictEqual(await received.count(1), ['text']);
    assert.strictEqual(hub.unsubscribe(end), true);
    assert.strictEqual(hub.unsubscribe(end), false);
    assert.deepStrictEqual(hub.topicsOf(end), []);
  });

  test('a connection that is closing or closed is not taken in, and says so', async (t) => {
    const hub = new Topics();
    const { join, follow } = await serve(t);
    const { end } = await join();
    end.close();
    assert.strictEqual(await hub.subscribe(end, 'news'), null);
    await once(end, 'close');
    assert.strictEqual(await hub.subscribe(end, 'news'), null);
    const feed = await follow();
    feed.end.close();
    assert.strictEqual(await hub.subscribe(feed.end, 'news'), null);

    assert.strictEqual(hub.size('news'), 0);
    assert.strictEqual(end.listenerCount('close'), 0);
  });

  test('a message that is published while another is being sent follows it, for everybody', async (t) => {
    const hub = new Topics();
    const { join } = await serve(t);
    const peers = [await join(), await join()];
    const { send } = peers[0].end;
    peers[0].end.send = function (data) {
      if (data === 'first') hub.publish('news', 'second');
      return send.call(this, data);
    };
    for (const { end } of peers) await hub.subscribe(end, 'news');
    await hub.publish('news', 'first');

    for (const { received } of peers) {
      assert.deepStrictEqual(await received.count(2), ['first', 'second']);
    }
  });

  test('bytes that are published while others are being sent may be written over at once', async (t) => {
    const hub = new Topics();
    const { join } = await serve(t);
    const peer = await join();
    const { send } = peer.end;
    peer.end.send = function (data) {
      if (data === 'first') {
        const bytes = Buffer.from('second');
        hub.publish('news', bytes);
        bytes.fill(0);
      }
      return send.call(this, data);
    };
    await hub.subscribe(peer.end, 'news');
    await hub.publish('news', 'first');

    assert.deepStrictEqual(await peer.received.count(2), ['first', Buffer.from('second')]);
  });

  test('two hubs know nothing of each other', async (t) => {
    const [one, other] = [new Topics(), new Topics()];
    const { join } = await serve(t);
    const { end, received } = await join();
    await one.subscribe(end, 'news');
    await other.publish('news', 'aside');
    await one.publish('news', 'text');

    assert.deepStrictEqual(await received.count(1), ['text']);
    assert.strictEqual(other.size('news'), 0);
  });

  test('the module has the calls for the topics of this process', async (t) => {
    const { subscribe, unsubscribe, publish, size } = topics;
    const { join } = await serve(t);
    const { end, received } = await join();

    assert.deepStrictEqual(await subscribe(end, 'news'), { offset: null });
    assert.strictEqual(size('news'), 1);
    assert.strictEqual(await publish('news', 'text'), null);
    assert.deepStrictEqual(await received.count(1), ['text']);
    assert.strictEqual(topics.local.size('news'), 1);
    assert.strictEqual(unsubscribe(end, 'news'), true);
    assert.strictEqual(size('news'), 0);
  });

  test('metrics count', async (t) => {
    const hub = new Topics();
    const { join } = await serve(t);
    const peers = [await join(), await join()];
    for (const { end } of peers) await hub.subscribe(end, 'a');
    await hub.subscribe(peers[0].end, 'b');
    await hub.publish('a', 'text');
    await hub.publish('b', 'text');
    await hub.publish('nobody', 'text');

    assert.deepStrictEqual(hub.metrics(), {
      topics: 2,
      connections: 2,
      received: 0,
      unread: 0,
      delivered: 3,
      dropped: 0
    });
  });

  test('close lets everybody go, and they stay open', async (t) => {
    const hub = new Topics();
    const { join } = await serve(t);
    const { end, client } = await join();
    await hub.subscribe(end, 'news');
    await hub.close();
    await hub.close();

    assert.strictEqual(hub.size('news'), 0);
    assert.throws(() => hub.subscribe(end, 'news'), /closed/);
    assert.throws(() => hub.publish('news', 'text'), /closed/);
    assert.strictEqual(end.readyState, 1);
    assert.strictEqual(client.readyState, 1);
  });
});
