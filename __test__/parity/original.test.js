'use strict';

/**
 * npm's faye-websocket on our driver: an override of websocket-driver alone leaves its users' code as it is, so every
 * script in which we and the reference are equal has to be equal there too.
 */

const assert = require('node:assert');
const { after, test } = require('node:test');
const differences = require('./differences');
const { allScripts } = require('../../testing/parity/chapters');
const { judge } = require('../../testing/parity/compare');
const { Implementation } = require('../../testing/parity/implementation');

const reference = new Implementation('reference');
const original = new Implementation('original-on-ours');
const listed = new Set(differences.map(({ script }) => script));

after(() => {
  reference.stop();
  original.stop();
});

for (const { name } of allScripts()) {
  if (listed.has(name)) continue;
  test(name, async () => {
    const [expected, actual] = await Promise.all([reference.run(name), original.run(name)]);
    const failure = judge(expected, actual);
    if (failure) assert.fail(failure);
  });
}
