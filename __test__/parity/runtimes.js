'use strict';

/**
 * Runs the parity scripts with our side on another runtime, where the original does not do all that it does on Node.
 *
 *     node __test__/parity/runtimes.js bun PROGRAM       with the binary
 *     node __test__/parity/runtimes.js deno PROGRAM wasm      with the WebAssembly module
 *
 * A trace has to be that of the reference on the same runtime, or else that of the reference on Node; the few that are
 * neither are listed with their reasons (`differences/runtimes.js`). One that is listed and is as it should be fails too.
 */

const { allScripts } = require('../../testing/parity/chapters');
const { Implementation } = require('../../testing/parity/implementation');
const { judgeScript } = require('../../testing/parity/known');
const known = require('./differences/runtimes');

/** What comes before the program in the command line of each. */
const ARGS = { bun: [], deno: ['run', '--allow-all'] };

const TARGET = 'native-stream';
const died = (error) => [`the process broke: ${error.message}`];

/** Runs all scripts; prints those that fail, and how many there are. */
async function main([kind, program, engine = 'native']) {
  const runtime = { program, args: ARGS[kind] };
  const ours = new Implementation(TARGET, { runtime, env: { FAYE_WEBSOCKET_NATIVE: engine } });
  const references = [new Implementation('reference', { runtime }), new Implementation('reference')];
  const scripts = allScripts();
  const counts = { 'as the original there': 0, 'as the original on Node': 0, listed: 0, failed: 0 };
  for (const { name } of scripts) {
    const all = [ours, ...references].map((each) => each.run(name).catch(died));
    const [trace, ...expected] = await Promise.all(all);
    const [there, onNode] = expected.map((lines) => judgeScript(name, TARGET, lines, trace));
    const reason = known[kind][name];
    if (there === null) counts['as the original there'] += 1;
    else if (onNode === null) counts['as the original on Node'] += 1;
    else if (reason) counts.listed += 1;
    const passes = there === null || onNode === null;
    if (passes !== Boolean(reason)) continue;
    counts.failed += 1;
    console.log(`\n### ${name}\n${passes ? `It is as it should be, but listed: ${reason}` : onNode}`);
  }
  for (const each of [ours, ...references]) each.stop();
  const words = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
  console.log(`\n${scripts.length} scripts on ${kind}, ${engine}: ${words.join(', ')}`);
  return counts.failed;
}

main(process.argv.slice(2)).then((failed) => process.exit(failed > 0 ? 1 : 0));
