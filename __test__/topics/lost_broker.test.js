'use strict';

// A broker that was lost: what was published meanwhile comes when it is back, or is told to be a gap.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { FakeConnection, gate, settled } = require('../../testing/topics/fake_broker');
const { numbers, publish, setUp } = require('./kept_messages');

describe('a broker that was lost', () => {
  test('gives what was published meanwhile, to all and in order', async () => {
    const { adapter, broker, gaps, hub } = setUp();
    const connections = [new FakeConnection(), new FakeConnection()];
    for (const connection of connections) await hub.subscribe(connection, 'news');
    publish(broker, 1, 3);
    adapter.lose();
    publish(broker, 4, 200);
    adapter.regain();
    publish(broker, 201, 203);
    await settled();

    for (const { got } of connections) assert.deepStrictEqual(got, numbers(1, 203));
    assert.deepStrictEqual(gaps, []);
  });

  test('is a gap of the topic if it has not kept all of it', async () => {
    const { adapter, broker, gaps, hub } = setUp();
    const connection = new FakeConnection();
    await hub.subscribe(connection, 'news');
    publish(broker, 1, 3);
    adapter.lose();
    publish(broker, 4, 10);
    broker.trim('news', 2);
    adapter.regain();
    await settled();

    assert.deepStrictEqual(connection.got, [...numbers(1, 3), ...numbers(9, 10)]);
    assert.deepStrictEqual(gaps, [{ topic: 'news', connection: null, after: '3', reason: 'trimmed' }]);
  });

  test('may lose a message without a word: the next one tells, and brings it', async () => {
    const { adapter, broker, gaps, hub } = setUp();
    const connection = new FakeConnection();
    await hub.subscribe(connection, 'news');
    publish(broker, 1, 1);
    adapter.subscribed.clear();
    publish(broker, 2, 3);
    adapter.subscribed.add('news');
    publish(broker, 4, 5);
    await settled();

    assert.deepStrictEqual(connection.got, numbers(1, 5));
    assert.deepStrictEqual(gaps, []);
  });

  test('gives what is published while its answer is on its way', async () => {
    const { adapter, broker, gaps, hub } = setUp();
    const connection = new FakeConnection();
    await hub.subscribe(connection, 'news');
    publish(broker, 1, 1);
    adapter.lose();
    const { open, opened } = gate();
    adapter.gate = (name) => (name === 'answer' ? opened : undefined);
    adapter.regain();
    await settled();
    // The answer says that there is nothing; these are lost on their way, and this one is not.
    adapter.subscribed.clear();
    publish(broker, 2, 3);
    adapter.subscribed.add('news');
    publish(broker, 4, 4);
    open();
    await settled();

    assert.deepStrictEqual(connection.got, numbers(1, 4));
    assert.deepStrictEqual(gaps, []);
  });

  test('twice, the second time while the answer of the first is on its way, gives everything', async () => {
    const { adapter, broker, gaps, hub } = setUp();
    const connection = new FakeConnection();
    await hub.subscribe(connection, 'news');
    publish(broker, 1, 1);
    adapter.lose();
    const { open, opened } = gate();
    adapter.gate = (name) => (name === 'answer' ? opened : undefined);
    adapter.regain();
    await settled();
    adapter.lose();
    publish(broker, 2, 3);
    adapter.regain();
    open();
    await settled();

    assert.deepStrictEqual(connection.got, numbers(1, 3));
    assert.deepStrictEqual(gaps, []);
  });

  test('while a subscribe was under way has lost nothing', async () => {
    const { adapter, broker, gaps, hub } = setUp();
    const { open, opened } = gate();
    adapter.gate = (name) => (name === 'subscribe' ? opened : undefined);
    const connection = new FakeConnection();
    const subscribed = hub.subscribe(connection, 'news');
    // An older subscription, which could not be ended, still brings messages. Then it is gone.
    adapter.subscribed.add('news');
    publish(broker, 1, 1);
    adapter.subscribed.clear();
    publish(broker, 2, 3);
    open();
    await subscribed;
    await settled();

    assert.deepStrictEqual(connection.got, numbers(1, 3));
    assert.deepStrictEqual(gaps, []);
  });

  test('that begins to count anew is a gap, and what it has then comes', async () => {
    const { adapter, broker, gaps, hub } = setUp();
    const connection = new FakeConnection();
    publish(broker, 1, 100);
    await hub.subscribe(connection, 'news');
    adapter.lose();
    broker.logs.clear();
    broker.last = 0;
    publish(broker, 1, 3);
    adapter.regain();
    await settled();
    publish(broker, 4, 5);
    await settled();

    assert.deepStrictEqual(connection.got, numbers(4, 5));
    assert.deepStrictEqual(gaps, [{ topic: 'news', connection: null, after: '100', reason: 'trimmed' }]);
  });
});
