'use strict';

/**
 * `npm run fuzz`: the coverage-guided fuzzer of the core, one target after the other.
 *
 *     npm run fuzz                                 each target for a minute
 *     npm run fuzz -- --minutes 20 session inflate so long, and only these
 *     npm run fuzz -- --keep                       makes the committed inputs the fewest that reach what all reach
 *
 * Inputs that reach something new are kept in `target/fuzz-corpus`; one that fails is in `fuzz/artifacts`. Wants a
 * nightly compiler and `cargo install cargo-fuzz`.
 */

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { ROOT, run, say } = require('./process');

const CORPUS = path.join(ROOT, 'fuzz', 'corpus');
const FOUND = path.join(ROOT, 'target', 'fuzz-corpus');

/** Limits of one input: its bytes, the seconds that it may take, and the megabytes. */
const LIMITS = ['-max_len=4096', '-timeout=60', '-rss_limit_mb=3000', '-malloc_limit_mb=64'];

/** Inputs larger than this are not committed. */
const COMMITTED = '-max_len=512';

/** The names of all targets. */
function targets() {
  return fs.readdirSync(path.join(ROOT, 'fuzz', 'fuzz_targets')).map((file) => path.basename(file, '.rs'));
}

/**
 * Runs a target on folders of inputs, of which it writes to the first.
 *
 * @param {string} target
 * @param {string[]} folders
 * @param {string[]} options of libFuzzer
 * @returns {Promise<number>} the exit code
 */
function fuzz(target, folders, options) {
  for (const folder of folders) fs.mkdirSync(folder, { recursive: true });
  return run('cargo', ['+nightly', 'fuzz', 'run', target, ...folders, '--', ...options]);
}

/** Looks for new inputs for some minutes. */
function search(target, minutes) {
  const seconds = Math.max(1, Math.round(minutes * 60));
  const folders = [path.join(FOUND, target), path.join(CORPUS, target)];
  return fuzz(target, folders, [`-max_total_time=${seconds}`, '-print_final_stats=1', ...LIMITS]);
}

/** Makes the committed inputs the fewest that reach the same code as all of them with all that were found. */
async function keep(target) {
  const folders = [path.join(FOUND, target), path.join(CORPUS, target)];
  const fewest = path.join(FOUND, `${target}.fewest`);
  fs.rmSync(fewest, { recursive: true, force: true });
  const code = await fuzz(target, [fewest, ...folders], ['-set_cover_merge=1', '-use_counters=0', COMMITTED]);
  if (code === 0) {
    fs.rmSync(folders[1], { recursive: true, force: true });
    fs.cpSync(fewest, folders[1], { recursive: true });
    fs.rmSync(fewest, { recursive: true });
  }
  return code;
}

/** Does what the command line says, up to the first target that fails. */
async function main() {
  const options = { minutes: { type: 'string', default: '1' }, keep: { type: 'boolean', default: false } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error('--minutes wants a number above 0');
  const unknown = positionals.find((name) => !targets().includes(name));
  if (unknown) throw new Error(`there is no target ${unknown}; there are ${targets().join(', ')}`);
  if ((await run('cargo', ['+nightly', 'fuzz', '--version'])) !== 0) {
    throw new Error('install what is missing: rustup toolchain install nightly; cargo install cargo-fuzz');
  }
  for (const target of positionals.length > 0 ? positionals : targets()) {
    say(`${target}: ${values.keep ? 'keeping the fewest inputs' : `${minutes} min`}`);
    const code = await (values.keep ? keep(target) : search(target, minutes));
    if (code !== 0) throw new Error(`${target} failed`);
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
