'use strict';

/**
 * `npm run test:nodes`: the suite of the package on every version of Node that it supports, and a smoke test and the
 * parity scripts on Bun and Deno, with both engines. The runtimes come from npm.
 *
 *     npm run test:nodes                       all of them
 *     npm run test:nodes -- node-18 bun        some of them
 *     npm run test:nodes -- node-18 -- server  only test files with `server` in their names
 *     npm run test:nodes -- --wasm node-26     the tests with the WebAssembly engine
 *     npm run test:nodes -- --smoke            the smoke test alone
 */

const path = require('node:path');

const { prepare } = require('./prepare');
const { ROOT, run, say } = require('./process');
const { runtime } = require('./runtimes');

const PARITY = path.join(ROOT, '__test__', 'parity', 'runtimes.js');
const SMOKE = path.join(ROOT, '__test__', 'smoke', 'smoke.js');

/** What runs on each: the smoke test, and the tests unless they are not wanted. */
const TARGETS = {
  'node-18': (wanted) => onNode('18', wanted),
  'node-20': (wanted) => onNode('20', wanted),
  'node-22': (wanted) => onNode('22', wanted),
  'node-24': (wanted) => onNode('24', wanted),
  'node-26': (wanted) => onNode('26', wanted),
  bun: (wanted) => onOther('bun', [], wanted),
  deno: (wanted) => onOther('deno', ['run', '--allow-all'], wanted)
};

/** What the smoke test runs with: each transport, and each engine. */
const WAYS = [
  { FAYE_WEBSOCKET_TRANSPORT: 'stream' },
  { FAYE_WEBSOCKET_TRANSPORT: 'direct' },
  { FAYE_WEBSOCKET_NATIVE: 'wasm' }
];

/**
 * Runs the smoke test on a version of Node in every way and with deprecations as exceptions, then the tests of the
 * package.
 *
 * @param {string} version
 * @param {{tests: string[]|null, engine: string}} wanted words in the names of test files, none for all of them, null for
 *   the smoke test alone; and the engine of the tests
 * @returns {Promise<number>} the exit code
 */
async function onNode(version, { tests, engine }) {
  const node = await runtime('node', version);
  const strict = ['--trace-deprecation', '--throw-deprecation', SMOKE];
  for (const env of WAYS) {
    const code = await run(node, strict, { env });
    if (code !== 0) return code;
  }
  if (tests === null) return 0;
  const env = { FAYE_WEBSOCKET_NATIVE: engine };
  return run(node, [path.join(ROOT, 'scripts', 'test.js'), 'js', ...tests], { env });
}

/** Runs the smoke test and the parity scripts on another runtime, which has one transport. */
async function onOther(kind, args, { tests }) {
  const program = await runtime(kind, 'latest');
  for (const engine of ['native', 'wasm']) {
    const code = await run(program, [...args, SMOKE], { env: { FAYE_WEBSOCKET_NATIVE: engine } });
    if (code !== 0) return code;
  }
  if (tests === null) return 0;
  for (const engine of ['native', 'wasm']) {
    const code = await run(process.execPath, [PARITY, kind, program, engine]);
    if (code !== 0) return code;
  }
  return 0;
}

/** Runs the targets that the command line names, or all; prints a line for each at the end. */
async function main(args) {
  const end = args.indexOf('--');
  const tests = end < 0 ? [] : args.slice(end + 1);
  const words = end < 0 ? args : args.slice(0, end);
  const names = words.filter((word) => !word.startsWith('--'));
  const wanted = {
    tests: words.includes('--smoke') ? null : tests,
    engine: words.includes('--wasm') ? 'wasm' : ''
  };
  const chosen = names.length > 0 ? names : Object.keys(TARGETS);
  const unknown = chosen.find((name) => !TARGETS[name]);
  if (unknown) throw new Error(`there is no ${unknown}; there are ${Object.keys(TARGETS).join(', ')}`);

  await prepare();
  const results = [];
  for (const name of chosen) {
    say(name);
    results.push([name, await TARGETS[name](wanted)]);
  }
  console.log();
  for (const [name, code] of results) console.log(`${code === 0 ? 'ok' : 'NOT OK'}: ${name}`);
  if (results.some(([, code]) => code !== 0)) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
