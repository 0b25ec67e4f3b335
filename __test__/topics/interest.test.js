'use strict';

// One subscription at the broker for each topic that somebody here listens to, and no other, whatever comes in between.

const assert = require('node:assert');
const { once } = require('node:events');
const { test } = require('node:test');

const { Topics } = require('../../topics');
const { Broker, FakeConnection, Refusal, gate, settled } = require('../../testing/topics/fake_broker');

/** A broker, and a process with topics on it. */
function setUp(settings) {
  const broker = new Broker(settings);
  const adapter = broker.adapter();
  const hub = new Topics({ adapter });
  return { adapter, broker, hub };
}

test('the first who comes subscribes, the last who leaves unsubscribes, and nobody in between does', async () => {
  const { adapter, hub } = setUp();
  const connections = Array.from({ length: 5 }, () => new FakeConnection());
  for (const connection of connections) await hub.subscribe(connection, 'news');
  assert.deepStrictEqual(adapter.calls, ['subscribe news']);
  for (const connection of connections.slice(1)) connection.close();
  await settled();
  assert.deepStrictEqual(adapter.calls, ['subscribe news']);
  hub.unsubscribe(connections[0], 'news');
  await settled();

  assert.deepStrictEqual(adapter.calls, ['subscribe news', 'unsubscribe news']);
  assert.strictEqual(hub.metrics().topics, 0);
});

test('many who come while it is under way wait for the same, and get what comes from then on', async () => {
  const { adapter, broker, hub } = setUp();
  const { open, opened } = gate();
  adapter.gate = () => opened;
  const connections = Array.from({ length: 5 }, () => new FakeConnection());
  let done = 0;
  const all = connections.map((connection) => hub.subscribe(connection, 'news').then(() => (done += 1)));
  await settled();
  assert.strictEqual(done, 0);
  open();
  await Promise.all(all);
  broker.publish('news', 'text');

  assert.deepStrictEqual(adapter.calls, ['subscribe news']);
  for (const { got } of connections) assert.deepStrictEqual(got, ['text']);
});

test('who comes while an unsubscribe is under way is subscribed after it', async () => {
  const { adapter, broker, hub } = setUp();
  const [first, second] = [new FakeConnection(), new FakeConnection()];
  await hub.subscribe(first, 'news');
  const { open, opened } = gate();
  adapter.gate = () => opened;
  first.close();
  await settled();
  const subscribed = hub.subscribe(second, 'news');
  // What still comes belongs to the old subscription.
  broker.publish('news', 'early');
  open();

  assert.deepStrictEqual(await subscribed, { offset: null });
  broker.publish('news', 'text');
  assert.deepStrictEqual(adapter.calls, ['subscribe news', 'unsubscribe news', 'subscribe news']);
  assert.deepStrictEqual(second.got, ['text']);
});

test('who leaves while a subscribe is under way is unsubscribed after it', async () => {
  const { adapter, hub } = setUp();
  const { open, opened } = gate();
  adapter.gate = () => opened;
  const connection = new FakeConnection();
  const subscribed = hub.subscribe(connection, 'news');
  connection.close();
  assert.strictEqual(await subscribed, null);
  open();
  await settled();

  assert.deepStrictEqual(adapter.calls, ['subscribe news', 'unsubscribe news']);
  assert.strictEqual(adapter.subscribed.size, 0);
  assert.strictEqual(hub.metrics().topics, 0);
});

test('a hundred who come and go while a call is under way cost no call', async () => {
  const { adapter, hub } = setUp();
  const stays = new FakeConnection();
  const { open, opened } = gate();
  adapter.gate = () => opened;
  const subscribed = hub.subscribe(stays, 'news');
  for (let i = 0; i < 100; i++) {
    const passes = new FakeConnection();
    hub.subscribe(passes, 'news');
    hub.unsubscribe(stays, 'news');
    passes.close();
    hub.subscribe(stays, 'news');
  }
  open();
  assert.strictEqual(await subscribed, null);
  await settled();

  assert.deepStrictEqual(adapter.calls, ['subscribe news']);
  assert.deepStrictEqual([...adapter.subscribed], ['news']);
  assert.deepStrictEqual(hub.connections('news'), [stays]);
});

test('a subscribe that the broker refuses rejects for all who wait, is told, and holds nothing', async () => {
  const { adapter, broker, hub } = setUp();
  const refusal = new Refusal('no permission');
  adapter.fail('subscribe', refusal);
  const connections = [new FakeConnection(), new FakeConnection()];
  const errors = [];
  hub.on('error', (error, { topic, connection }) => errors.push([error, topic, connection]));
  const all = await Promise.allSettled(connections.map((connection) => hub.subscribe(connection, 'news')));
  await settled();

  assert.deepStrictEqual(
    all.map(({ reason }) => reason),
    [refusal, refusal]
  );
  assert.deepStrictEqual(
    errors,
    connections.map((connection) => [refusal, 'news', connection])
  );
  assert.strictEqual(hub.size('news'), 0);
  assert.strictEqual(connections[0].listenerCount('close'), 0);
  // It can be tried again.
  assert.deepStrictEqual(await hub.subscribe(connections[0], 'news'), { offset: null });
  broker.publish('news', 'text');
  assert.deepStrictEqual(connections[0].got, ['text']);
});

