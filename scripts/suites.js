'use strict';

/**
 * The test suites, as functions that run one and count its tests. Each prints what a reader wants on a page; all of its
 * output goes to a file that it names.
 *
 * @typedef {{passed: number, failed: number, skipped: number, notes?: string[]}} Count what is worth a line at the end of
 *     the run is a note: each failure, and each test that failed beside others and passed alone
 * @typedef {{count: Count, failures: Map<string, string[]>}} Run a run of test files, and the names of the tests that
 *     failed by their files; under '' what failed in none
 */

const fs = require('node:fs');
const path = require('node:path');

const { ROOT, run, say } = require('./process');

/** After how long a test that hangs is given up, in milliseconds; Node 18 has no such option. */
const TIMEOUT = parseInt(process.versions.node, 10) >= 20 ? ['--test-timeout=300000'] : [];

/** Where the output of each suite goes, below the root. */
const OUTPUT = path.join('target', 'tests');

/** The most lines of a failed suite of Rust that are shown. */
const MOST_SHOWN = 60;

/** The most files that get a second try: more than that, and it is no matter of chance. */
const MOST_AGAIN = 6;

/** The runs of cargo: the name of the log, what is tested, and the words of its command. */
const RUST = [
  ['rust', 'the protocol core', []],
  ['rust_text', 'the conversions of text', ['--features', 'simdutf', '--lib', 'transcode']]
];

/**
 * The tests of the core: unit, property and documentation tests, built without napi.
 *
 * @returns {Promise<Count>}
 */
async function rust() {
  const counts = [];
  for (const [name, what, words] of RUST) counts.push(await cargoTest(name, what, words));
  return sum(counts);
}

/** Runs `cargo test` without the default features and with `words`, and counts its tests. */
async function cargoTest(name, what, words) {
  const log = path.join(OUTPUT, `${name}.log`);
  const command = ['test', '--no-default-features', ...words];
  say(`cargo ${command.join(' ')}: ${what}; its output is in ${log}`);
  const count = { passed: 0, failed: 0, skipped: 0 };
  const code = await run('cargo', [...command, '--no-fail-fast'], {
    log: path.join(ROOT, log),
    onLine: (line) => {
      const result = /^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored;/.exec(line);
      if (!result) return;
      count.passed += Number(result[1]);
      count.failed += Number(result[2]);
      count.skipped += Number(result[3]);
    }
  });
  // A test that does not compile, or that takes its whole process down, has no result line.
  if (code !== 0 && count.failed === 0) count.failed = 1;
  if (count.failed > 0) {
    showFailures(path.join(ROOT, log));
    count.notes = [`FAILED: cargo ${command.join(' ')}; see ${log}`];
  }
  console.log(`  ${inWords(count)}`);
  return count;
}

/** Prints what cargo says of failures: the panics and errors, or the end of the output where there are none. */
function showFailures(log) {
  const lines = fs.readFileSync(log, 'utf8').split('\n');
  const failed = lines.filter((line) => /^(error|test .* FAILED$|thread .* panicked|---- )/.test(line));
  console.log((failed.length > 0 ? failed.slice(0, MOST_SHOWN) : lines.slice(-MOST_SHOWN)).join('\n'));
}

/**
 * The tests of the package: every `*.test.js` below __test__, against the built binary.
 *
 * @param {string[]} [only] parts of the paths of files below __test__, or words of what their tests say; without any, all
 *   files
 * @returns {Promise<Count>}
 */
async function node(only = []) {
  const files = matching(only).map((file) => path.relative(ROOT, file));
  if (files.length === 0) throw new Error(unmatched(only, path.join(ROOT, '__test__')));
  return judged([await nodeTest(files, 'js')]);
}

/**
 * What runs of test files have come to, once those files that failed had a second try.
 *
 * @param {Run[]} runs
 * @returns {Promise<Count>}
 */
async function judged(runs) {
  const failures = new Map();
  for (const [file, names] of runs.flatMap((each) => [...each.failures])) {
    failures.set(file, (failures.get(file) || []).concat(names));
  }
  const first = { count: sum(runs.map(({ count }) => count)), failures };
  const again = [...first.failures.keys()]
    .filter((file) => file !== '')
    .map((file) => path.relative(ROOT, file));
  if (first.count.failed === 0 || again.length === 0 || again.length > MOST_AGAIN) return noted(first);
  return secondTry(first, again);
}

/**
 * Runs the files that failed once more, each by itself. Files run beside others, and a machine may do other things: a
 * test that fails only then is told of in a note, as what it is, and does not fail the run. One that fails again does.
 */
