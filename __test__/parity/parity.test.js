'use strict';

/**
 * Parity: every script of every chapter runs on the reference and on us, on either transport and with either engine,
 * and the traces must be equal but for the differences that `differences.js` lists. `run.js` runs the same by hand.
 */

const assert = require('node:assert');
const { after, test } = require('node:test');
const { allScripts } = require('../../testing/parity/chapters');
const { Implementation } = require('../../testing/parity/implementation');
const { faultsOfList, judgeScript } = require('../../testing/parity/known');

const scripts = allScripts();
const reference = new Implementation('reference');
const targets = ['native', 'native-stream', 'native-wasm'].map((target) => new Implementation(target));

after(() => {
  for (const process of [reference, ...targets]) process.stop();
});

test('the list of known differences names scripts that exist, once each, with reasons', () => {
  assert.deepStrictEqual(faultsOfList(scripts.map(({ name }) => name)), []);
});

for (const { name } of scripts) {
  let expected = null;
  for (const target of targets) {
    test(`${target.name}: ${name}`, async () => {
      expected = expected || reference.run(name);
      const [a, b] = await Promise.all([expected, target.run(name)]);
      const failure = judgeScript(name, target.name, a, b);
      if (failure) assert.fail(failure);
    });
  }
}
