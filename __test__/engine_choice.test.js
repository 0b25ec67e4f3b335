'use strict';

// Which engine does the work, and what is said where the binary does not: in each situation that leaves it out.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');

const ROOT = path.join(__dirname, '..');
const MAJOR = parseInt(process.versions.node, 10);
const SYSTEM = `${process.platform}-${process.arch}`;

/** What the binary here was built for, such as `linux-x64-gnu`. */
const [TARGET] = fs
  .readdirSync(ROOT)
  .filter((name) => name.endsWith('.node'))
  .map((name) => name.split('.')[1]);

/** A copy of what the package holds, with or without the binary that was built here. */
function copy(t, { withBinary = false } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  for (const name of ['package.json', 'index.js', 'lib']) {
    fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
  const binary = `faye-websocket-native.${TARGET}.node`;
  if (withBinary) fs.copyFileSync(path.join(ROOT, binary), path.join(folder, binary));
  return folder;
}

/** Puts a package of the scope into a copy. */
function install(folder, target, files) {
  const place = path.join(folder, 'node_modules', '@faye-websocket-native', target);
  fs.mkdirSync(place, { recursive: true });
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(place, name), text);
}

/** A package whose binary no loader takes. */
const BROKEN = { 'package.json': '{"main":"broken.node"}', 'broken.node': 'not a library' };

/**
 * What `require` of a folder comes to: the engine or the error, and the warnings.
 *
 * @param {string} folder
 * @param {{choice?: string, flags?: string[], before?: string}} [options] `before` is run first
 */
function load(folder, { choice = '', flags = [], before = '' } = {}) {
  const script = `
    const warnings = [];
    process.emitWarning = (message, { code } = {}) => warnings.push({ message, code });
    ${before}
    let outcome;
    try { outcome = { engine: require(${JSON.stringify(folder)}).engine }; }
    catch ({ message, code }) { outcome = { message, code }; }
    console.log(JSON.stringify({ ...outcome, warnings }));`;
  const env = { ...process.env, FAYE_WEBSOCKET_NATIVE: choice, NODE_OPTIONS: '' };
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, '-e', script], {
    encoding: 'utf8',
    env
  });
  assert.strictEqual(status, 0, stderr);
  return JSON.parse(stdout);
}

const CODE = 'ERR_FAYE_WEBSOCKET_NATIVE_MISSING';

/** Loads a folder both without a choice, which warns, and with `native`, which throws the same; what is said. */
function explanation(folder, options) {
  const { engine, warnings } = load(folder, options);
  assert.strictEqual(engine, 'wasm');
  assert.strictEqual(warnings.length, 1);
  const [{ message, code }] = warnings;
  const failure = load(folder, { ...options, choice: 'native' });
  assert.deepStrictEqual([code, failure.code], [CODE, CODE]);
  assert.deepStrictEqual(failure.warnings, []);
  assert.ok(message.startsWith(failure.message), `${message}\nand\n${failure.message}`);
  assert.match(message, /WebAssembly engine does the work/);
  assert.ok(message.includes(`no binary for ${SYSTEM}`), 'names the system');
  return failure.message;
}

describe('FAYE_WEBSOCKET_NATIVE', () => {
  const skip = !TARGET && 'there is no binary here';
  test('chooses between the binary and the module', { skip }, (t) => {
    const folder = copy(t, { withBinary: true });
    assert.deepStrictEqual(load(folder), { engine: 'native', warnings: [] });
    assert.deepStrictEqual(load(folder, { choice: 'native' }), { engine: 'native', warnings: [] });
    assert.deepStrictEqual(load(folder, { choice: 'wasm' }), { engine: 'wasm', warnings: [] });
    assert.match(load(folder, { choice: 'fast' }).message, /must be 'native' or 'wasm', not fast/);
  });

  test('chooses the module without a word where there is no binary', (t) => {
    assert.deepStrictEqual(load(copy(t), { choice: 'wasm' }), { engine: 'wasm', warnings: [] });
  });
});

