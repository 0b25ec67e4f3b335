'use strict';

/**
 * `npm run mutants`: small faults in `lib`, one at a time, each of which a test has to notice, as `cargo mutants` makes
 * them in the core. Stryker makes them; it comes from npm when it is first asked for.
 *
 *     npm run mutants -- lib/opening/options.js -- client_arguments server_misuse
 *
 * The words before `--` are the files to change, those behind it parts of the paths of the test files to run. All tests
 * take minutes, and a file of 150 lines makes some 150 faults: choose the tests that are about it.
 */

const fs = require('node:fs');
const path = require('node:path');

const { prepare } = require('./prepare');
const { ROOT, runNpm } = require('./process');
const { testFiles } = require('./suites');

const STRYKER = '@stryker-mutator/core@9.6.1';
const CONFIG = path.join(ROOT, 'target', 'mutants', 'stryker.json');

/** What a copy for the tests does without. */
const LEFT_OUT = ['.cache', '.autobahn', 'bench', 'coverage', 'dist', 'fuzz/target', 'target'];

async function main(args) {
  const end = args.indexOf('--');
  const files = end < 0 ? args : args.slice(0, end);
  const words = end < 0 ? [] : args.slice(end + 1);
  if (files.length === 0 || words.length === 0)
    throw new Error('usage: npm run mutants -- lib/FILE.js … -- WORD …');
  const tests = testFiles(path.join(ROOT, '__test__'))
    .map((file) => path.relative(ROOT, file))
    .filter((file) => words.some((word) => file.includes(word)));
  if (tests.length === 0) throw new Error(`no test file has ${words.join(' or ')} in its path`);

  await prepare();
  const config = {
    mutate: files,
    testRunner: 'command',
    commandRunner: { command: `node --test ${tests.join(' ')}` },
    coverageAnalysis: 'off',
    checkers: [],
    concurrency: 1,
    ignorePatterns: LEFT_OUT,
    tempDirName: path.join('target', 'mutants', 'copy'),
    reporters: ['clear-text', 'progress'],
    allowEmpty: false
  };
  fs.mkdirSync(path.dirname(CONFIG), { recursive: true });
  fs.writeFileSync(CONFIG, JSON.stringify(config, null, 2));
  process.exitCode = await runNpm(['exec', '--yes', `--package=${STRYKER}`, '--', 'stryker', 'run', CONFIG]);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
