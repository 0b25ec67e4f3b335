'use strict';

// Worker threads that end while other threads compress for them. `soak/workers.js` is the same by hand, with more.

const assert = require('node:assert');
const { test } = require('node:test');

const { endWorkers } = require('../testing/peers/compressing_workers');

test('worker threads end in mid-compression, whichever way', async () => {
  assert.deepStrictEqual(await endWorkers(18), []);
});
