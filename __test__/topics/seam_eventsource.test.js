'use strict';

// Catching up by an EventSource, whose last ID says where it is in each of its topics.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { Topics } = require('../../topics');
const { Broker, FakeConnection, settled } = require('../../testing/topics/fake_broker');

/** A broker that keeps messages, and a process with topics on it. */
function setUp(options) {
  const broker = new Broker({ keeps: true });
  const adapter = broker.adapter();
  const hub = new Topics({ adapter, ...options });
  const gaps = [];
  hub.on('gap', (gap) => gaps.push(gap));
  return { adapter, broker, gaps, hub };
}

/** Publishes numbers. */
function publish(broker, from, to) {
  for (let i = from; i <= to; i++) broker.publish('news', String(i));
}

/** Numbers as they arrive. */
function numbers(from, to) {
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

describe('an EventSource', () => {
  test('that comes back gets what it missed, of each of its topics', async () => {
    const { broker, gaps, hub } = setUp();
    const first = new FakeConnection('');
    for (const topic of ['a', 'b & c=%']) await hub.subscribe(first, topic);
    broker.publish('a', 'a1');
    broker.publish('b & c=%', 'b2');
    broker.publish('a', 'a3');
    first.close();
    broker.publish('b & c=%', 'b4');
    broker.publish('a', 'a5');
    const second = new FakeConnection(first.lastId);
    for (const topic of ['a', 'b & c=%', 'new']) await hub.subscribe(second, topic);
    broker.publish('b & c=%', 'b6');

    assert.deepStrictEqual(first.got, ['a1', 'b2', 'a3']);
    assert.deepStrictEqual([...second.got].sort(), ['a5', 'b4', 'b6']);
    assert.deepStrictEqual(gaps, []);
  });

  test('knows where it is before the first message', async () => {
    const { broker, hub } = setUp();
    publish(broker, 1, 3);
    const first = new FakeConnection('');
    await hub.subscribe(first, 'news');
    assert.deepStrictEqual(first.got, []);
    first.close();
    publish(broker, 4, 5);
    const second = new FakeConnection(first.lastId);
    await hub.subscribe(second, 'news');

    assert.deepStrictEqual(second.got, numbers(4, 5));
  });

  test('with an ID of somebody else gets what comes, and is told of as a gap', async () => {
    for (const id of ['17', 'x', '%', '=', '=1', 'news=', 'news=x', 'news=%zz', '&&&', 'a'.repeat(9000)]) {
      const { broker, gaps, hub } = setUp();
      publish(broker, 1, 3);
      const connection = new FakeConnection(id);
      await hub.subscribe(connection, 'news');
      publish(broker, 4, 4);
      await settled();

      assert.deepStrictEqual(connection.got, numbers(4, 4), id);
      assert.deepStrictEqual(gaps, [{ topic: 'news', connection, after: null, reason: 'unknown' }], id);
    }
  });

  test('cannot be in more topics than its ID has room for', async () => {
    const { hub } = setUp();
    const connection = new FakeConnection('');
    let topics = 0;
    await assert.rejects(async () => {
      for (;;) {
        await hub.subscribe(connection, `topic number ${topics}`);
        topics += 1;
      }
    }, /^RangeError: An EventSource cannot be in so many topics/);

    assert.ok(topics >= 40, `${topics}`);
    assert.ok(connection.lastId.length <= 4096);
    assert.strictEqual(hub.topicsOf(connection).length, topics);
  });
});
