'use strict';

/**
 * The test suites, as functions that run one and count its tests.
 *
 * @typedef {{passed: number, failed: number}} Count
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { ROOT, run, say } = require('./process');

/** After how long a test that hangs is given up, in milliseconds; Node 18 has no such option. */
const TIMEOUT = parseInt(process.versions.node, 10) >= 20 ? ['--test-timeout=300000'] : [];

/**
 * The tests of the core: unit, property and documentation tests, built without napi.
 *
 * @returns {Promise<Count>}
 */
async function rust() {
  say('cargo test --no-default-features: the protocol core');
  const count = { passed: 0, failed: 0 };
  const code = await run('cargo', ['test', '--no-default-features', '--no-fail-fast'], {
    onLine: (line) => {
      const result = /^test result: .*?(\d+) passed; (\d+) failed;/.exec(line);
      if (!result) return;
      count.passed += Number(result[1]);
      count.failed += Number(result[2]);
    }
  });
  // A test that does not compile, or that takes its whole process down, has no result line.
  if (code !== 0 && count.failed === 0) count.failed = 1;
  return count;
}

/**
 * The tests of the package: every `*.test.js` below __test__, against the built binary.
 *
 * @param {string[]} [only] parts of file names; without any, all files
 * @returns {Promise<Count>}
 */
async function node(only = []) {
  const files = testFiles(path.join(ROOT, '__test__'))
    .map((file) => path.relative(ROOT, file))
    .filter((file) => only.length === 0 || only.some((part) => file.includes(part)));
  if (files.length === 0) throw new Error(`no test file matches ${only.join(', ')}`);

  say(`node --test: ${files.length} files`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-native-'));
  const tap = path.join(folder, 'results.tap');
  try {
    const code = await run(process.execPath, [
      '--test',
      ...TIMEOUT,
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      '--test-reporter=tap',
      `--test-reporter-destination=${tap}`,
      ...files
    ]);
    const results = fs.existsSync(tap) ? fs.readFileSync(tap, 'utf8') : '';
    const total = (name) => Number((new RegExp(`^# ${name} (\\d+)$`, 'm').exec(results) || [0, 0])[1]);
    const count = { passed: total('pass'), failed: total('fail') + total('cancelled') };
    if (code !== 0 && count.failed === 0) count.failed = 1;
    return count;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** The test files below a folder, in order of their names. */
function testFiles(folder) {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) return testFiles(file);
      return entry.name.endsWith('.test.js') ? [file] : [];
    });
}

/**
 * @param {Count[]} counts
 * @returns {Count}
 */
function sum(counts) {
  return counts.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }));
}

/**
 * Prints the last line of a run, and sets the exit code.
 *
 * @param {Count} count
 */
function report({ passed, failed }) {
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

module.exports = { node, report, rust, sum, testFiles };