test('a subscribe that fails with its connection is made again, and who waits for it goes on waiting', async () => {
  const { adapter, broker, hub } = setUp();
  for (let i = 0; i < 3; i++) adapter.fail('subscribe', new Error('connection lost'));
  const errors = [];
  hub.on('error', (error, { topic }) => errors.push(`${error.message} ${topic}`));
  const connection = new FakeConnection();
  assert.deepStrictEqual(await hub.subscribe(connection, 'news'), { offset: null });
  broker.publish('news', 'text');

  assert.deepStrictEqual(connection.got, ['text']);
  assert.deepStrictEqual(errors, Array(3).fill('connection lost news'));
  assert.strictEqual(adapter.calls.length, 4);
});

test('who leaves while a failed subscribe waits for its next attempt ends that', async () => {
  const { adapter, hub } = setUp();
  adapter.isLost = true;
  const connection = new FakeConnection();
  const subscribed = hub.subscribe(connection, 'news');
  await once(hub, 'error');
  connection.close();
  assert.strictEqual(await subscribed, null);
  adapter.isLost = false;
  await settled();

  // Nobody knows what the failed call left behind, so it is taken back.
  assert.deepStrictEqual(adapter.calls, ['subscribe news', 'unsubscribe news']);
  assert.strictEqual(hub.metrics().topics, 0);
});

test('an unsubscribe that fails with its connection is made again', async () => {
  const { adapter, hub } = setUp();
  const connection = new FakeConnection();
  await hub.subscribe(connection, 'news');
  adapter.fail('unsubscribe', new Error('connection lost'));
  connection.close();
  await once(hub, 'error');
  while (hub.metrics().topics > 0) await new Promise((resolve) => setTimeout(resolve, 10));

  assert.deepStrictEqual(adapter.calls, ['subscribe news', 'unsubscribe news', 'unsubscribe news']);
  assert.strictEqual(adapter.subscribed.size, 0);
});

test('an unsubscribe that the broker refuses is not made again', async () => {
  const { adapter, hub } = setUp();
  const connection = new FakeConnection();
  await hub.subscribe(connection, 'news');
  adapter.fail('unsubscribe', new Refusal('no'));
  connection.close();
  await settled();

  assert.deepStrictEqual(adapter.calls, ['subscribe news', 'unsubscribe news']);
  assert.strictEqual(hub.metrics().topics, 0);
});

test('a broker that was lost is a gap for each topic, if it keeps nothing', async () => {
  const { adapter, broker, hub } = setUp();
  const [a, b] = [new FakeConnection(), new FakeConnection()];
  await hub.subscribe(a, 'a');
  await hub.subscribe(b, 'b');
  const gaps = [];
  hub.on('gap', (gap) => gaps.push(gap));
  adapter.lose();
  broker.publish('a', 'lost');
  adapter.regain();
  broker.publish('a', 'text');
  await settled();

  assert.deepStrictEqual(
    gaps,
    ['a', 'b'].map((topic) => ({ topic, connection: null, after: null, reason: 'broker' }))
  );
  assert.deepStrictEqual(a.got, ['text']);
});

test('a message for a topic that nobody is in any more is counted, and goes nowhere', async () => {
  const { adapter, broker, hub } = setUp();
  const connection = new FakeConnection();
  await hub.subscribe(connection, 'news');
  adapter.isHolding = true;
  broker.publish('news', 'late');
  connection.close();
  adapter.release();
  await settled();

  assert.deepStrictEqual(connection.got, []);
  const { received, unread } = hub.metrics();
  assert.deepStrictEqual({ received, unread }, { received: 1, unread: 1 });
});

test('close gives back every topic, and then lets go of the broker', async () => {
  const { adapter, hub } = setUp();
  const connection = new FakeConnection();
  for (const topic of ['a', 'b']) await hub.subscribe(connection, topic);
  await hub.close();

  assert.deepStrictEqual(adapter.calls, [
    'subscribe a',
    'subscribe b',
    'unsubscribe a',
    'unsubscribe b',
    'stop'
  ]);
  assert.strictEqual(connection.listenerCount('close'), 0);
  assert.strictEqual(connection.readyState, 1);
});

test('`close` is done for everybody who asks when the broker has given back what was held', async () => {
  const { adapter, hub } = setUp();
  await hub.subscribe(new FakeConnection(), 'news');
  const { open, opened } = gate();
  adapter.gate = () => opened;
  let done = 0;
  const both = [hub.close(), hub.close()].map((closed) => closed.then(() => (done += 1)));
  await settled();
  assert.strictEqual(done, 0);
  open();
  await Promise.all(both);

  assert.deepStrictEqual(adapter.calls, ['subscribe news', 'unsubscribe news', 'stop']);
});
