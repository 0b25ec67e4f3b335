'use strict';

// What code of the caller's publishes in one topic, while a message of another one is being sent, goes to those who are in it.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { Topics } = require('../../topics');
const { TRANSPORTS, eventsOf, serve } = require('./peers');

for (const transport of TRANSPORTS) {
  describe(`a message for one topic that is published amid another, transport ${transport}`, () => {
    /** Two members of `news` and two of `audit`, each with what it has received. */
    async function members(t, hub) {
      const { join, follow } = await serve(t, { transport });
      const all = { news: [await join(), await join()], audit: [await join(), await join()] };
      for (const [topic, peers] of Object.entries(all)) {
        for (const { end } of peers) await hub.subscribe(end, topic);
      }
      return { ...all, join, follow };
    }

    /** Each member has the messages of its own topic, and no others. */
    async function check(hub, { news, audit }) {
      for (const topic of ['news', 'audit']) await hub.publish(topic, 'last');
      for (const { received } of news) {
        await received.message('last');
        assert.deepStrictEqual(received.all, ['text', 'last']);
      }
      for (const { received } of audit) {
        await received.message('last');
        assert.deepStrictEqual(received.all, ['seen', 'last']);
      }
    }

    test('by the `send` of a member that has one of its own', async (t) => {
      const hub = new Topics();
      const all = await members(t, hub);
      const third = await all.join();
      third.end.send = () => {
        if (third.end.readyState === 1) hub.publish('audit', 'seen');
        hub.unsubscribe(third.end);
        return true;
      };
      await hub.subscribe(third.end, 'news');
      await hub.publish('news', 'text');

      await check(hub, all);
    });

    test('by the function `event`', async (t) => {
      let isFirst = true;
      const hub = new Topics({
        event: () => {
          if (isFirst) hub.publish('audit', 'seen');
          isFirst = false;
        }
      });
      const all = await members(t, hub);
      const feed = await all.follow();
      await hub.subscribe(feed.end, 'news');
      await hub.publish('news', 'text');

      await check(hub, all);
      await feed.received.count(2);
      assert.deepStrictEqual(
        eventsOf(feed.received).map(({ data }) => data),
        ['text', 'last']
      );
    });
  });
}
