'use strict';

// What goes wrong with a message is told once, in its own topic, and when it happens.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { FakeConnection, settled } = require('../../testing/topics/fake_broker');
const { Topics } = require('../../topics');
const { publish, setUp } = require('./kept_messages');

describe('what goes wrong with a message', () => {
  /** A hub with what it tells, as lines. */
  function listening(hub) {
    const told = [];
    hub.on('error', (error, { topic }) => told.push(`${topic}: ${error.message}`));
    hub.on('slow', ({ topic, action }) => told.push(`${topic}: ${action}`));
    return told;
  }

  /** A connection whose `send` does something else. */
  function sending(send) {
    return Object.assign(new FakeConnection(), { send });
  }

  test('is told when a member catches up, though nothing is published behind it', async () => {
    const format = () => {
      throw new Error('no format');
    };
    const { broker, hub } = setUp({ format });
    const told = listening(hub);
    publish(broker, 1, 2);
    await hub.subscribe(new FakeConnection(), 'news', { after: '0' });
    await settled();

    assert.deepStrictEqual(told, ['news: no format', 'news: no format']);
  });

  test('is told once, though a member publishes in another topic meanwhile', async () => {
    const hub = new Topics();
    const told = listening(hub);
    const error = new Error('the same');
    const fail = () => {
      throw error;
    };
    await hub.subscribe(new FakeConnection(), 'audit');
    const publishing = sending(() => {
      hub.publish('audit', 'seen');
      return true;
    });
    for (const member of [sending(fail), publishing, sending(fail)]) await hub.subscribe(member, 'news');
    await hub.publish('news', 'text');
    await settled();

    assert.deepStrictEqual(told, ['news: the same']);
  });

  test('ends a slow member once all have the message, though one publishes in another topic meanwhile', async () => {
    const hub = new Topics({ maxBufferedAmount: 10 });
    const told = listening(hub);
    const slow = new FakeConnection();
    const states = [];
    const publishing = sending(() => {
      hub.publish('audit', 'seen');
      states.push(slow.readyState);
      return true;
    });
    for (const topic of ['news', 'audit']) await hub.subscribe(slow, topic);
    await hub.subscribe(publishing, 'news');
    slow.fill(11);
    await hub.publish('audit', 'fills');
    await hub.publish('news', 'text');
    await settled();

    assert.deepStrictEqual(states, [1]);
    assert.deepStrictEqual([slow.readyState, slow.closeCode], [3, 4008]);
    assert.deepStrictEqual(told, ['news: close']);
  });
});
