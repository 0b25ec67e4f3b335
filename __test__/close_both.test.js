'use strict';

// Both ends close at once, also behind more than the system takes of either: each tells the code of the other.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { closing } = require('../testing/peers/server');
const { CODINGS, WAYS, meet } = require('../testing/peers/ways');

const MUCH = Buffer.alloc(4 * 1024 * 1024);

for (const way of WAYS) {
  for (const { coding, more } of CODINGS) {
    describe(`two ends that close at once: ${way.name}, ${coding}`, () => {
      for (const [what, send] of [
        ['with nothing under way', () => {}],
        ['behind much that both have sent', (ws) => ws.send(MUCH)]
      ]) {
        test(`tell each other's codes, ${what}`, { timeout: 60_000 }, async (t) => {
          const ends = await meet(t, way, more);
          const closes = Promise.all(ends.map(closing));
          for (const ws of ends) send(ws);
          ends.forEach((ws, i) => ws.close(4001 + i, `of ${i}`));
          assert.deepStrictEqual(
            (await closes).map(({ code, reason }) => `${code} ${reason}`),
            ['4002 of 1', '4001 of 0']
          );
        });
      }
    });
  }
}
