'use strict';

// What Redis keeps for those who come back, over real sockets; and what Redis itself may do meanwhile.

const assert = require('node:assert');
const { once } = require('node:events');
const { after, before, describe, test } = require('node:test');

const { Topics, redis, redisStreams } = require('../../topics');
const { REDIS_CLIENTS, missing, startRedis, until } = require('../../testing/topics/brokers');
const { FakeConnection } = require('../../testing/topics/fake_broker');
const { eventsOf, serve } = require('./peers');

const skip = missing('redis-server');

for (const [name, connect] of Object.entries(REDIS_CLIENTS)) {
  describe(`messages kept by Redis, ${name}`, { skip }, () => {
    const ends = [];
    const suite = { after: (end) => ends.unshift(end) };
    let server;

    before(async () => (server = await startRedis(suite)));
    after(async () => {
      for (const end of ends) await end();
    });

    /** A process's topics. */
    async function makeTopics(options, { adapterOf = redisStreams, socket = server.socket, user } = {}) {
      const clients = await connect(suite, socket, user);
      const hub = new Topics({ adapter: adapterOf({ ...clients, ...options }) });
      const { publisher } = clients;
      hub.run = (...args) => (publisher.call ? publisher.call(...args) : publisher.sendCommand(args));
      hub.gaps = [];
      hub.on('gap', ({ topic, after, reason }) => hub.gaps.push({ topic, after, reason }));
      suite.after(() => hub.close());
      return hub;
    }

    test('an EventSource that comes back to another process gets what it missed, once and in order', async (t) => {
      const [a, b] = [await makeTopics(), await makeTopics()];
      const { follow } = await serve(t);
      const first = await follow();
      await a.subscribe(first.end, 'feed');
      for (let i = 0; i < 3; i++) await b.publish('feed', `${i}`);
      await first.received.count(5);
      const [last] = first.received.all.slice(-1);
      first.client.destroy();
      await once(first.end, 'close');
      for (let i = 3; i < 200; i++) b.publish('feed', `${i}`);
      const second = await follow(last.id);
      const subscribed = b.subscribe(second.end, 'feed');
      for (let i = 200; i < 400; i++) a.publish('feed', `${i}`);
      await subscribed;
      await until(() => eventsOf(second.received).length >= 397, 'all events');

      const numbers = (from, to) => Array.from({ length: to - from }, (_, i) => `${from + i}`);
      assert.deepStrictEqual(
        eventsOf(first.received).map(({ data }) => data),
        numbers(0, 3)
      );
      // Two processes publish the two halves at the same time: each is in order, and nothing is there twice.
      const got = eventsOf(second.received).map(({ data }) => data);
      const isLate = (data) => Number(data) >= 200;
      assert.deepStrictEqual(
        got.filter((data) => !isLate(data)),
        numbers(3, 200)
      );
      assert.deepStrictEqual(got.filter(isLate), numbers(200, 400));
      assert.deepStrictEqual([...a.gaps, ...b.gaps], []);
    });

    test('a WebSocket that comes back with an offset gets what it missed', async (t) => {
      const clients = await connect(suite, server.socket);
      const format = ({ offset, data }) => JSON.stringify([offset, data]);
      const hub = new Topics({ adapter: redisStreams(clients), format });
      t.after(() => hub.close());
      const { join } = await serve(t);
      const first = await join();
      const { offset } = await hub.subscribe(first.end, 'resumed');
      assert.strictEqual(offset, '0-0');
      for (let i = 0; i < 100; i++) hub.publish('resumed', `${i}`);
      const at = JSON.parse((await first.received.count(50))[49]);
      const second = await join();
      await hub.subscribe(second.end, 'resumed', { after: at[0] });
      await hub.publish('resumed', 'last');
      const got = (await second.received.count(51)).map((text) => JSON.parse(text));

      assert.strictEqual(at[1], '49');
      assert.deepStrictEqual(
        got.map(([, data]) => data),
        [...Array.from({ length: 50 }, (_, i) => `${50 + i}`), 'last']
      );
    });

    test('a log is cut at its length, and who missed more is told', async () => {
      const hub = await makeTopics({ maxLength: 100 });
      for (let i = 0; i < 1000; i++) hub.publish('long', `${i}`);
      await hub.publish('long', 'last');
      const connection = new FakeConnection();
      await hub.subscribe(connection, 'long', { after: '0-0' });
      const length = Number(await hub.run('XLEN', 'topic:{long}:log'));

      // Redis cuts whole nodes of a stream, of a hundred messages each.
      assert.ok(length >= 100 && length <= 300, `${length}`);
      assert.strictEqual(connection.got.length, length);
      assert.strictEqual(connection.got[length - 1], 'last');
      assert.deepStrictEqual(hub.gaps, [{ topic: 'long', after: '0-0', reason: 'trimmed' }]);
    });

    test('a topic that was silent until its log was gone has lost nothing', async () => {
      const hub = await makeTopics({ expireAfter: 0.05 });
      const connection = new FakeConnection();
      await hub.subscribe(connection, 'silent');
      const offset = await hub.publish('silent', 'one');
      await until(async () => Number(await hub.run('EXISTS', 'topic:{silent}:log')) === 0, 'the log is gone');
      const late = new FakeConnection();
      assert.deepStrictEqual(await hub.subscribe(late, 'silent', { after: offset }), { offset });
      await hub.publish('silent', 'two');
      await until(() => late.got.length === 1, 'the message');

      assert.deepStrictEqual(connection.got, ['one', 'two']);
      assert.deepStrictEqual(late.got, ['two']);
      assert.deepStrictEqual(hub.gaps, []);
    });

    test('a Redis that comes back empty is a gap, and messages go on', async (t) => {
      const own = await startRedis(t);
      const hub = await makeTopics({}, { socket: own.socket });
      const connection = new FakeConnection();
      await hub.subscribe(connection, 'volatile');
      await hub.publish('volatile', 'one');
      await until(() => connection.got.length === 1, 'the message');
      await own.restart();
      await hub.publish('volatile', 'two');
      await until(() => connection.got.includes('two'), 'the next message');

      assert.deepStrictEqual(connection.got, ['one', 'two']);
      assert.ok(hub.gaps.length >= 1);
      assert.ok(hub.gaps.every(({ topic, reason }) => topic === 'volatile' && reason === 'trimmed'));
      // While its Redis is there to answer: otherwise it waits for five seconds.
      await hub.close();
    });

    test('a subscription that Redis refuses is rejected with what it says', async () => {
      const admin = await makeTopics();
      await admin.run(
        'ACL',
        'SETUSER',
        'limited',
        'on',
        '>secret',
        '~*',
        '+@all',
        'resetchannels',
        '&topic:{open}'
      );
      for (const adapterOf of [redisStreams, redis]) {
        const user = { username: 'limited', password: 'secret' };
        const hub = await makeTopics({ prefix: 'topic:' }, { adapterOf, user });
        const connection = new FakeConnection();
        await assert.rejects(hub.subscribe(connection, 'closed'), /NOPERM/);
        assert.strictEqual(hub.size('closed'), 0);
        await assert.rejects(hub.publish('closed', 'text'), /NOPERM|permissions|can't publish/i);
        assert.strictEqual(Number(await admin.run('XLEN', 'topic:{closed}:log')), 0);
        const topic = adapterOf === redis ? '{open}' : 'open';
        await hub.subscribe(connection, topic);
        await hub.publish(topic, 'text');
        await until(() => connection.got.length === 1, 'the message');
      }
    });

    test('a message that a client repeats is delivered once, and one that is missing is told of', async () => {
      const [a, b] = [await makeTopics({}, { adapterOf: redis }), await makeTopics({}, { adapterOf: redis })];
      const spy = await connect(suite, server.socket);
      const seen = [];
      if (spy.subscriber.sSubscribe)
        await spy.subscriber.sSubscribe('topic:twice', (bytes) => seen.push(bytes), true);
      else {
        spy.subscriber.on('smessageBuffer', (_, bytes) => seen.push(bytes));
        await spy.subscriber.ssubscribe('topic:twice');
      }
      const connection = new FakeConnection();
      await b.subscribe(connection, 'twice');
      for (const text of ['one', 'two']) await a.publish('twice', text);
      await until(() => seen.length === 2, 'both on the wire');
      await a.run('SPUBLISH', 'topic:twice', seen[0]);
      await a.run('SPUBLISH', 'topic:twice', seen[1]);
      // One that nobody gets, as if it had been lost.
      const lost = Buffer.from(seen[1]);
      lost.writeUIntBE(9, 10, 6);
      await a.run('SPUBLISH', 'topic:twice', lost);
      await until(() => connection.got.length === 3, 'the last');

      assert.deepStrictEqual(connection.got, ['one', 'two', 'two']);
      assert.deepStrictEqual(b.gaps, [{ topic: 'twice', after: null, reason: 'broker' }]);
    });
  });
}
