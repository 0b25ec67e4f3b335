'use strict';

// Publishing to a broker that keeps messages: in order and once, whatever is lost in between.

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const { describe, test } = require('node:test');

const { Behind, Outgoing } = require('../../lib/topics/outgoing');
const { random } = require('../../testing/peers/random');

class Refusal extends Error {}

/** A broker that takes the messages of a publisher by their numbers, as the script of Redis does. */
class Server {
  constructor(roll) {
    this.log = [];
    this.roll = roll;
    this.known = new Map();
    this.faults = 0;
  }

  /** What it does with a message that has come. */
  take({ data, publisher, number, first }) {
    const last = this.known.has(publisher) ? this.known.get(publisher) : first - 1;
    if (number <= last) return null;
    if (number > last + 1) throw new Behind(last);
    const text = String(data);
    if (text.startsWith('refused')) throw new Refusal('no');
    this.known.set(publisher, number);
    this.log.push(text);
    return String(this.log.length);
  }

  /** A call over a connection that may be lost before or after the message has come. */
  async send(item) {
    for (let turns = this.roll(3); turns > 0; turns--) await null;
    const fate = this.faults > 0 ? this.roll(10) : 9;
    if (fate < 2) this.faults -= 1;
    if (fate === 0) throw new Error('lost on the way there');
    const copy = { ...item };
    const offset = this.take(copy);
    if (fate === 1) throw new Error('lost on the way back');
    return offset;
  }
}

/** Messages on their way to a server. */
function setUp(server, settings) {
  return new Outgoing({
    send: (topic, item) => server.send(item),
    isRefusal: (error) => error instanceof Refusal,
    window: 8,
    maxQueued: 1e6,
    patience: 1e6,
    ...settings
  });
}

/** Publishes a hundred messages, with some refused and twenty calls lost. */
async function publishAmidFaults(seed) {
  const server = new Server(random(seed));
  server.faults = 20;
  const outgoing = setUp(server);
  const names = Array.from({ length: 100 }, (_, i) => (i % 17 === 13 ? `refused ${i}` : `${i}`));
  const results = await Promise.allSettled(names.map((name) => outgoing.publish('news', Buffer.from(name))));
  const wanted = names.filter((name) => !name.startsWith('refused'));

  assert.deepStrictEqual(server.log, wanted, `seed ${seed}`);
  assert.deepStrictEqual(
    names.filter((_, i) => results[i].status === 'fulfilled'),
    wanted
  );
}

/** Prints how many microseconds of CPU a message takes when a broker comes back for which few wait, and many. */
async function costs(Outgoing) {
  const found = [];
  for (const count of [10_000, 10_000, 160_000]) {
    const answers = [];
    let isBack = false;
    const send = () => (isBack ? Promise.resolve('1') : new Promise((resolve) => answers.push(resolve)));
    const settings = { send, isRefusal: () => false, window: 256, maxQueued: Infinity, patience: 1e6 };
    const outgoing = new Outgoing(settings);
    const publishing = Array.from({ length: count }, () => outgoing.publish('news', Buffer.from('x')));
    const before = process.cpuUsage();
    isBack = true;
    for (const answer of answers) answer('1');
    await Promise.all(publishing);
    found.push(process.cpuUsage(before).user / count);
  }
  console.log(JSON.stringify(found.slice(1)));
}

/** The same of messages that a member publishes while it is sent one. */
async function nestedCosts(Topics) {
  const found = [];
  for (const count of [10_000, 10_000, 160_000]) {
    const hub = new Topics();
    let got = 0;
    const send = () => {
      for (let i = got++ === 0 ? 0 : count; i < count; i++) hub.publish('news', 'x');
      return true;
    };
    await hub.subscribe({ readyState: 1, send, on() {}, removeListener() {} }, 'news');
    const before = process.cpuUsage();
    await hub.publish('news', 'first');
    found.push(got === count + 1 ? process.cpuUsage(before).user / count : NaN);
  }
  console.log(JSON.stringify(found.slice(1)));
}

