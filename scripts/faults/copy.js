'use strict';

/** The copy of the package in which faults are planted, and the tests that run there. */

const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { BUILD } = require('../prepare');
const { ROOT } = require('../process');
const { testFiles } = require('../suites');
const { apply, isNative } = require('./change');

const BASE = path.join(ROOT, 'target', 'faults');
/**
 * After how long tests count as failed, in milliseconds. With a fault they may take as much longer than without one as
 * a busy machine makes them; what hangs is then given up.
 */
const TIMEOUT = 300_000;
const timeoutWith = (time) => Math.min(TIMEOUT, 30_000 + 4 * time);
/** A test that has failed, in TAP, and a script that has. */
const FAILED = /^ *not ok \d+ - (.*)\n/m;
const FAILED_SCRIPT = /^### (.*)\n/m;
/**
 * The release profile, less what makes it slow: link-time optimisation, one unit of code, a build from the start. Each
 * fault wants a build; such a one takes seconds where that of the package takes most of a minute.
 */
const QUICK = {
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '64',
  CARGO_PROFILE_RELEASE_OPT_LEVEL: '1',
  CARGO_PROFILE_RELEASE_INCREMENTAL: 'true',
  CARGO_PROFILE_RELEASE_STRIP: 'none'
};

class Copy {
  constructor() {
    this.folder = path.join(BASE, 'package');
    this.remove();
    const git = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const files = execFileSync('git', git, { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean);
    const binaries = fs.readdirSync(ROOT).filter((name) => name.endsWith('.node'));
    for (const file of [...files, ...binaries]) {
      const source = path.join(ROOT, file);
      if (fs.existsSync(source))
        fs.cpSync(source, path.join(this.folder, file), { preserveTimestamps: true });
    }
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(this.folder, 'node_modules'));
    this.binaries = binaries;
    this.files = testFiles(path.join(this.folder, '__test__')).map((file) =>
      path.relative(this.folder, file)
    );
    /** Where the binaries without faults are; that of `npm run build` until a fault wants a build. */
    this.source = ROOT;
    /** Whether there is a quick build of the copy as it is. */
    this.quick = false;
    /** How long what `run` was asked for takes without a fault, by its text; null for what fails. */
    this.sound = new Map();
  }

  /**
   * Plants a fault and runs the tests that it names until one fails.
   *
   * @param {import('./change').Fault} fault
   * @returns {Promise<string|null>} which noticed it, or null
   * @throws {Error} when the copy does not build
   */
  async catches(fault) {
    await this.choose(fault);
    const likely = fault.tests.flatMap((test) => this.expand(test));
    const sound = [];
    for (const test of likely) {
      if (await this.isSound(test)) sound.push(test);
      else console.log(`\n${test} fails without any fault, and counts for nothing`);
    }
    return this.plant(fault, sound);
  }

  /** The same with all tests of the package. */
  async catchesAnywhere(fault) {
    await this.choose(fault);
    const sound = [];
    for (const file of this.files) if (await this.isSound(file)) sound.push(file);
    return this.plant(fault, sound);
  }

  /** Runs tests with a fault; the first of them that fails, and what in it, or null. */
  async plant(fault, tests) {
    const undo = apply(this.folder, fault);
    try {
      if (isNative(fault)) await this.build(fault.name);
      for (const test of tests) {
        const failed = await this.run(test, timeoutWith(this.sound.get(test)));
        if (failed !== null) return `${test} (${failed})`;
      }
      return null;
    } finally {
      undo();
      if (isNative(fault)) this.restoreBinaries();
    }
  }

  /** The test files that an entry of a fault's tests stands for, each with its pattern. */
  expand(test) {
    const [part, pattern] = test.split(/: (.*)/);
    if (part === 'parity') return [test];
    const files = this.files.filter((file) => path.basename(file) === `${part}.test.js`);
    if (files.length === 0) throw new Error(`there is no test file ${part}`);
    return files.map((file) => (pattern ? `${file}: ${pattern}` : file));
  }