async function secondTry(first, files) {
  const { count } = first;
  const inNone = first.failures.get('') || [];
  const notes = inNone.map((name) => `FAILED: ${name}`);
  // Counted anew: the runner counts a test whose part failed as another failure.
  count.failed = inNone.length;
  for (const file of files) {
    const failed = first.failures.get(path.join(ROOT, file));
    const second = await nodeTest([file], `js_again_${path.basename(file, '.test.js')}`);
    if (second.count.failed > 0) {
      notes.push(...noted(second).notes);
      count.failed += second.count.failed;
      continue;
    }
    count.passed += failed.length;
    notes.push(...failed.map((name) => `UNSTEADY: ${name} (${file}) failed beside others and passed alone`));
  }
  return { ...count, notes };
}

/** A run's count, with a note for each failure. */
function noted({ count, failures }) {
  const notes = [...failures].flatMap(([file, names]) =>
    names.map((name) => `FAILED: ${name} (${path.relative(ROOT, file)})`)
  );
  return { ...count, notes };
}

/**
 * Runs `node --test` on files.
 *
 * @param {string[]} files below the root
 * @param {string} name of the log
 * @returns {Promise<Run>}
 */
async function nodeTest(files, name) {
  const log = path.join(OUTPUT, `${name}.log`);
  say(
    `node --test: ${files.length === 1 ? files[0] : `${files.length} files`}; every test is listed in ${log}`
  );
  fs.mkdirSync(path.join(ROOT, OUTPUT), { recursive: true });
  const totals = { pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
  const failures = new Map();
  let isOver = false;
  const args = [
    '--test',
    ...TIMEOUT,
    `--test-reporter=${path.join(__dirname, 'reporter.js')}`,
    '--test-reporter-destination=stdout',
    '--test-reporter=spec',
    `--test-reporter-destination=${path.join(ROOT, log)}`,
    ...files
  ];
  const code = await run(process.execPath, args, {
    onLine: (line) => {
      const total = /^ {2}(pass|fail|cancelled|skipped|todo): (\d+)$/.exec(line);
      if (total) totals[total[1]] = Number(total[2]);
      isOver ||= total !== null;
      const failure = /^FAILED: (.*?)(?: \((\/.*?|[A-Z]:\\.*?)(?::\d+)?\))?$/.exec(line);
      if (failure) failures.set(failure[2] || '', (failures.get(failure[2] || '') || []).concat(failure[1]));
    }
  });
  const count = {
    passed: totals.pass,
    failed: totals.fail + totals.cancelled,
    skipped: totals.skipped + totals.todo
  };
  // A runner that is taken down has not told of the files that were left, whatever becomes of those that failed before.
  if (!isOver || (code !== 0 && failures.size === 0)) {
    failures.set('', [...(failures.get('') || []), `node --test has ended with ${code}; see ${log}`]);
    count.failed = Math.max(count.failed, 1);
  }
  return { count, failures };
}

/**
 * The test files that have one of the words in their paths; for a word that is in none, those that have it in the title of a
 * test or a suite, in any case.
 */
function matching(words) {
  const folder = path.join(ROOT, '__test__');
  const all = testFiles(folder);
  if (words.length === 0) return all;
  const chosen = words.flatMap((word) => {
    const named = all.filter((file) => path.relative(folder, file).includes(word));
    return named.length > 0 ? named : all.filter((file) => titles(file).includes(word.toLowerCase()));
  });
  return all.filter((file) => chosen.includes(file));
}

/** The lines of a file in which a test or a suite gets its title. */
function titles(file) {
  const lines = fs.readFileSync(file, 'utf8').match(/^ *(?:test|describe)\(.*$/gm) || [];
  return lines.join('\n').toLowerCase();
}

/** What to say when no file has one of the words in its path: which words there are. */
function unmatched(only, folder) {
  const names = testFiles(folder).map((file) => path.relative(folder, file).replace('.test.js', ''));
  return `no test file has ${only.join(' or ')} in its path or its titles; there are ${names.join(', ')}`;
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
  const total = (name) => counts.reduce((sum, count) => sum + count[name], 0);
  const notes = counts.flatMap((count) => count.notes || []);
  return { passed: total('passed'), failed: total('failed'), skipped: total('skipped'), notes };
}

/**
 * @param {Count} count
 * @returns {string} `N passed, N failed`, and how many were skipped if some were
 */
function inWords({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * Prints the notes and the last line of a run, and sets the exit code.
 *
 * @param {Count} count
 */
function report(count) {
  if (count.notes && count.notes.length > 0) console.log(`\n${count.notes.join('\n')}`);
  console.log(`\n${inWords(count)}`);
  if (count.failed > 0) process.exitCode = 1;
}

module.exports = { OUTPUT, inWords, judged, matching, node, nodeTest, report, rust, sum, testFiles };
