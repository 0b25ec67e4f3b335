'use strict';

/**
 * The package with failures that a test asks for: a build of the binary of its own, with the feature
 * `injected-failures`, beside a copy of the programs. What is published has neither the feature nor a way to ask for it.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '../..');
const FEATURE = 'injected-failures';

let loaded;

/** How cargo names the library on this system. */
const LIBRARY =
  { win32: 'faye_websocket_native.dll', darwin: 'libfaye_websocket_native.dylib' }[process.platform] ||
  'libfaye_websocket_native.so';

/** Processors as Rust calls them. */
const PROCESSORS = { x64: 'x86_64', arm64: 'aarch64', ia32: 'i686' };

/** Whether there is a compiler here whose programs this Node can load. */
function canBuild() {
  const { error, stdout } = spawnSync('rustc', ['-vV'], { encoding: 'utf8' });
  return !error && new RegExp(`^host: ${PROCESSORS[process.arch]}-`, 'm').test(stdout);
}

/** Builds the library, if anything has changed; whether there is one. */
function build() {
  if (!canBuild()) return false;
  const { status, stderr } = spawnSync('cargo', ['build', '--locked', '--lib', '--features', FEATURE], {
    cwd: ROOT,
    encoding: 'utf8'
  });
  if (status !== 0) throw new Error(stderr);
  return true;
}

/** A folder with the programs of the package and the library, from which packages of this one are found. */
function lay(target) {
  const folder = fs.mkdtempSync(path.join(target, 'failing-'));
  process.on('exit', () => {
    try {
      fs.rmSync(folder, { recursive: true, force: true });
    } catch {
      // Windows keeps what is loaded.
    }
  });
  for (const name of ['index.js', 'lib', 'package.json']) {
    fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
  // The names under which the loader looks for a build from source.
  const names = fs.readdirSync(ROOT).filter((name) => name.endsWith('.node'));
  for (const name of names) fs.copyFileSync(path.join(target, 'debug', LIBRARY), path.join(folder, name));
  return folder;
}

/**
 * The package, with `inject(place, count)` and `refuseMemory(size)` as in `src/binding/injected_armed.rs`.
 *
 * @returns {{WebSocket: function, native: object, inject: function, refuseMemory: function, folder: string}|null} null
 *   without a compiler; of the WebAssembly engine without `refuseMemory` and `folder`
 */
function failing() {
  if (loaded !== undefined) return loaded;
  if (process.env.FAYE_WEBSOCKET_NATIVE === 'wasm') {
    const native = require('../../lib/native');
    return (loaded = { WebSocket: require('../..'), native, inject: require('./wasm').inject, folder: null });
  }
  if (!build()) return (loaded = null);
  const folder = lay(process.env.CARGO_TARGET_DIR || path.join(ROOT, 'target'));
  // A panic that was asked for needs no trace.
  process.env.RUST_BACKTRACE = '0';
  const native = require(path.join(folder, 'lib/native/index.js'));
  const { inject, refuseMemory } = native;
  return (loaded = { WebSocket: require(folder), native, inject, refuseMemory, folder });
}

module.exports = { FEATURE, failing };
