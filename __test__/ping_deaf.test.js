'use strict';

// The pings of the option `ping` where the peer reads nothing: they do not pile up.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { WAYS, meet } = require('../testing/peers/ways');

/** More than systems take for a peer that reads nothing. */
const MUCH = Buffer.alloc(32 << 20);

/** Has pings counted, and resolves with a function that gives their number. */
function counting(ws) {
  const { ping } = ws;
  let count = 0;
  const more = [];
  ws.ping = function (...args) {
    count++;
    for (const look of more) look();
    return ping.apply(this, args);
  };
  return {
    count: () => count,
    until: (most) => new Promise((resolve) => more.push(() => count >= most && resolve()))
  };
}

for (const way of WAYS) {
  describe(`pings to a peer that reads nothing: ${way.name}`, () => {
    for (const pongTimeout of [undefined, 600]) {
      const what =
        pongTimeout === undefined ? 'wait until it has read' : 'are sent where a pong is waited for';
      test(what, async (t) => {
        const options = { ping: 0.005, maxLength: MUCH.length, ...(pongTimeout && { pongTimeout }) };
        const [server, client] = await meet(t, way, {}, options);
        const [witness] = await meet(t, way, {}, { ping: 0.005 });
        client.pause();
        assert.strictEqual(server.send(MUCH), false);
        const [pings, others] = [counting(server), counting(witness)];
        await others.until(20);
        if (pongTimeout === undefined) assert.strictEqual(pings.count(), 0);
        else assert.ok(pings.count() > 5);
        client.resume();
        const before = pings.count();
        await Promise.all([once(client, 'message'), pings.until(before + 1)]);
      });
    }
  });
}
