'use strict';

// Catching up: what was missed comes from what the broker keeps, then what comes, once each and in order.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { FakeConnection, Refusal, gate, settled } = require('../../testing/topics/fake_broker');
const { numbers, publish, setUp } = require('./kept_messages');

describe('catching up', () => {
  test('a connection with an offset gets what came after it, and then what comes', async () => {
    const { broker, gaps, hub } = setUp();
    publish(broker, 1, 300);
    const connection = new FakeConnection();
    assert.deepStrictEqual(await hub.subscribe(connection, 'news', { after: '100' }), { offset: '300' });
    publish(broker, 301, 303);

    assert.deepStrictEqual(connection.got, numbers(101, 303));
    assert.deepStrictEqual(gaps, []);
  });

  test('an offset of 0 is the beginning, and the newest is nothing', async () => {
    const { broker, gaps, hub } = setUp();
    publish(broker, 1, 3);
    const [all, none] = [new FakeConnection(), new FakeConnection()];
    await hub.subscribe(all, 'news', { after: '0' });
    await hub.subscribe(none, 'news', { after: '3' });

    assert.deepStrictEqual(all.got, numbers(1, 3));
    assert.deepStrictEqual(none.got, []);
    assert.deepStrictEqual(gaps, []);
  });

  test('what is published between the two halves comes once, whichever half has it first', async () => {
    for (const isLiveFirst of [true, false]) {
      const { adapter, broker, hub } = setUp();
      publish(broker, 1, 3);
      const other = new FakeConnection();
      await hub.subscribe(other, 'news');
      const { open, opened } = gate();
      adapter.gate = (name) => (name === 'read' ? opened : undefined);
      const connection = new FakeConnection();
      const subscribed = hub.subscribe(connection, 'news', { after: '1' });
      await settled();
      // It is read, and it is on its way.
      adapter.isHolding = true;
      publish(broker, 4, 5);
      if (isLiveFirst) adapter.release();
      open();
      await subscribed;
      assert.deepStrictEqual(connection.got, numbers(2, 5));
      adapter.release();
      adapter.isHolding = false;
      publish(broker, 6, 6);

      assert.deepStrictEqual(connection.got, numbers(2, 6));
      assert.deepStrictEqual(other.got, numbers(4, 6));
    }
  });

  test('what is published while an answer without it is on its way comes too', async () => {
    for (const after of ['1', '3', '5000']) {
      const { adapter, broker, hub } = setUp();
      publish(broker, 1, 3);
      const other = new FakeConnection();
      await hub.subscribe(other, 'news');
      const { open, opened } = gate();
      adapter.gate = (name) => (name === 'answer' ? opened : undefined);
      const connection = new FakeConnection();
      const subscribed = hub.subscribe(connection, 'news', { after });
      await settled();
      publish(broker, 4, 5);
      open();
      await subscribed;
      publish(broker, 6, 6);

      assert.deepStrictEqual(connection.got, after === '1' ? numbers(2, 6) : numbers(4, 6), after);
    }
  });

  test('messages that are not kept any more are a gap of that connection, and what is left comes', async () => {
    const { broker, gaps, hub } = setUp();
    publish(broker, 1, 10);
    broker.trim('news', 3);
    const connection = new FakeConnection();
    await hub.subscribe(connection, 'news', { after: '2' });
    await settled();

    assert.deepStrictEqual(connection.got, numbers(8, 10));
    assert.deepStrictEqual(gaps, [{ topic: 'news', connection, after: '2', reason: 'trimmed' }]);
  });

  test('an offset that is not known any more, with nothing behind it, is a gap, and what comes comes', async () => {
    const { broker, gaps, hub } = setUp();
    publish(broker, 1, 3);
    const connection = new FakeConnection();
    await hub.subscribe(connection, 'news', { after: '5000' });
    publish(broker, 4, 5);
    await settled();

    assert.deepStrictEqual(connection.got, numbers(4, 5));
    assert.deepStrictEqual(gaps, [{ topic: 'news', connection, after: '5000', reason: 'trimmed' }]);
  });

  test('an offset that is none is refused, and the connection is not in the topic', async () => {
    const { hub } = setUp();
    const connection = new FakeConnection();
    for (const after of ['', 'x', '1 ', '-1', '1e3']) {
      await assert.rejects(hub.subscribe(connection, 'news', { after }), {
        name: 'TypeError',
        message: /is not the offset of a message/
      });
    }
    assert.strictEqual(hub.size('news'), 0);
    await hub.subscribe(connection, 'news', { after: '0' });
    assert.throws(() => hub.subscribe(connection, 'news', { after: '0' }), /is in the topic "news" already/);
  });

  test('a read that fails with its connection is made again; one that is refused is a gap', async () => {
    const { adapter, broker, gaps, hub } = setUp();
    publish(broker, 1, 3);
    adapter.fail('read', new Error('connection lost'));
    const [patient, refused] = [new FakeConnection(), new FakeConnection()];
    await hub.subscribe(patient, 'news', { after: '1' });
    adapter.fail('read', new Refusal('no permission'));
    await hub.subscribe(refused, 'news', { after: '1' });
    publish(broker, 4, 4);
    await settled();

    assert.deepStrictEqual(patient.got, numbers(2, 4));
    assert.deepStrictEqual(refused.got, numbers(4, 4));
    assert.deepStrictEqual(
      gaps.map(({ connection }) => connection),
      [refused]
    );
  });

  test('a slow connection is set aside, and gets what it missed once it has drained', async () => {
    const { broker, gaps, hub } = setUp({ onSlow: 'wait', maxBufferedAmount: 1000 });
    const [slow, quick] = [new FakeConnection(), new FakeConnection()];
    for (const connection of [slow, quick]) await hub.subscribe(connection, 'news');
    const told = [];
    hub.on('slow', ({ connection, action }) => told.push([connection, action]));
    publish(broker, 1, 2);
    slow.fill(5000);
    publish(broker, 3, 100);
    await settled();
    assert.deepStrictEqual(slow.got, numbers(1, 3));
    slow.fill(0);
    await settled();
    publish(broker, 101, 102);

    assert.deepStrictEqual(slow.got, numbers(1, 102));
    assert.deepStrictEqual(quick.got, numbers(1, 102));
    assert.deepStrictEqual(told, [[slow, 'wait']]);
    assert.deepStrictEqual(gaps, []);
  });

  test('one that is set aside again right after it went live gets everything once', async () => {
    // In one of the turns of the queue of microtasks it is live, and what has made it so has not gone on yet.
    for (let turns = 0; turns < 40; turns++) {
      const { broker, hub } = setUp({ onSlow: 'wait', maxBufferedAmount: 10 });
      const slow = new FakeConnection();
      slow.send = (data) => {
        slow.got.push(String(data));
        slow.bufferedAmount += 20;
        return false;
      };
      await hub.subscribe(slow, 'news');
      publish(broker, 1, 2);
      await settled();
      slow.fill(0);
      for (let i = 0; i < turns; i++) await null;
      publish(broker, 3, 9);
      do {
        slow.fill(0);
        await settled();
      } while (slow.bufferedAmount > 0);

      assert.deepStrictEqual(slow.got, numbers(1, 9), `${turns} turns`);
    }
  });

  test('one that is set aside before its subscribe is done catches up once', async () => {
    const { adapter, broker, hub } = setUp({ onSlow: 'wait', maxBufferedAmount: 1000 });
    const { open, opened } = gate();
    adapter.gate = (name) => (name === 'subscribe' ? opened : undefined);
    const connection = new FakeConnection();
    const subscribed = hub.subscribe(connection, 'news');
    // An older subscription brings messages already.
    adapter.subscribed.add('news');
    publish(broker, 1, 1);
    connection.fill(5000);
    publish(broker, 2, 5);
    open();
    connection.fill(0);
    await subscribed;
    await settled();

    assert.deepStrictEqual(connection.got, numbers(1, 5));
  });

  test('one that reads nothing has no more waiting than it may, however large the messages', async () => {
    const { broker, hub } = setUp({ maxBufferedAmount: 1000 });
    publish(broker, 1, 500);
    const connection = new FakeConnection();
    const { send } = connection;
    connection.send = function (data) {
      send.call(this, data);
      this.bufferedAmount += 400;
      return false;
    };
    const subscribed = hub.subscribe(connection, 'news', { after: '0' });
    await settled();
    assert.deepStrictEqual(connection.got, numbers(1, 3));

    // It gets all of it as it drains.
    while (connection.got.length < 500) {
      const before = connection.got.length;
      connection.fill(0);
      await settled();
      assert.ok(connection.got.length - before <= 3, `${connection.got.length - before} at once`);
    }
    assert.deepStrictEqual(await subscribed, { offset: '500' });
    assert.deepStrictEqual(connection.got, numbers(1, 500));
  });

  test('a hundred who come back at once do not ask the broker at once', async () => {
    const { adapter, broker, hub } = setUp();
    publish(broker, 1, 10);
    let [now, most] = [0, 0];
    adapter.gate = async (name) => {
      if (name !== 'read') return;
      most = Math.max(most, (now += 1));
      await settled();
      now -= 1;
    };
    const connections = Array.from({ length: 100 }, () => new FakeConnection());
    await Promise.all(connections.map((connection) => hub.subscribe(connection, 'news', { after: '5' })));

    for (const { got } of connections) assert.deepStrictEqual(got, numbers(6, 10));
    assert.ok(most <= 16, `${most} reads at once`);
  });
});

