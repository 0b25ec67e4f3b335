'use strict';

/**
 * `npm run test:nodes`: the suite of the package on every version of Node that it supports, and a smoke test on Bun
 * and Deno. The runtimes come from npm.
 *
 *     npm run test:nodes                       all of them
 *     npm run test:nodes -- node-18 bun        some of them
 *     npm run test:nodes -- node-18 -- server  only test files with `server` in their names
 *     npm run test:nodes -- --smoke            the smoke test alone
 */

const path = require('node:path');

const { prepare } = require('./prepare');
const { ROOT, run, say } = require('./process');
const { runtime } = require('./runtimes');

const SMOKE = path.join(ROOT, '__test__', 'smoke', 'smoke.js');

/** What runs on each: the smoke test, and the tests of the package unless they are not wanted. */
const TARGETS = {
  'node-18': (tests) => onNode('18', tests),
  'node-20': (tests) => onNode('20', tests),
  'node-22': (tests) => onNode('22', tests),
  'node-24': (tests) => onNode('24', tests),
  bun: () => onOther('bun', []),
  deno: () => onOther('deno', ['run', '--allow-all'])
};

/**
 * Runs the smoke test on a version of Node, on either transport and with deprecations as exceptions, then the tests of
 * the package.
 *
 * @param {string} version
 * @param {string[]|null} tests words in the names of test files, none for all of them; null for the smoke test alone
 * @returns {Promise<number>} the exit code
 */
async function onNode(version, tests) {
  const node = await runtime('node', version);
  const strict = ['--trace-deprecation', '--throw-deprecation', SMOKE];
  for (const transport of ['stream', 'direct']) {
    const code = await run(node, strict, { env: { FAYE_WEBSOCKET_TRANSPORT: transport } });
    if (code !== 0) return code;
  }
  return tests === null ? 0 : run(node, [path.join(ROOT, 'scripts', 'test.js'), 'js', ...tests]);
}

/** Runs the smoke test on another runtime, which has one transport. */
async function onOther(kind, args) {
  return run(await runtime(kind, 'latest'), [...args, SMOKE]);
}

/** Runs the targets that the command line names, or all; prints a line for each at the end. */
async function main(args) {
  const end = args.indexOf('--');
  const tests = end < 0 ? [] : args.slice(end + 1);
  const words = end < 0 ? args : args.slice(0, end);
  const names = words.filter((word) => word !== '--smoke');
  const only = names.length < words.length ? null : tests;
  const chosen = names.length > 0 ? names : Object.keys(TARGETS);
  const unknown = chosen.find((name) => !TARGETS[name]);
  if (unknown) throw new Error(`there is no ${unknown}; there are ${Object.keys(TARGETS).join(', ')}`);

  await prepare();
  const results = [];
  for (const name of chosen) {
    say(name);
    results.push([name, await TARGETS[name](only)]);
  }
  console.log();
  for (const [name, code] of results) console.log(`${code === 0 ? 'ok' : 'NOT OK'}: ${name}`);
  if (results.some(([, code]) => code !== 0)) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
