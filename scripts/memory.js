'use strict';

/**
 * `npm run test:memory`: random operations where JavaScript and Rust meet (`soak/seam.js`), and the tests of memory, with
 * the Rust side under AddressSanitizer, a heap that V8 compacts all the time, and freed memory that is written over.
 *
 *     npm run test:memory -- --minutes 10 --seed 1
 *     npm run test:memory -- --short                   what CI runs, in less than a minute
 *
 * The long one instruments all crates, which takes some minutes to compile the first time; the short one instruments this
 * package alone. Takes gcc for the sanitizer's runtime. Linux only.
 */

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { run, say } = require('./process');
const { OUTPUT, build, runtime } = require('./sanitized/build');
const { inWords, sum } = require('./suites');

/** @typedef {import('./suites').Count} Count */

/** The tests whose subject is memory, and of some files the names of those that can be meant here. */
const SHORT = [
  ['dispatch_mixed'],
  ['memory_given'],
  ['memory_received'],
  ['memory_untouched'],
  ['native_slots']
];
const LONG = [
  ...SHORT,
  ['memory_kept'],
  // The others watch memory that the sanitizer keeps.
  ['copies', 'in use at once'],
  ['extensions_large'],
  ['large_texts'],
  ['threats_random'],
  ['deflate_interop'],
  ['server_texts'],
  ['workers_alone']
];

/** V8 moves what it can all the time; in the other run, it collects after every so many allocations. */
const COMPACTING = ['--expose-gc', '--stress-compaction'];
const COLLECTING = ['--expose-gc', '--gc-interval=2000'];

/** What the programs run with. */
function environment(library, file) {
  return {
    LD_PRELOAD: library,
    ASAN_OPTIONS: [
      'detect_leaks=0',
      'allocator_may_return_null=1',
      'allow_user_segv_handler=1',
      `log_path=${path.join(OUTPUT, 'report')}`
    ].join(':'),
    MALLOC_PERTURB_: '165',
    NODE_OPTIONS: `--require ${path.join(__dirname, 'sanitized', 'load.js')}`,
    SANITIZED_LIBRARY: file
  };
}

/**
 * Reports of the sanitizer.
 *
 * @returns {string[]} files
 */
function reports() {
  return fs.existsSync(OUTPUT) ? fs.readdirSync(OUTPUT).filter((name) => name.startsWith('report.')) : [];
}

/** The soak; it counts as one test. */
async function soak(flags, words, env) {
  const code = await run(process.execPath, [...flags, 'soak/seam.js', ...words], { env });
  const notes = code === 0 ? [] : [`FAILED: node ${flags.join(' ')} soak/seam.js ${words.join(' ')}`];
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, notes };
}

/** A file of tests. */
async function test([name, pattern], env) {
  const count = { passed: 0, failed: 0, skipped: 0, notes: [] };
  const words = pattern === undefined ? [] : [`--test-name-pattern=${pattern}`];
  const file = `__test__/${name}.test.js`;
  const args = [...COMPACTING, '--test', '--test-reporter=tap', ...words, file];
  const code = await run(process.execPath, args, {
    env,
    log: path.join(OUTPUT, `${name}.log`),
    onLine: (line) => {
      const total = /^# (pass|fail|cancelled|skipped) (\d+)$/.exec(line);
      if (!total) return;
      const kind = { pass: 'passed', skipped: 'skipped' }[total[1]] || 'failed';
      count[kind] += Number(total[2]);
    }
  });
  if (code !== 0 && count.failed === 0) count.failed = 1;
  console.log(`${file}: ${inWords(count)}`);
  if (count.failed > 0)
    count.notes.push(`FAILED: ${file} with AddressSanitizer; see target/asan/${name}.log`);
  return count;
}

/**
 * Runs it all.
 *
 * @param {{short?: boolean, minutes?: string, seed?: string}} [options]
 * @returns {Promise<Count>}
 */
async function memory({ short = false, minutes = '10', seed = '1' } = {}) {
  const found = runtime();
  const built = found.skip ? found : await build({ all: !short });
  if (built.skip) {
    const note = `SKIPPED: the tests with AddressSanitizer: ${built.skip}`;
    say(note);
    return { passed: 0, failed: 0, skipped: 1, notes: [note] };
  }
  for (const name of reports()) fs.rmSync(path.join(OUTPUT, name));

  const env = environment(found.file, built.file);
  const time = short ? ['--seconds', '10'] : ['--minutes', String(Number(minutes) / 2)];
  const counts = [await soak(COMPACTING, [...time, '--seed', seed], env)];
  if (!short) counts.push(await soak(COLLECTING, [...time, '--seed', seed], env));
  for (const which of short ? SHORT : LONG) counts.push(await test(which, env));

  const seen = reports();
  if (seen.length > 0) {
    const notes = seen.map((name) => `FAILED: a report of AddressSanitizer: target/asan/${name}`);
    counts.push({ passed: 0, failed: notes.length, skipped: 0, notes });
  }
  return sum(counts);
}

async function main() {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean' },
      minutes: { type: 'string' },
      seed: { type: 'string' }
    }
  });
  const count = await memory(values);
  console.log(`\n${[...count.notes, inWords(count)].join('\n')}`);
  if (count.failed > 0) process.exitCode = 1;
}

if (require.main === module) main();

module.exports = { memory };
