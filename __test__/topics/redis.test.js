'use strict';

// Topics over a real Redis: two processes' worth of topics, each with clients of its own, of either package.

const assert = require('node:assert');
const { once } = require('node:events');
const { after, before, describe, test } = require('node:test');

const { Topics, redis, redisStreams } = require('../../topics');
const { REDIS_CLIENTS, missing, startRedis, until } = require('../../testing/topics/brokers');
const { FakeConnection } = require('../../testing/topics/fake_broker');

const skip = missing('redis-server');

/** Kinds of adapters. */
const ADAPTERS = {
  'plain publish/subscribe': (clients) => redis({ ...clients, sharded: false }),
  'sharded publish/subscribe': (clients) => redis(clients),
  streams: (clients) => redisStreams(clients),
  'streams over plain publish/subscribe': (clients) => redisStreams({ ...clients, sharded: false })
};

for (const [name, connect] of Object.entries(REDIS_CLIENTS)) {
  for (const [kind, adapterOf] of Object.entries(ADAPTERS)) {
    describe(`Redis, ${name}, ${kind}`, { skip }, () => {
      const ends = [];
      const suite = { after: (end) => ends.unshift(end) };
      let server;

      before(async () => (server = await startRedis(suite, { durable: true })));
      after(async () => {
        for (const end of ends) await end();
      });

      /** A process's topics. */
      async function makeTopics(options) {
        const clients = await connect(suite, server.socket);
        const hub = new Topics({ adapter: adapterOf(clients), ...options });
        hub.clients = clients;
        suite.after(() => hub.close());
        return hub;
      }

      /** How many channels the server has subscribers for, among those with a word in their names. */
      async function channels(hub, word) {
        const { publisher } = hub.clients;
        const sharded = kind === 'sharded publish/subscribe' || kind === 'streams';
        const args = ['PUBSUB', sharded ? 'SHARDCHANNELS' : 'CHANNELS', `*${word}*`];
        const reply = await (publisher.call ? publisher.call(...args) : publisher.sendCommand(args));
        return reply.length;
      }

      test('a message goes to those in its topic in both processes, in one order', async () => {
        const [a, b] = [await makeTopics(), await makeTopics()];
        const [here, there, aside] = [new FakeConnection(), new FakeConnection(), new FakeConnection()];
        await a.subscribe(here, 'order');
        await b.subscribe(there, 'order');
        await b.subscribe(aside, 'order!');
        const all = [];
        for (let i = 0; i < 500; i++) all.push(a.publish('order', `a${i}`), b.publish('order', `b${i}`));
        await Promise.all(all);
        await until(() => here.got.length >= 1000 && there.got.length >= 1000, 'all messages');

        assert.deepStrictEqual(here.got, there.got);
        for (const letter of ['a', 'b']) {
          assert.deepStrictEqual(
            here.got.filter((data) => data.startsWith(letter)),
            Array.from({ length: 500 }, (_, i) => letter + i)
          );
        }
        assert.deepStrictEqual(aside.got, []);
      });

      test('texts, bytes and names of every kind arrive as they were', async () => {
        const [a, b] = [await makeTopics(), await makeTopics()];
        const connection = new FakeConnection();
        const got = [];
        connection.send = (data) => got.push(data) > 0;
        const names = ['a b', '*', '{', '}', '{}', 'a{b}c', '%7B', '\0\r\n', '世界 🎈', '__proto__'];
        for (const topic of names) {
          await b.subscribe(connection, topic);
          await a.publish(topic, topic);
        }
        const bytes = [
          Buffer.from([0xff]),
          Buffer.from([0xff, 0]),
          Buffer.from([0xff, 3, 1]),
          Buffer.alloc(0)
        ];
        for (const data of [...bytes, Buffer.alloc(300_000, 0xfe), '', 'ÿ\n', 'x'.repeat(300_000)]) {
          await a.publish('a b', data);
        }
        await until(() => got.length === names.length + bytes.length + 4, 'all messages');

        assert.deepStrictEqual(got.slice(0, names.length), names);
        assert.deepStrictEqual(got.slice(names.length), [
          ...bytes,
          Buffer.alloc(300_000, 0xfe),
          '',
          'ÿ\n',
          'x'.repeat(300_000)
        ]);
      });

      test('a process holds a subscription for each topic that somebody of its own is in, and no other', async () => {
        const hub = await makeTopics();
        const other = await makeTopics();
        const [first, second] = [new FakeConnection(), new FakeConnection()];
        assert.strictEqual(await channels(hub, 'held'), 0);
        await Promise.all([first, second].map((each) => hub.subscribe(each, 'held 1')));
        await hub.subscribe(first, 'held 2');
        assert.strictEqual(await channels(hub, 'held'), 2);
        await Promise.all(['held 1', 'held 2', 'held 3'].map((topic) => other.publish(topic, 'text')));
        await until(() => first.got.length === 2 && second.got.length === 1, 'the messages');
        first.close();
        await until(async () => (await channels(hub, 'held')) === 1, 'one subscription');
        second.close();
        await until(async () => (await channels(hub, 'held')) === 0, 'no subscription');

        const { received, unread } = hub.metrics();
        assert.deepStrictEqual({ received, unread }, { received: 2, unread: 0 });
        assert.strictEqual(other.metrics().received, 0);
      });

      test('who comes and goes without a pause ends up with what the last one wants', async () => {
        const hub = await makeTopics();
        const stays = new FakeConnection();
        for (let i = 0; i < 50; i++) {
          const passes = new FakeConnection();
          hub.subscribe(passes, 'churn');
          if (i % 7 === 0) await new Promise(setImmediate);
          if (i % 11 === 0) await hub.publish('churn', 'early');
          passes.close();
        }
        await hub.subscribe(stays, 'churn');
        await hub.publish('churn', 'text');
        await until(() => stays.got.includes('text'), 'the message');
        stays.close();
        await until(async () => (await channels(hub, 'churn')) === 0, 'no subscription');
      });

      test('a broker that was killed and comes back is a gap or none, and messages go on', async () => {
        const [a, b] = [await makeTopics(), await makeTopics()];
        const connection = new FakeConnection();
        await b.subscribe(connection, 'restart');
        await a.publish('restart', 'before');
        // Redis answers the publisher first, and writes the message to subscribers behind that: a kill may come between.
        await until(() => connection.got.length === 1, 'the message');
        const gaps = [];
        b.on('gap', ({ topic, reason }) => gaps.push(`${topic}: ${reason}`));
        // Others fail at once if they wait for a broker that is away.
        a.on('error', () => {});
        await server.kill();
        await server.restart();
        const published = [];
        for (let i = 0; !connection.got.includes('last'); i++) {
          if (gaps.length > 0 || kind.startsWith('streams')) published.push(a.publish('restart', 'last'));
          await Promise.allSettled(published);
          await new Promise((resolve) => setTimeout(resolve, 20));
          if (i > 500) throw new Error('nothing comes any more');
        }

        assert.strictEqual(connection.got[0], 'before');
        assert.deepStrictEqual(gaps, kind.startsWith('streams') ? [] : ['restart: broker']);
        await until(async () => (await channels(b, 'restart')) === 1, 'one subscription');
      });

      test('what other programs publish is a text', async () => {
        const hub = await makeTopics();
        const connection = new FakeConnection();
        await hub.subscribe(connection, 'foreign');
        const { publisher } = hub.clients;
        const command = (...args) => (publisher.call ? publisher.call(...args) : publisher.sendCommand(args));
        if (kind.startsWith('streams')) {
          // Only what is published with its ID can follow what there is; anything else is told of.
          const told = once(hub, 'error');
          const channel = 'topic:{foreign}';
          await command(kind === 'streams' ? 'SPUBLISH' : 'PUBLISH', channel, 'Hello');
          assert.match((await told)[0].message, /"foreign" was published by something else/);
          await command('XADD', `${channel}:log`, '*', 'text', 'added');
          await hub.publish('foreign', 'text');
          await until(() => connection.got.length === 2, 'both');
          assert.deepStrictEqual(connection.got, ['added', 'text']);
        } else {
          await command(kind.startsWith('sharded') ? 'SPUBLISH' : 'PUBLISH', 'topic:foreign', 'Hello 世界');
          await until(() => connection.got.length === 1, 'the message');
          assert.deepStrictEqual(connection.got, ['Hello 世界']);
        }
      });
    });
  }
}
