'use strict';

/**
 * Parity: every script of every chapter runs on the reference and on us, and the traces must be equal but for the
 * differences that `differences.js` lists. `run.js` runs the same by hand.
 */

const assert = require('node:assert');
const { after, test } = require('node:test');
const { allScripts } = require('./harness/chapters');
const { Implementation } = require('./harness/implementation');
const { judge } = require('./harness/compare');
const { faultsOfList, knownFor } = require('./harness/known');

const scripts = allScripts();
const reference = new Implementation('reference');
const native = new Implementation('native');

after(() => {
  reference.stop();
  native.stop();
});

test('the list of known differences names scripts that exist, once each, with reasons', () => {
  assert.deepStrictEqual(faultsOfList(scripts.map(({ name }) => name)), []);
});

for (const { name } of scripts) {
  test(name, async () => {
    const [expected, actual] = await Promise.all([reference.run(name), native.run(name)]);
    const failure = judge(expected, actual, knownFor(name));
    if (failure) assert.fail(failure);
  });
}
