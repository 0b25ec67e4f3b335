'use strict';

// Connections, brokers and options whose own code throws, or does something else in the midst of a delivery.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { Broker, FakeConnection, settled } = require('../../testing/topics/fake_broker');
const { Topics, redisStreams } = require('../../topics');
const { publish, setUp } = require('./kept_messages');

/** What a hub tells of errors, as lines. */
function errorsOf(hub) {
  const told = [];
  hub.on('error', (error, { topic }) => told.push(`${topic}: ${error.message}`));
  return told;
}

/** Has a property of a connection throw whenever it is read. */
function breakProperty(connection, name) {
  const get = () => {
    throw new Error(`no ${name}`);
  };
  Object.defineProperty(connection, name, { get });
}

describe('a member whose property throws', () => {
  for (const name of ['readyState', 'bufferedAmount', 'send']) {
    test(`keeps no message from others, and no slow one in the topic: ${name}`, async () => {
      const hub = new Topics({ maxBufferedAmount: 10 });
      const told = errorsOf(hub);
      const [slow, broken, last] = [new FakeConnection(), new FakeConnection(), new FakeConnection()];
      for (const member of [slow, broken, last]) await hub.subscribe(member, 'news');
      slow.fill(11);
      broken.fill(1);
      await hub.publish('news', 'one');
      breakProperty(broken, name);
      await hub.publish('news', 'two');
      await settled();

      assert.deepStrictEqual(last.got, ['one', 'two']);
      assert.deepStrictEqual([slow.readyState, slow.closeCode], [3, 4008]);
      assert.deepStrictEqual(told, [`news: no ${name}`]);
    });
  }

  test('is ended as a slow one although it cannot be taken out, and so are those behind it', async () => {
    const hub = new Topics({ maxBufferedAmount: 10 });
    const told = errorsOf(hub);
    const members = [new FakeConnection(), new FakeConnection()];
    for (const member of members) {
      await hub.subscribe(member, 'news');
      member.fill(11);
    }
    await hub.publish('news', 'one');
    breakProperty(members[0], 'removeListener');
    await hub.publish('news', 'two');
    await settled();

    assert.deepStrictEqual(
      members.map(({ closeCode }) => closeCode),
      [4008, 4008]
    );
    assert.strictEqual(hub.size('news'), 0);
    assert.deepStrictEqual(told, ['null: no removeListener']);
  });

  test('leaves the topic if it cannot be told what it missed, and its owner gets to know', async () => {
    const { broker, hub } = setUp({ maxBufferedAmount: 10, onSlow: 'wait' });
    const told = errorsOf(hub);
    const member = new FakeConnection();
    publish(broker, 1, 2);
    member.fill(1);
    const send = member.send.bind(member);
    member.send = (data) => {
      send(data);
      breakProperty(member, 'bufferedAmount');
      return false;
    };
    const subscribed = hub.subscribe(member, 'news', { after: '0' });

    await assert.rejects(subscribed, { message: 'no bufferedAmount' });
    await settled();
    assert.strictEqual(hub.size('news'), 0);
    assert.ok(told.includes('news: no bufferedAmount'));
  });

  test('is taken out although neither that nor our listeners can be got at', async () => {
    const { broker, hub } = setUp();
    const told = errorsOf(hub);
    publish(broker, 1, 100);
    const member = new FakeConnection();
    const { send } = member;
    member.send = (data) => {
      send.call(member, data);
      for (const name of ['bufferedAmount', 'removeListener']) breakProperty(member, name);
      return false;
    };

    await assert.rejects(hub.subscribe(member, 'news', { after: '0' }), { message: 'no bufferedAmount' });
    await settled();
    assert.strictEqual(hub.size('news'), 0);
    assert.ok(told.includes('news: no removeListener'));
  });
});

test('a member that catches up may be taken out by the last message that it missed', async () => {
  for (const others of [0, 1]) {
    const broker = new Broker({ keeps: true });
    const adapter = broker.adapter();
    // As the adapters of this package, it compares strings.
    adapter.compare = (a, b) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
    const member = new FakeConnection();
    const format = ({ data }) => {
      if (data === '2') hub.unsubscribe(member, 'news');
      return data;
    };
    const hub = new Topics({ adapter, recent: 0, format });
    for (let i = 0; i < others; i++) await hub.subscribe(new FakeConnection(), 'news');
    publish(broker, 1, 2);
    const subscribed = await hub.subscribe(member, 'news', { after: '0' });
    await settled();

    assert.strictEqual(subscribed, null);
    assert.strictEqual(hub.size('news'), others);
  }
});

describe('a broker that answers with something else than messages', () => {
  const garbage = [
    ['no offset', { messages: [{ data: 'x' }], isWhole: true, isFull: false, tail: '1' }],
    [
      'an offset that is none',
      { messages: [{ data: 'x', offset: '-' }], isWhole: true, isFull: false, tail: '1' }
    ],
    ['no tail', { messages: [], isWhole: false, isFull: false }],
    ['nothing', null]
  ];
  for (const [name, page] of garbage) {
    test(`is told of, and what comes is delivered: ${name}`, async () => {
      const { adapter, broker, hub } = setUp();
      const told = errorsOf(hub);
      adapter.read = async () => page;
      adapter.isRefusal = (error) => error instanceof TypeError;
      publish(broker, 1, 1);
      const member = new FakeConnection();
      await hub.subscribe(member, 'news', { after: '0' });
      publish(broker, 2, 2);
      await settled();

      assert.deepStrictEqual(member.got, ['2']);
      assert.strictEqual(told.length, 1);
    });
  }
});

test('an adapter may leave out the tail where it has messages, or nothing is missing', async () => {
  const { adapter, broker, hub } = setUp();
  const told = errorsOf(hub);
  const read = adapter.read.bind(adapter);
  adapter.read = async (...args) => ({ ...(await read(...args)), tail: undefined });
  publish(broker, 1, 3);
  const member = new FakeConnection();
  hub.subscribe(member, 'news', { after: '1' });
  await settled();

  assert.deepStrictEqual(member.got, ['2', '3']);
  assert.deepStrictEqual(told, []);
});

describe('Redis, if it answers a message with something else than what has become of it', () => {
  for (const answer of [
    ['behind', 'x'],
    ['behind', '7'],
    ['behind', '99999999999999999999'],
    ['x'],
    ['taken', 'x'],
    null
  ]) {
    test(`is told of, and takes the next one under its number: ${JSON.stringify(answer)}`, async () => {
      const sent = [];
      const answers = [['taken', '1-1'], answer, ['taken', '1-2']];
      const client = () => ({
        on() {},
        removeListener() {},
        subscribe() {},
        callBuffer: async (...[name, , , , , , , , number]) => {
          if (name !== 'EVALSHA') return null;
          sent.push(number);
          return answers.shift();
        }
      });
      const clients = { publisher: client(), subscriber: client() };
      const hub = new Topics({ adapter: redisStreams({ ...clients, sharded: false }) });
      const told = errorsOf(hub);
      const publish = (text) => hub.publish('news', text).catch((error) => error.name);

      assert.deepStrictEqual(
        [await publish('1'), await publish('2'), await publish('3')],
        ['1-1', 'TypeError', '1-2']
      );
      assert.deepStrictEqual(sent, ['1', '2', '3']);
      await settled();
      assert.strictEqual(told.length, 1);
    });
  }
});
