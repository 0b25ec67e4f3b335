'use strict';

/**
 * The checks that are not tests: formatting, lints, documentation, and the house rules that a program
 * can hold. Each is a name and a function that resolves to whether it holds, or to `{skipped}` with the reason why that
 * cannot be told here.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const wasm = require('./build_wasm');
const imports = require('./imports');
const modules = require('./modules');
const owners = require('./owners');
const { ROOT, run, runPackage } = require('./process');
const seam = require('./seam');
const types = require('./types');

/** The longest file that anyone should have to read. */
const LONGEST_FILE = 400;

/** Files that are made by programs. */
const GENERATED = new Set(['binding.d.ts']);

/** What the sans-IO core must not name, outside of comments. */
const OUTSIDE_OF_CORE =
  /\b(napi|std::(net|thread|time|fs|process)|Instant|SystemTime|tokio|mio|libc|unsafe)\b/;

/** @typedef {boolean | {skipped: string}} Result */

const cargo = (...args) => run('cargo', args).then((code) => code === 0);

/** Formatting and lints, of both languages. */
const lints = {
  'cargo fmt': () => cargo('fmt', '--all', '--check'),
  // Without the tests: built for them, the addon has no entry point, and all of it would count as unused.
  'clippy, all features': () => cargo('clippy', '--workspace', '--', '-D', 'warnings'),
  'clippy, core alone': () =>
    cargo('clippy', '--all-targets', '--no-default-features', '--', '-D', 'warnings'),
  'clippy, core and text': () =>
    cargo(
      'clippy',
      '--all-targets',
      '--no-default-features',
      '--features',
      'simdutf',
      '--',
      '-D',
      'warnings'
    ),
  'clippy, WebAssembly': () =>
    cargo('clippy', '--all-targets', '--no-default-features', '--features', 'wasm', '--', '-D', 'warnings'),
  eslint: () => runPackage('eslint/bin/eslint.js', ['.', '--max-warnings', '0']).then((code) => code === 0),
  prettier: () =>
    runPackage('prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']).then(
      (code) => code === 0
    )
};

/** House rules, and what the build leaves behind. */
const rules = {
  'cargo doc without warnings': async () => {
    const env = { RUSTDOCFLAGS: '-D warnings' };
    return (await run('cargo', ['doc', '--no-deps', '--document-private-items'], { env })) === 0;
  },
  'generated files are committed as built': () => {
    const changed = git('status', '--porcelain', '--', ...GENERATED);
    if (changed) console.log(changed);
    return changed === '';
  },
  'docs/reference.md says what the types say': async () => {
    return (await run(process.execPath, [path.join(__dirname, 'reference.js'), '--check'])) === 0;
  },
  'each deliberate fault still applies': async () => {
    return (await run(process.execPath, [path.join(__dirname, 'faults.js'), '--check'])) === 0;
  },
  'no registry address in a lock file': () => {
    const locks = tracked().filter((file) => file.endsWith('package-lock.json'));
    return complain(locks.flatMap((file) => lines(file, /"resolved"|https?:\/\/[^"]*registry/)));
  },
  'lib is required from above, and without a circle': () => complain(imports.faults()),
  'the types of lib fit': () => complain(types.faults()),
  'lib/native/index.d.ts declares what both engines export': () => complain(seam.faults()),
  'the state of a connection is written by those who are named for it': () => complain(owners.faults()),
  'the WebAssembly modules are what the sources give': async () => {
    const { holds, skipped } = await wasm.check();
    return skipped ? { skipped } : holds;
  },
  'src is used from above, and without a circle': () => complain(modules.faults()),
  'the core is sans-IO': () => {
    const core = tracked().filter((file) => /^src\/protocol\/.*\.rs$/.test(file));
    return complain(core.flatMap((file) => lines(file, OUTSIDE_OF_CORE).filter(isCode)));
  },
  [`no file is longer than ${LONGEST_FILE} lines`]: () => {
    const sources = tracked().filter((file) => /\.(rs|m?js|ts|py|sh)$/.test(file) && !GENERATED.has(file));
    const long = sources.map((file) => [file, read(file).split('\n').length - 1]);
    return complain(long.filter(([, n]) => n > LONGEST_FILE).map(([file, n]) => `${file}: ${n} lines`));
  }
};

/**
 * Runs checks one after the other, with their names before and their results after.
 *
 * @param {Object<string, function(): (Result|Promise<Result>)>} checks
 * @returns {Promise<import('./suites').Count>}
 */
async function runChecks(checks) {
  const count = { passed: 0, failed: 0, skipped: 0, notes: [] };
  for (const [name, check] of Object.entries(checks)) {
    process.stdout.write(`\n> ${name}\n`);
    const holds = await check();
    if (holds.skipped) {
      console.log(`skipped: ${holds.skipped}`);
      count.skipped += 1;
      continue;
    }
    console.log(`${holds ? 'ok' : 'NOT OK'}: ${name}`);
    count[holds ? 'passed' : 'failed'] += 1;
    if (!holds) count.notes.push(`NOT OK: ${name}`);
  }
  return count;
}

/** Prints what is wrong; true when nothing is. */
function complain(faults) {
  for (const fault of faults) console.log(fault);
  return faults.length === 0;
}

/** The lines of a file that match, as `file:number: line`. */
function lines(file, pattern) {
  return read(file)
    .split('\n')
    .map((line, i) => (pattern.test(line) ? `${file}:${i + 1}: ${line}` : null))
    .filter(Boolean);
}

/** Whether one of `lines` is code and not a comment or a lint attribute. */
function isCode(line) {
  const text = line.replace(/^[^:]*:\d+: /, '').trim();
  return !text.startsWith('//') && !text.startsWith('#');
}

/** The files that git knows, but for those deleted and not yet committed. */
function tracked() {
  return git('ls-files')
    .split('\n')
    .filter((file) => file && fs.existsSync(path.join(ROOT, file)));
}

/** What a git command prints. */
function git(...args) {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
}

/** The text of a file. */
function read(file) {
  return fs.readFileSync(path.join(ROOT, file), 'utf8');
}

module.exports = { lints, rules, runChecks };