describe('publishing', () => {
  test('is in order and once, although calls are lost before and after they are done', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, i) => publishAmidFaults(i + 1)));
  });

  test('goes on behind what was given up, and does not take one message for another', async () => {
    const server = new Server(() => 9);
    const outgoing = setUp(server, { patience: -1 });
    let isDown = false;
    const { send } = server;
    server.send = async (item) => {
      if (isDown) throw new Error('down');
      return send.call(server, item);
    };
    await outgoing.publish('news', Buffer.from('1'));
    isDown = true;
    await assert.rejects(outgoing.publish('news', Buffer.from('2')), /^Error: down$/);
    isDown = false;
    await outgoing.publish('news', Buffer.from('3'));
    await outgoing.publish('news', Buffer.from('4'));

    assert.deepStrictEqual(server.log, ['1', '3', '4']);
  });

  test('goes on with a broker that has forgotten who published', async () => {
    const server = new Server(() => 9);
    const outgoing = setUp(server);
    for (const name of ['1', '2', '3']) await outgoing.publish('news', Buffer.from(name));
    server.known.clear();
    await Promise.all(['4', '5', '6'].map((name) => outgoing.publish('news', Buffer.from(name))));

    assert.deepStrictEqual(server.log, ['1', '2', '3', '4', '5', '6']);
  });

  test('keeps topics apart, so that one that fails holds up no other', async () => {
    const server = new Server(() => 9);
    const { send } = server;
    server.send = (item) => (String(item.data) === 'stuck' ? new Promise(() => {}) : send.call(server, item));
    const outgoing = setUp(server, { window: 1 });
    outgoing.publish('a', Buffer.from('stuck'));
    outgoing.publish('a', Buffer.from('behind it'));

    assert.strictEqual(await outgoing.publish('b', Buffer.from('text')), '1');
    assert.deepStrictEqual(server.log, ['text']);
  });

  test('refuses at once what would wait behind too much, and takes what is large alone', async () => {
    const outgoing = setUp(new Server(() => 9), { maxQueued: 10, send: () => new Promise(() => {}) });
    outgoing.publish('news', Buffer.alloc(20));

    await assert.rejects(
      outgoing.publish('news', Buffer.alloc(1)),
      /532 bytes of messages, with 512 for each/
    );
    await assert.rejects(outgoing.publish('other', Buffer.alloc(1)), /does not keep up/);
  });

  test('refuses small messages before they take much more memory than may wait', async () => {
    const outgoing = setUp(new Server(() => 9), { maxQueued: 1e6, send: () => new Promise(() => {}) });
    const publishing = Array.from({ length: 10_000 }, () => outgoing.publish('news', Buffer.from('x')));
    for (const promise of publishing) promise.catch(() => {});

    // One that is kept takes some 700 bytes.
    await assert.rejects(publishing[2000], /does not keep up/);
  });

  // In a process of its own, where nobody follows each promise as the test runner does.
  for (const [name, program, file, what] of [
    ['wait for a broker', costs, require.resolve('../../lib/topics/outgoing'), 'Outgoing'],
    ['are published within a delivery', nestedCosts, require.resolve('../../topics'), 'Topics']
  ]) {
    test(`takes for each message the same time, however many ${name}`, () => {
      const code = `(${program})(require(${JSON.stringify(file)}).${what})`;
      const [few, many] = JSON.parse(execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' }));

      assert.ok(many < 8 * few + 10, `${many} us each of many, ${few} us each of few`);
    });
  }

  test('forgets the topic that was quiet longest, of those for which nothing waits', async () => {
    const server = new Server(() => 9);
    const publishers = new Map();
    const { take } = server;
    server.take = (item) => {
      publishers.set(String(item.data), item.publisher);
      return take.call(server, item);
    };
    const outgoing = setUp(server, {
      mostLines: 3,
      send: (topic, item) => (topic === 'stuck' ? new Promise(() => {}) : server.send(item))
    });
    outgoing.publish('stuck', Buffer.from('stuck'));
    for (const [topic, text] of [
      ['busy', 'busy 1'],
      ['quiet', 'quiet 1'],
      ['busy', 'busy 2'],
      ['new', 'new 1'],
      ['busy', 'busy 3'],
      ['quiet', 'quiet 2']
    ])
      await outgoing.publish(topic, Buffer.from(text));

    assert.strictEqual(publishers.get('busy 3'), publishers.get('busy 1'));
    // Under another name, so that it may begin to count anew.
    assert.notStrictEqual(publishers.get('quiet 2'), publishers.get('quiet 1'));
    assert.strictEqual(server.log.length, 6);
  });
});
