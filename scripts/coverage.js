'use strict';

/**
 * `npm run coverage`: which lines of the core its tests run, by file, and in all. Fails below 95 %.
 *
 *     npm run coverage               the table
 *     npm run coverage -- --missing  the lines that no test runs, too
 *
 * Wants `cargo install cargo-llvm-cov` and `rustup component add llvm-tools`, or `LLVM_COV` and `LLVM_PROFDATA` set.
 */

const { execFileSync } = require('node:child_process');
const path = require('node:path');

const { ROOT, say } = require('./process');

/** Lines in a hundred that the tests have to run. */
const LEAST = 95;

/** What of the core is measured: its code, not its tests. */
const CORE = /^src\/protocol\/(?!.*tests?[/.])/;

/** Runs the tests with counters and returns what `llvm-cov` exports. */
function measure() {
  // The core's own tests: those from outside of it run no other lines, and some take the time.
  const args = ['llvm-cov', 'test', '--no-default-features', '--lib', '--json'];
  const stdio = ['ignore', 'pipe', 'inherit'];
  const text = execFileSync('cargo', args, { cwd: ROOT, stdio, encoding: 'utf8', maxBuffer: 1 << 28 });
  // The report of the tests comes first.
  return JSON.parse(text.slice(text.lastIndexOf('\n{') + 1)).data[0];
}

/** The numbers of the lines that were not run, from the segments of a file's report. */
function missing(segments) {
  const lines = new Set();
  segments.forEach(([line, , count, counted], i) => {
    const [end] = segments[i + 1] || [line];
    if (counted && count === 0) for (let at = line; at <= end; at += 1) lines.add(at);
  });
  return [...lines];
}

/** Prints the table. */
function main() {
  say('cargo llvm-cov test --no-default-features');
  const files = measure()
    .files.map((file) => ({ ...file, name: path.relative(ROOT, file.filename).split(path.sep).join('/') }))
    .filter(({ name }) => CORE.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const sum = { covered: 0, count: 0 };
  for (const { name, summary, segments } of files) {
    const { covered, count, percent } = summary.lines;
    sum.covered += covered;
    sum.count += count;
    console.log(`${percent.toFixed(1).padStart(5)} %  ${String(covered).padStart(4)} of ${count}\t${name}`);
    if (process.argv.includes('--missing') && covered < count) {
      console.log(`         lines ${missing(segments).join(', ')}`);
    }
  }
  const percent = (sum.covered / sum.count) * 100;
  console.log(`${percent.toFixed(1).padStart(5)} %  ${sum.covered} of ${sum.count} lines`);
  if (!(percent >= LEAST)) throw new Error(`that is below ${LEAST} %`);
}

try {
  main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