describe('a binary that is missing', () => {
  const skip = !TARGET && 'there is no binary for this system';

  /** What is said of a package that npm may have left out. */
  function check(message) {
    assert.match(message, /Tried: /);
    assert.ok(message.includes(`npm install @faye-websocket-native/${TARGET}@`), 'names the package');
    assert.match(message, /github\.com\/npm\/cli\/issues\/4828/);
    assert.match(message, /npm run build/);
  }

  test('is said with what was tried and the commands that help', { skip }, (t) => {
    check(explanation(copy(t)));
  });

  test('is said where a bundler has put an empty object in its place', { skip }, (t) => {
    const folder = copy(t);
    install(folder, TARGET, { 'index.js': 'module.exports = {};\n' });
    const message = explanation(folder);
    check(message);
    assert.match(message, /not the native binding/);
  });

  test('is said where the file is no shared library, in the words of the system', { skip }, (t) => {
    const folder = copy(t);
    fs.writeFileSync(path.join(folder, `faye-websocket-native.${TARGET}.node`), 'not an ELF file');
    check(explanation(folder));
  });

  test('is said once in a process, however often the package is loaded', { skip }, (t) => {
    const folder = copy(t);
    const again = copy(t);
    const { warnings } = load(folder, { before: `require(${JSON.stringify(again)});` });
    assert.strictEqual(warnings.length, 1);
  });

  const linux = process.platform === 'linux' && /^(x64|arm64)$/.test(process.arch);
  test('is said with both names where the one for the other C library is there', { skip: !linux }, (t) => {
    const ours = process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl';
    for (const libc of ['gnu', 'musl']) {
      // The report says which library Node runs with; here it says what the test needs.
      const before =
        libc === ours
          ? ''
          : `process.report.getReport = () => ({ header: ${libc === 'gnu' ? '{ glibcVersionRuntime: "2.36" }' : '{}'} });`;
      const folder = copy(t);
      install(folder, `${SYSTEM}-${libc === 'gnu' ? 'musl' : 'gnu'}`, BROKEN);
      const message = explanation(folder, { before });
      const [here, there] = libc === 'gnu' ? ['glibc', 'musl'] : ['musl', 'glibc'];
      assert.ok(
        message.includes(`Node runs with ${here} here, and the binary that is installed is for ${there}`)
      );
      assert.ok(message.includes(`npm install @faye-websocket-native/${SYSTEM}-${libc}@`), message);
    }
  });
});

describe('a system without a binary', () => {
  const before = "Object.defineProperty(process, 'arch', { value: 's390x' });";

  test('has the module, and nothing is said', (t) => {
    assert.deepStrictEqual(load(copy(t), { before }), { engine: 'wasm', warnings: [] });
  });

  test('is recommended no package that does not exist', (t) => {
    const { message, code } = load(copy(t), { before, choice: 'native' });
    assert.strictEqual(code, CODE);
    assert.match(message, /no binary for \w+-s390x/);
    assert.match(message, /leave FAYE_WEBSOCKET_NATIVE unset/);
    assert.doesNotMatch(message, /@faye-websocket-native|npm install/);
  });
});

describe('addons that are switched off', () => {
  const skip = !TARGET && 'there is no binary here';

  test('with --no-addons are named', { skip }, (t) => {
    const message = explanation(copy(t, { withBinary: true }), { flags: ['--no-addons'] });
    assert.match(message, /Found: addons are switched off\nFix: start Node without --no-addons/);
    assert.doesNotMatch(message, /npm install/);
  });

  const permission = MAJOR >= 22 ? '--permission' : '--experimental-permission';
  const withoutModel = MAJOR < 20 && 'this Node has no permission model';
  test('by the permission model are named', { skip: skip || withoutModel }, (t) => {
    const folder = copy(t, { withBinary: true });
    const flags = [permission, '--allow-fs-read=*'];
    const message = explanation(folder, { flags });
    assert.match(message, /Found: addons are switched off\nFix: start Node with --allow-addons/);
    const allowed = load(folder, { flags: [...flags, '--allow-addons'] });
    assert.deepStrictEqual(
      [allowed.engine, allowed.warnings.filter(({ code }) => code === CODE)],
      ['native', []]
    );
  });

  test('with WebAssembly leave an error', { skip }, (t) => {
    const flags = ['--jitless', '--no-addons'];
    assert.match(load(copy(t, { withBinary: true }), { flags }).message, /addons are switched off/);
  });
});
