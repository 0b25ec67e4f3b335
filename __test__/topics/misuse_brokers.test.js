'use strict';

// What callers get wrong about brokers, and what they are told: at the call, before anything is sent.

const assert = require('node:assert');
const { EventEmitter } = require('node:events');
const { describe, test } = require('node:test');

const { Topics, jetStream, nats, redis, redisStreams } = require('../../topics');

/** Something with the methods of a client. */
function client(...methods) {
  const made = new EventEmitter();
  for (const method of methods) made[method] = () => assert.fail(`${method} is called`);
  return made;
}

/** A pair of clients. */
function pair() {
  return {
    publisher: client('sendCommand', 'subscribe', 'sSubscribe'),
    subscriber: client('sendCommand', 'subscribe', 'sSubscribe')
  };
}

describe('misuse of the adapters of Redis', () => {
  for (const [name, adapterOf] of Object.entries({ redis, redisStreams })) {
    test(`${name} says which client is missing, or is none`, () => {
      const { publisher, subscriber } = pair();
      const lacking = client('sendCommand');
      for (const none of [undefined, null, 'redis://localhost', {}, new EventEmitter(), lacking, () => {}]) {
        assert.throws(() => adapterOf({ publisher: none, subscriber }), {
          name: 'TypeError',
          message: new RegExp(`^${name} needs the option publisher: a client of @redis/client or of ioredis`)
        });
        assert.throws(() => adapterOf({ publisher, subscriber: none }), {
          name: 'TypeError',
          message: new RegExp(`^${name} needs the option subscriber`)
        });
      }
      for (const options of [undefined, null, 13, 'text', {}])
        assert.throws(() => adapterOf(options), TypeError);
    });

    test(`${name} says what to do about one client for both, and two of different packages`, () => {
      const { publisher } = pair();
      assert.throws(() => adapterOf({ publisher, subscriber: publisher }), {
        name: 'TypeError',
        message: /needs two clients.*duplicate\(\)/
      });
      const other = client('callBuffer', 'subscribe', 'sendCommand');
      assert.throws(() => adapterOf({ publisher, subscriber: other }), /of different packages/);
    });

    test(`${name} refuses options that it has not, and values that are none`, () => {
      const wrong = [
        { prefix: 13 },
        { prefix: null },
        { sharded: 'yes' },
        { sharded: null },
        { channel: 'x' }
      ];
      const keeping = [
        { maxLength: 0 },
        { maxLength: '10' },
        { expireAfter: 0 },
        { expireAfter: -1 },
        { expireAfter: NaN },
        { expireAfter: 1e12 },
        { patience: '5' },
        { maxQueued: 1.5 }
      ];
      for (const options of [...wrong, ...keeping]) {
        assert.throws(() => adapterOf({ ...pair(), ...options }), TypeError, JSON.stringify(options));
      }
      assert.ok(adapterOf({ ...pair(), prefix: '', sharded: true }));
    });

    test(`an adapter of ${name} is for one object of Topics`, () => {
      const adapter = adapterOf(pair());
      new Topics({ adapter });
      assert.throws(() => new Topics({ adapter }), /for one object of Topics/);
    });
  }

  test('clients that nobody has connected are to be connected first', async () => {
    const made = () =>
      Object.assign(client('subscribe', 'sSubscribe'), {
        isOpen: false,
        sendCommand: () => Promise.reject(new Error('The client is closed'))
      });
    const hub = new Topics({ adapter: redis({ publisher: made(), subscriber: made() }) });
    const connection = Object.assign(new EventEmitter(), { send() {}, readyState: 1 });
    await assert.rejects(hub.subscribe(connection, 'news'), {
      message: /^The client is closed: call connect\(\) of both clients, and wait for it,/
    });
  });

  test('a client that cannot subscribe to sharded channels says so, and what to do', async () => {
    const old = () => client('sendCommand', 'subscribe');
    const adapter = redis({ publisher: old(), subscriber: old(), sharded: true });
    const hub = new Topics({ adapter });
    const connection = Object.assign(new EventEmitter(), { send() {}, readyState: 1 });
    await assert.rejects(hub.subscribe(connection, 'news'), {
      name: 'TypeError',
      message: /has no sSubscribe.*sharded: false/
    });
    assert.strictEqual(hub.size('news'), 0);
  });
});

/** Something with the methods of a connection to NATS. */
function natsConnection() {
  const made = client('publish', 'subscribe', 'request', 'flush');
  made.status = async function* () {};
  made.isClosed = () => false;
  return made;
}

describe('misuse of the adapters of NATS', () => {
  for (const [name, adapterOf] of Object.entries({ nats, jetStream })) {
    test(`${name} says that the connection is missing, or is none`, () => {
      for (const connection of [
        undefined,
        null,
        'nats://localhost',
        {},
        client('publish'),
        () => {},
        Promise.resolve()
      ]) {
        assert.throws(() => adapterOf({ connection }), {
          name: 'TypeError',
          message: new RegExp(
            `^${name} needs the option connection: what connect\\(\\) of @nats-io/transport-node`
          )
        });
      }
      for (const options of [undefined, null, 13, 'text', {}])
        assert.throws(() => adapterOf(options), TypeError);
    });

    test(`${name} refuses options that it has not, and values that are none`, () => {
      for (const prefix of [13, null, '', 'topic', '.', 'a..', 'a b.', '*.', '>.', 'a.*.']) {
        assert.throws(() => adapterOf({ connection: natsConnection(), prefix }), {
          name: 'TypeError',
          message: /The option prefix is the beginning of a subject, such as 'topics?\.', not/
        });
      }
      const wrong = [
        { subject: 'x' },
        { stream: '' },
        { stream: 'A B' },
        { stream: 'A.B' },
        { stream: 13 },
        { create: 'yes' },
        { maxLength: 0 },
        { maxAge: 0 },
        { maxAge: '1' },
        { replicas: 0 },
        { storage: 'disk' },
        { patience: -1 },
        { maxQueued: 0 }
      ];
      for (const options of wrong) {
        const all = { connection: natsConnection(), ...options };
        assert.throws(() => adapterOf(all), TypeError, JSON.stringify(options));
      }
      assert.ok(adapterOf({ connection: natsConnection(), prefix: 'my.app.' }));
    });

    test(`an adapter of ${name} is for one object of Topics`, () => {
      const adapter = adapterOf({ connection: natsConnection() });
      new Topics({ adapter });
      assert.throws(() => new Topics({ adapter }), /for one object of Topics/);
    });
  }
});
