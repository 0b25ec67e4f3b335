'use strict';

// What JetStream keeps for those who come back, over real sockets; and what may become of the stream meanwhile.

const assert = require('node:assert');
const { once } = require('node:events');
const { after, before, describe, test } = require('node:test');

const { Topics, jetStream } = require('../../topics');
const { connectNats, missing, startNats, until } = require('../../testing/topics/brokers');
const { FakeConnection, settled } = require('../../testing/topics/fake_broker');
const { eventsOf, serve } = require('./peers');

const skip = missing('nats-server');

/** Texts of numbers. */
const numbers = (from, to) => Array.from({ length: to - from }, (_, i) => `${from + i}`);

describe('messages kept by JetStream', { skip }, () => {
  const ends = [];
  const suite = { after: (end) => ends.unshift(end) };
  let server;

  before(async () => (server = await startNats(suite)));
  after(async () => {
    for (const end of ends) await end();
  });

  /** A process's topics. */
  async function makeTopics(options, settings) {
    const connection = await connectNats(suite, server.port);
    const hub = new Topics({ adapter: jetStream({ connection, ...options }), ...settings });
    hub.ask = async (subject, question) => {
      const reply = await connection.request(`$JS.API.${subject}`, question ? JSON.stringify(question) : '');
      return JSON.parse(Buffer.from(reply.data).toString());
    };
    hub.gaps = [];
    hub.on('gap', ({ topic, after: behind, reason }) => hub.gaps.push({ topic, after: behind, reason }));
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
    const early = numbers(3, 200).map((text) => b.publish('feed', text));
    await Promise.all(early);
    const second = await follow(last.id);
    const subscribed = b.subscribe(second.end, 'feed');
    for (const text of numbers(200, 400)) a.publish('feed', text);
    await subscribed;
    await until(() => eventsOf(second.received).length >= 397, 'all events');

    assert.deepStrictEqual(
      eventsOf(second.received).map(({ data }) => data),
      numbers(3, 400)
    );
    assert.deepStrictEqual([...a.gaps, ...b.gaps], []);
  });

  test('a WebSocket that comes back with an offset gets what it missed', async (t) => {
    const format = ({ offset, data }) => JSON.stringify([offset, data]);
    const hub = await makeTopics({}, { format });
    const { join } = await serve(t);
    const first = await join();
    assert.deepStrictEqual(await hub.subscribe(first.end, 'resumed'), { offset: '0' });
    for (const text of numbers(0, 100)) hub.publish('resumed', text);
    const [offset, data] = JSON.parse((await first.received.count(50))[49]);
    const second = await join();
    await hub.subscribe(second.end, 'resumed', { after: offset });
    await hub.publish('resumed', 'last');
    const got = (await second.received.count(51)).map((text) => JSON.parse(text)[1]);

    assert.strictEqual(data, '49');
    assert.deepStrictEqual(got, [...numbers(50, 100), 'last']);
  });

  test('a broker that was killed has kept all that was published, and everybody gets it', async () => {
    const [a, b] = [await makeTopics(), await makeTopics()];
    const connection = new FakeConnection();
    await b.subscribe(connection, 'durable');
    const published = numbers(0, 300).map((text) => a.publish('durable', text));
    await until(() => connection.got.length > 20, 'some messages');
    await server.kill();
    const meanwhile = numbers(300, 400).map((text) => a.publish('durable', text));
    await server.restart();
    await Promise.all([...published, ...meanwhile]);
    await until(() => connection.got.length >= 400, 'all messages');

    assert.deepStrictEqual(connection.got, numbers(0, 400));
    assert.deepStrictEqual(b.gaps, []);
  });

  const NOT_BACK = 'a message for which the broker is not back in time is refused then, and not kept later';
  test(NOT_BACK, { timeout: 20000 }, async (t) => {
    const own = await startNats(t);
    const connection = await connectNats(t, own.port);
    const hub = new Topics({ adapter: jetStream({ connection, patience: 0.2 }) });
    t.after(() => hub.close());
    await hub.publish('late', 'first');
    await own.kill();
    // More than may be under way at a time.
    const meanwhile = numbers(0, 300).map((text) =>
      assert.rejects(hub.publish('late', text), /connection to NATS/)
    );
    await Promise.all(meanwhile);
    await own.restart();
    const isBack = () =>
      connection.flush().then(
        () => true,
        () => false
      );
    await until(isBack, 'the connection');
    await hub.publish('late', 'last');
    const member = new FakeConnection();
    await hub.subscribe(member, 'late', { after: '0' });
    await until(() => member.got.length === 2, 'both messages');

    assert.deepStrictEqual(member.got, ['first', 'last']);
  });

  test('a topic is cut at its length, and who missed more is told', async () => {
    const hub = await makeTopics({ stream: 'SHORT', prefix: 'short.', maxLength: 10 });
    const offset = await hub.publish('long', 'first');
    await Promise.all(numbers(0, 50).map((text) => hub.publish('long', text)));
    const connection = new FakeConnection();
    await hub.subscribe(connection, 'long', { after: offset });
    await settled();

    assert.deepStrictEqual(connection.got, numbers(40, 50));
    assert.deepStrictEqual(hub.gaps, [{ topic: 'long', after: offset, reason: 'trimmed' }]);
  });

  test('a topic that was silent until nothing of it was left has lost nothing', async () => {
    const hub = await makeTopics({ stream: 'BRIEF', prefix: 'brief.', maxAge: 0.2 });
    const connection = new FakeConnection();
    await hub.subscribe(connection, 'silent');
    await hub.publish('silent', 'one');
    const isGone = async () => (await hub.ask('STREAM.INFO.BRIEF')).state.messages === 0;
    await until(isGone, 'an empty stream');
    await hub.publish('silent', 'two');
    await until(() => connection.got.length === 2, 'both');

    assert.deepStrictEqual(connection.got, ['one', 'two']);
    assert.deepStrictEqual(hub.gaps, []);
  });

  test('a stream that was made anew is a gap, and its messages come', async (t) => {
    const own = await startNats(t);
    const connection = await connectNats(t, own.port);
    const hub = new Topics({ adapter: jetStream({ connection }) });
    t.after(() => hub.close());
    const member = new FakeConnection();
    await hub.subscribe(member, 'anew');
    for (const text of numbers(0, 20)) await hub.publish('anew', text);
    const told = once(hub, 'gap');
    await connection.request('$JS.API.STREAM.DELETE.TOPICS');
    const other = await connectNats(t, own.port);
    const maker = new Topics({ adapter: jetStream({ connection: other }) });
    t.after(() => maker.close());
    const early = await maker.publish('anew', 'early');
    await own.restart();
    await told;
    await maker.publish('anew', 'late');
    await until(() => member.got.includes('late'), 'the next message');

    assert.strictEqual(early, '1');
    assert.deepStrictEqual(member.got, [...numbers(0, 20), 'late']);
  });

  test('a stream that does not republish is refused, with what it needs', async () => {
    const admin = await makeTopics();
    await admin.ask('STREAM.CREATE.OTHER', { name: 'OTHER', subjects: ['other.>'], storage: 'memory' });
    const hub = await makeTopics({ stream: 'OTHER', prefix: 'other.' });
    const says =
      /The stream OTHER has to have the subject other\.>, and to republish from other\.> to live\.other\.>/;
    await assert.rejects(hub.subscribe(new FakeConnection(), 'news'), says);
    await assert.rejects(hub.publish('news', 'text'), says);
    const none = await makeTopics({ stream: 'NONE', prefix: 'none.', create: false });
    await assert.rejects(none.subscribe(new FakeConnection(), 'news'), /There is no stream NONE/);
    assert.strictEqual((await admin.ask('STREAM.INFO.NONE')).error.code, 404);
  });

  test('a stream of the caller that republishes is used as it is', async () => {
    const admin = await makeTopics();
    const republish = { src: 'mine.>', dest: 'live.mine.>' };
    await admin.ask('STREAM.CREATE.MINE', {
      name: 'MINE',
      subjects: ['mine.>'],
      storage: 'memory',
      republish
    });
    const hub = await makeTopics({ stream: 'MINE', prefix: 'mine.', create: false });
    const connection = new FakeConnection();
    await hub.subscribe(connection, 'news', { after: '0' });
    await hub.publish('news', 'text');
    await until(() => connection.got.length === 1, 'the message');

    assert.deepStrictEqual((await admin.ask('STREAM.INFO.MINE')).config.republish, republish);
  });
});
