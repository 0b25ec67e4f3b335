'use strict';

// Topics over a real NATS: two processes' worth of topics, each with a connection of its own.

const assert = require('node:assert');
const { once } = require('node:events');
const { after, before, describe, test } = require('node:test');

const { Topics, jetStream, nats } = require('../../topics');
const { connectNats, missing, startNats, until } = require('../../testing/topics/brokers');
const { FakeConnection } = require('../../testing/topics/fake_broker');

const skip = missing('nats-server');

/** Kinds of adapters, with what the subjects begin with that a process subscribes to, and that others publish on. */
const ADAPTERS = {
  core: { adapterOf: (options) => nats(options), live: 'topic.', foreign: 'topic.' },
  JetStream: { adapterOf: (options) => jetStream(options), live: 'live.topics.', foreign: 'topics.' }
};

for (const [kind, { adapterOf, live, foreign }] of Object.entries(ADAPTERS)) {
  describe(`NATS, ${kind}`, { skip }, () => {
    const ends = [];
    const suite = { after: (end) => ends.unshift(end) };
    let server;

    before(async () => (server = await startNats(suite)));
    after(async () => {
      for (const end of ends) await end();
    });

    /** A process's topics. */
    async function makeTopics() {
      const connection = await connectNats(suite, server.port);
      const hub = new Topics({ adapter: adapterOf({ connection }) });
      hub.connection = connection;
      hub.held = () =>
        connection.protocol.subscriptions.all().filter(({ subject }) => subject.startsWith(live));
      suite.after(() => hub.close());
      return hub;
    }

    test('a message goes to those in its topic in both processes, in one order', async () => {
      const [a, b] = [await makeTopics(), await makeTopics()];
      const [here, there, aside] = [new FakeConnection(), new FakeConnection(), new FakeConnection()];
      await a.subscribe(here, 'order');
      await b.subscribe(there, 'order');
      await b.subscribe(aside, 'order.more');
      const all = [];
      for (let i = 0; i < 500; i++) all.push(a.publish('order', `a${i}`), b.publish('order', `b${i}`));
      await Promise.all(all);
      await until(() => here.got.length >= 1000 && there.got.length >= 1000, 'all messages');

      // The server of NATS orders the messages of one publisher; a stream orders all.
      if (kind === 'JetStream') assert.deepStrictEqual(here.got, there.got);
      for (const { got } of [here, there]) {
        for (const letter of ['a', 'b']) {
          assert.deepStrictEqual(
            got.filter((data) => data.startsWith(letter)),
            Array.from({ length: 500 }, (_, i) => letter + i)
          );
        }
      }
      assert.deepStrictEqual(aside.got, []);
    });

    test('texts, bytes and names of every kind arrive as they were', async () => {
      const [a, b] = [await makeTopics(), await makeTopics()];
      const connection = new FakeConnection();
      const got = [];
      connection.send = (data) => got.push(data) > 0;
      const names = [
        'a b',
        '*',
        '>',
        '.',
        'a..b',
        'a.b',
        '.a',
        '%2E',
        "!~'()",
        '\0\r\n',
        '世界 🎈',
        '__proto__'
      ];
      for (const topic of [...names, 'x'.repeat(512), '世'.repeat(170)]) {
        await b.subscribe(connection, topic);
        await a.publish(topic, topic);
      }
      const bytes = [Buffer.from([0xff]), Buffer.from([0xff, 0]), Buffer.from([0xff, 3, 1]), Buffer.alloc(0)];
      for (const data of [...bytes, Buffer.alloc(300_000, 0xfe), '', 'ÿ\n', 'x'.repeat(300_000)]) {
        await a.publish('a b', data);
      }
      const count = names.length + 2;
      await until(() => got.length === count + bytes.length + 4, 'all messages');

      assert.deepStrictEqual(got.slice(0, count), [...names, 'x'.repeat(512), '世'.repeat(170)]);
      assert.deepStrictEqual(got.slice(count), [
        ...bytes,
        Buffer.alloc(300_000, 0xfe),
        '',
        'ÿ\n',
        'x'.repeat(300_000)
      ]);
    });

    test('a process holds a subscription for each topic that somebody of its own is in, and no other', async () => {
      const [hub, other] = [await makeTopics(), await makeTopics()];
      const [first, second] = [new FakeConnection(), new FakeConnection()];
      await Promise.all([first, second].map((each) => hub.subscribe(each, 'held 1')));
      await hub.subscribe(first, 'held 2');
      assert.strictEqual(hub.held().length, 2);
      await Promise.all(['held 1', 'held 2', 'held 3'].map((topic) => other.publish(topic, 'text')));
      await until(() => first.got.length === 2 && second.got.length === 1, 'the messages');
      first.close();
      await until(() => hub.held().length === 1, 'one subscription');
      second.close();
      await until(() => hub.held().length === 0, 'no subscription');

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
      assert.strictEqual(hub.held().length, 1);
      stays.close();
      await until(() => hub.held().length === 0, 'no subscription');
    });

    test('a broker that was killed and comes back is a gap or none, and messages go on', async () => {
      const [a, b] = [await makeTopics(), await makeTopics()];
      const connection = new FakeConnection();
      await b.subscribe(connection, 'restart');
      await a.publish('restart', 'before');
      const gaps = [];
      b.on('gap', ({ topic, reason }) => gaps.push(`${topic}: ${reason}`));
      await server.kill();
      await server.restart();
      for (let i = 0; !connection.got.includes('last'); i++) {
        if (gaps.length > 0 || kind === 'JetStream') await a.publish('restart', 'last').catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (i > 500) throw new Error('nothing comes any more');
      }

      assert.strictEqual(connection.got[0], 'before');
      assert.deepStrictEqual(gaps, kind === 'JetStream' ? [] : ['restart: broker']);
      assert.strictEqual(b.held().length, 1);
    });

    test('what other programs publish is a text', async () => {
      const hub = await makeTopics();
      const connection = new FakeConnection();
      await hub.subscribe(connection, 'foreign.text');
      hub.connection.publish(`${foreign}foreign.text`, 'Hello 世界');
      await until(() => connection.got.length === 1, 'the message');

      assert.deepStrictEqual(connection.got, ['Hello 世界']);
      if (kind === 'core') return;
      const told = once(hub, 'error');
      hub.connection.publish(`${live}foreign.text`, 'past the stream');
      assert.match((await told)[0].message, /"foreign.text" was published by something else/);
    });

    test('what the server does not allow is refused', async (t) => {
      const limited = `publish: ["$JS.API.>", "${foreign}open", "_INBOX.>"], subscribe: ["${live}open", "_INBOX.>"]`;
      const users = `{ user: admin, password: secret }, { user: limited, password: secret, permissions: { ${limited} } }`;
      const own = await startNats(t, `authorization { users: [${users}], timeout: 10 }`);
      const of = async (user) => {
        const connection = await connectNats(t, own.port, { user, pass: 'secret' });
        const hub = new Topics({ adapter: adapterOf({ connection }) });
        t.after(() => hub.close());
        return hub;
      };
      const hub = await of('limited');
      const connection = new FakeConnection();
      await assert.rejects(hub.subscribe(connection, 'closed'), /[Pp]ermissions/);
      assert.strictEqual(hub.size('closed'), 0);
      await hub.subscribe(connection, 'open');
      await hub.publish('open', 'text');
      await until(() => connection.got.length === 1, 'the message');
    });

    test('a message that is larger than the server takes is refused', async () => {
      const hub = await makeTopics();
      const connection = new FakeConnection();
      await hub.subscribe(connection, 'large');
      await assert.rejects(hub.publish('large', Buffer.alloc(2 ** 20 + 1)), /max_payload/);
      await hub.publish('large', 'text');
      await until(() => connection.got.length === 1, 'the message');
    });

    test('what waits for a connection is refused once its client has given up', async (t) => {
      const own = await startNats(t);
      const settings = { maxReconnectAttempts: 1, reconnectTimeWait: 20 };
      const connection = await connectNats(t, own.port, settings);
      const hub = new Topics({ adapter: adapterOf({ connection }) });
      t.after(() => hub.close());
      await hub.publish('given.up', 'first');
      const statuses = connection.status();
      await own.kill();
      for await (const { type } of statuses) if (type === 'disconnect') break;
      await assert.rejects(hub.publish('given.up', 'second'), /closed|disconnected/i);
    });

    test('calls over a connection that is closed are refused', async () => {
      const hub = await makeTopics();
      await hub.connection.close();
      await assert.rejects(hub.subscribe(new FakeConnection(), 'late'), /closed/i);
      await assert.rejects(hub.publish('late', 'text'), /closed/i);
      await hub.close();
    });
  });
}