describe('what a process remembers', () => {
  /** How often the broker was read. */
  const reads = ({ calls }) => calls.filter((call) => call.startsWith('read')).length;

  test('spares the broker those who come back before long', async () => {
    const { adapter, broker, gaps, hub } = setUp({ recent: 100_000 });
    const first = new FakeConnection();
    await hub.subscribe(first, 'news');
    publish(broker, 1, 100);
    for (const after of ['36', '70', '99', '100']) {
      const connection = new FakeConnection();
      await hub.subscribe(connection, 'news', { after });
      assert.deepStrictEqual(connection.got, numbers(Number(after) + 1, 100), after);
    }
    assert.strictEqual(reads(adapter), 0);
    const late = new FakeConnection();
    await hub.subscribe(late, 'news', { after: '10' });

    assert.deepStrictEqual(late.got, numbers(11, 100));
    assert.ok(reads(adapter) > 0);
    assert.deepStrictEqual(gaps, []);
  });

  test('has its bounds, and ends with the last member of a topic', async () => {
    const { adapter, broker, hub } = setUp({ recent: 1000 });
    const first = new FakeConnection();
    await hub.subscribe(first, 'news');
    for (let i = 0; i < 10; i++) broker.publish('news', `${i}`.padEnd(200, '.'));
    const second = new FakeConnection();
    await hub.subscribe(second, 'news', { after: '9' });
    assert.strictEqual(reads(adapter), 0);
    const third = new FakeConnection();
    await hub.subscribe(third, 'news', { after: '7' });
    assert.ok(reads(adapter) > 0);
    for (const connection of [first, second, third]) connection.close();
    await settled();
    // Another topic has all of it now.
    const [other, back] = [new FakeConnection(), new FakeConnection()];
    await hub.subscribe(other, 'other');
    broker.publish('other', 'x'.repeat(400));
    const before = reads(adapter);
    await hub.subscribe(back, 'other', { after: '0' });
    assert.strictEqual(reads(adapter), before);
    assert.strictEqual(back.got.length, 1);
  });

  test('has no holes', async () => {
    const { adapter, broker, gaps, hub } = setUp({ recent: 100_000 });
    const first = new FakeConnection();
    await hub.subscribe(first, 'news');
    publish(broker, 1, 3);
    adapter.lose();
    publish(broker, 4, 20);
    broker.trim('news', 2);
    adapter.regain();
    await settled();
    for (const after of ['2', '3']) {
      const second = new FakeConnection();
      await hub.subscribe(second, 'news', { after });
      assert.deepStrictEqual(second.got, numbers(19, 20));
    }
    await settled();

    assert.deepStrictEqual(
      gaps.map(({ after }) => after),
      ['3', '2', '3']
    );
  });
});
