'use strict';

// The package under Jest, which gives each file of tests a realm of its own, loads modules anew when it is asked to, and replaces
// the timers: with its environment of Node and with jsdom.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');

const { run } = require('../testing/packing');
const { ALIAS, installWithNpm, workspace } = require('./installed');

const JEST = '30.5.2';
/** How many the program has. */
const TESTS = 14;

describe(`Jest ${JEST}`, () => {
  let folder, remove;

  before(async () => {
    const space = await workspace();
    ({ folder, remove } = space);
    await installWithNpm(space, { dependencies: { ...ALIAS, jest: JEST, 'jest-environment-jsdom': JEST } });
    // In files at once, each a realm of its own in one process.
    for (const name of ['a', 'b']) {
      const program = path.join(__dirname, 'programs', 'jest.test.js');
      fs.copyFileSync(program, path.join(folder, `${name}.test.js`));
    }
  });

  after(() => remove());

  for (const environment of ['node', 'jsdom']) {
    test(`passes tests that load the package again and again (${environment})`, async () => {
      const jest = path.join(folder, 'node_modules', 'jest', 'bin', 'jest.js');
      const results = path.join(folder, `${environment}.json`);
      // With jsdom, Jest takes what packages have for browsers, which finds Node.js there and is the package itself.
      const ways = ['--env', environment, '--runInBand'];
      ways.push('--testMatch', '**/[ab].test.js');
      await run(process.execPath, [jest, ...ways, '--json', '--outputFile', results], folder);
      const { numPassedTests, numTotalTests } = JSON.parse(fs.readFileSync(results, 'utf8'));
      assert.deepStrictEqual([numPassedTests, numTotalTests], [2 * TESTS, 2 * TESTS]);
    });
  }
});
