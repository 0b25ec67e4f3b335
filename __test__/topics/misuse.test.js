'use strict';

// What callers get wrong, and what they are told.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const WebSocket = require('../..');
const { Topics } = require('../../topics');
const { serve } = require('./peers');

/** Values that are not what is asked for, whatever that is. */
const OTHERS = [undefined, null, 0, 13, true, Symbol('s'), 13n, [], {}, () => {}];

describe('misuse of topics', () => {
  test('a topic without a proper name is a TypeError in every call', async (t) => {
    const hub = new Topics();
    const { join } = await serve(t);
    const { end } = await join();
    const names = [
      ...OTHERS,
      '',
      '\ud800',
      'a\udc00b',
      'x'.repeat(513),
      '世'.repeat(171),
      new String('news')
    ];
    for (const name of names) {
      const calls = {
        subscribe: () => hub.subscribe(end, name),
        publish: () => hub.publish(name, 'text'),
        size: () => hub.size(name),
        connections: () => hub.connections(name)
      };
      if (name !== undefined) calls.unsubscribe = () => hub.unsubscribe(end, name);
      for (const [call, make] of Object.entries(calls))
        assert.throws(make, TypeError, `${call} ${String(name)}`);
    }
    assert.strictEqual(hub.metrics().topics, 0);
  });

  test('names of every other kind are fine', async (t) => {
    const hub = new Topics();
    const { join } = await serve(t);
    const { end, received } = await join();
    const names = [
      'a b',
      '*',
      '>',
      '..',
      '{a}',
      '\0\r\n',
      '世界 🎈',
      '__proto__',
      'x'.repeat(512),
      '世'.repeat(170)
    ];
    for (const name of names) {
      await hub.subscribe(end, name);
      await hub.publish(name, name);
    }

    assert.deepStrictEqual(await received.count(names.length), names);
    assert.deepStrictEqual(hub.topicsOf(end), names);
  });

  test('what is no connection is a TypeError', () => {
    const hub = new Topics();
    for (const connection of [...OTHERS, 'text', { send() {} }, { send() {}, on() {} }]) {
      for (const call of ['subscribe', 'unsubscribe']) {
        assert.throws(() => hub[call](connection, 'news'), {
          name: 'TypeError',
          message: /is for WebSockets and EventSources, not for /
        });
      }
      assert.throws(() => hub.topicsOf(connection), TypeError);
    }
  });

  test('what is no message is a TypeError that says what to publish', () => {
    const hub = new Topics();
    for (const data of OTHERS) {
      assert.throws(() => hub.publish('news', data), {
        name: 'TypeError',
        message: /a string, Buffer, ArrayBuffer, typed array or DataView.*JSON\.stringify/
      });
    }
  });

  test('what other calls take for a message is one that says what to publish', () => {
    const hub = new Topics();
    assert.throws(
      () => hub.publish('news', new Blob(['x'])),
      /publish what await blob\.arrayBuffer\(\) returns$/
    );
    assert.throws(
      () => hub.publish('news', WebSocket.prepare('x')),
      /publish what WebSocket\.prepare was given/
    );
  });

  test('an error says what it got without calling any of it', () => {
    const hub = new Topics();
    const trap = new Proxy(function () {}, {
      get: (target, key) => (key === 'send' ? undefined : assert.fail(`reads ${String(key)}`))
    });
    assert.throws(() => hub.size(trap), /not by a function/);
    assert.throws(() => hub.size(Object.create(null)), /not by an object/);
    assert.throws(() => hub.publish('news', null), /not null/);
  });

  test('an option that is unknown, or no value for it, is a TypeError', async (t) => {
    for (const options of [
      13,
      'text',
      { onslow: 'drop' },
      { onSlow: 'ignore' },
      { onSlow: null },
      { maxBufferedAmount: -1 },
      { maxBufferedAmount: 0 },
      { maxBufferedAmount: 1.5 },
      { maxBufferedAmount: '1' },
      { maxBufferedAmount: Infinity },
      { recent: -1 },
      { recent: '1' },
      { format: 'json' },
      { event: 'name' },
      { adapter: 'redis' },
      { adapter: {} },
      { adapter: { keeps: true, start() {} } }
    ]) {
      assert.throws(() => new Topics(options), TypeError, JSON.stringify(options));
    }
    const hub = new Topics();
    const { join } = await serve(t);
    const { end } = await join();
    for (const options of [{ from: '1' }, { after: 13 }, { after: {} }, 'after']) {
      assert.throws(() => hub.subscribe(end, 'news', options), TypeError, JSON.stringify(options));
    }
    assert.strictEqual(hub.size('news'), 0);
  });

  test('what needs a broker that keeps messages says so', async (t) => {
    assert.throws(() => new Topics({ onSlow: 'wait' }), /needs an adapter whose broker keeps messages/);
    const hub = new Topics();
    const { join } = await serve(t);
    const { end } = await join();
    assert.throws(() => hub.subscribe(end, 'news', { after: '1' }), {
      name: 'TypeError',
      message: /needs an adapter whose broker keeps messages/
    });
    assert.deepStrictEqual(await hub.subscribe(end, 'news', { after: null }), { offset: null });
  });

  test('a format or an event that returns something else is told of as an error', async (t) => {
    const { join, follow } = await serve(t);
    const [ws, es] = [await join(), await follow()];
    for (const [options, { end }] of [
      [{ format: () => ({}) }, ws],
      [{ format: () => undefined }, ws],
      [{ event: () => 13 }, es],
      [{ event: () => 'a\nb' }, es]
    ]) {
      const hub = new Topics(options);
      await hub.subscribe(end, 'news');
      const told = new Promise((resolve) => hub.on('error', resolve));
      await hub.publish('news', 'text');
      assert.strictEqual((await told).name, 'TypeError');
    }
  });
});