  /** Whether a test passes without a fault. */
  async isSound(test) {
    if (!this.sound.has(test)) {
      const start = Date.now();
      const failed = await this.run(test, TIMEOUT);
      this.sound.set(test, failed === null ? Date.now() - start : null);
    }
    return this.sound.get(test) !== null;
  }

  /** Runs a file of tests, or some of it; the name of a test that fails, or null. */
  async run(test, timeout) {
    const [file, pattern] = test.split(/: (.*)/);
    if (file === 'parity') return this.runParity(pattern, timeout);
    const name = pattern ? [`--test-name-pattern=${escape(pattern)}`] : [];
    // One failure is enough.
    const args = ['--test-reporter=tap', ...name, file];
    const { code, output } = await this.node(args, { timeout, until: FAILED });
    if (pattern && code === 0 && !hasRun(output)) throw new Error(`no test is called ${test}`);
    return code === 0 ? null : firstOf(FAILED, output);
  }

  /** Runs parity scripts, on either transport; the name of one that fails, or null. */
  async runParity(pattern, timeout) {
    for (const native of ['native', 'native-stream']) {
      const args = [path.join('__test__', 'parity', 'run.js'), '--script', pattern, '--native', native];
      const { code, output } = await this.node(args, { timeout });
      if (/^0 scripts/m.test(output)) throw new Error(`no script is called ${pattern}`);
      if (code !== 0) return firstOf(FAILED_SCRIPT, output);
    }
    return null;
  }

  /**
   * Puts the binary in place that a fault's tests have to pass with before it is planted: for one in Rust that of a
   * quick build, as such a build is what the fault itself gets.
   */
  async choose(fault) {
    const source = isNative(fault) ? path.join(BASE, 'quick') : ROOT;
    if (source === this.source) return;
    if (isNative(fault) && !this.quick) {
      // What an earlier run built last had a fault, and is newer than the sources, which kept their times.
      fs.utimesSync(path.join(this.folder, 'src', 'lib.rs'), new Date(), new Date());
      await this.build('the copy without a fault');
      fs.mkdirSync(source, { recursive: true });
      for (const name of this.binaries)
        fs.copyFileSync(path.join(this.folder, name), path.join(source, name));
      this.quick = true;
    }
    this.source = source;
    this.sound.clear();
    this.restoreBinaries();
  }

  /** Builds the binary of the copy. */
  async build(what) {
    const [program, args] = BUILD;
    const cli = path.join('node_modules', program);
    const env = { ...QUICK, CARGO_TARGET_DIR: path.join(BASE, 'target') };
    const { code, output } = await this.node([cli, ...args], { env, timeout: 1_800_000 });
    if (code !== 0) throw new Error(`${what} does not build:\n${output}`);
  }

  restoreBinaries() {
    for (const name of this.binaries)
      fs.copyFileSync(path.join(this.source, name), path.join(this.folder, name));
  }

  /** Runs Node in the copy, until it has printed something that is looked for; its exit code, and what it has printed. */
  node(args, { env = {}, timeout, until = null }) {
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      // Else node --test takes itself for a child of a test.
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that what it started ends with it.
      detached: true
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-1_000_000);
        if (until !== null && until.test(output)) end(child);
      });
    }
    const late = setTimeout(() => end(child), timeout);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => {
        clearTimeout(late);
        end(child);
        resolve({ code: code === null ? 128 : code, output });
      });
    });
  }

  /** Deletes the copy; what was built stays. */
  remove() {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Ends what is left of a child and of its children. */
function end(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of them have gone.
  }
}

/** What a pattern's first group has found; it finds nothing where a process has crashed, or was given up. */
function firstOf(pattern, output) {
  const found = pattern.exec(output);
  return found === null || path.isAbsolute(found[1]) ? 'as a whole' : found[1];
}

/** Whether TAP output tells of a test that was not skipped for its name. */
function hasRun(output) {
  return Number((/^# pass (\d+)$/m.exec(output) || [0, 0])[1]) > 0;
}

/** A text as a regular expression. */
function escape(text) {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

module.exports = { Copy };
