'use strict';

/**
 * The binary, or one error that says exactly what to do.
 *
 * It is looked for beside the package, where a build from source leaves it, and then in the package of this
 * system, which npm installs as an optional dependency. Each file is tried rather than guessed at: where glibc
 * and musl are both possible, the one that loads is the right one. A bundler may put an empty object in place of
 * what it did not find, so what came back has to have our exports.
 */

const fs = require('fs');
const path = require('path');

/** Ours, and that of the binary which belongs to it. A bundle has no package.json to look into. */
const VERSION = '0.1.0';

/** What the shim calls; if one is missing, this is not our binary. */
const EXPORTS = ['accept', 'receive', 'sendText', 'sendBytes', 'release'];

/** The ABIs that a system may have, in the order in which they are tried. */
const ABIS = {
  'linux-x64': ['gnu', 'musl'],
  'linux-arm64': ['gnu', 'musl'],
  'linux-arm': ['gnueabihf'],
  'win32-x64': ['msvc'],
  'win32-arm64': ['msvc'],
  'win32-ia32': ['msvc']
};

const SYSTEM = `${process.platform}-${process.arch}`;

/** The names of the binaries for this system. */
const TARGETS = (ABIS[SYSTEM] || ['']).map((abi) => (abi ? `${SYSTEM}-${abi}` : SYSTEM));

/**
 * Requires the package of a target. Bundlers understand names that are spelt out, and take those in a `try` that
 * are not installed for a warning at most.
 *
 * @param {string} target
 * @param {Error[]} errors takes what `require` throws, or the system's loader
 * @returns {object|undefined}
 */
function requirePackage(target, errors) {
  try {
    switch (target) {
      case 'linux-x64-gnu':
        return require('@faye-websocket-native/linux-x64-gnu');
      case 'linux-x64-musl':
        return require('@faye-websocket-native/linux-x64-musl');
      case 'linux-arm64-gnu':
        return require('@faye-websocket-native/linux-arm64-gnu');
      case 'linux-arm64-musl':
        return require('@faye-websocket-native/linux-arm64-musl');
      case 'linux-arm-gnueabihf':
        return require('@faye-websocket-native/linux-arm-gnueabihf');
      case 'darwin-x64':
        return require('@faye-websocket-native/darwin-x64');
      case 'darwin-arm64':
        return require('@faye-websocket-native/darwin-arm64');
      case 'win32-x64-msvc':
        return require('@faye-websocket-native/win32-x64-msvc');
      case 'win32-arm64-msvc':
        return require('@faye-websocket-native/win32-arm64-msvc');
      case 'win32-ia32-msvc':
        return require('@faye-websocket-native/win32-ia32-msvc');
      case 'freebsd-x64':
        return require('@faye-websocket-native/freebsd-x64');
    }
  } catch (error) {
    errors.push(error);
  }
}

/**
 * Loads the file of a build from source, if there is one. A bundler has nothing to find here, so it is no `require`.
 *
 * @param {string} target
 * @param {Error[]} errors takes what the system's loader throws
 * @returns {object|undefined}
 */
function loadFile(target, errors) {
  const file = path.join(__dirname, '..', `faye-websocket-native.${target}.node`);
  if (!fs.existsSync(file)) return;
  const loaded = { exports: {} };
  try {
    process.dlopen(loaded, file);
    return loaded.exports;
  } catch (error) {
    errors.push(error);
  }
}

/** The target whose package ought to be there: on Linux, that of the C library which Node runs with. */
function expectedTarget() {
  if (TARGETS.length === 1) return TARGETS[0];
  const { header } = process.report ? process.report.getReport() : {};
  return TARGETS[header && !header.glibcVersionRuntime ? 1 : 0];
}

/** The error that says what was tried, what was found, and what to do. */
function failure(errors) {
  const name = `@faye-websocket-native/${expectedTarget()}`;
  // Of a package that is there and does not load, the system's words say more.
  const cause = errors.find(({ code }) => code !== 'MODULE_NOT_FOUND') || errors[0];
  const message =
    `faye-websocket-native has no binary for ${SYSTEM} (Node ${process.version}).\n` +
    `Tried: a local build (${TARGETS.map((each) => `faye-websocket-native.${each}.node`).join(', ')}) and the ` +
    `package ${TARGETS.map((each) => `@faye-websocket-native/${each}`).join(', ')}.\n` +
    `Found: ${cause ? cause.message.split('\n')[0] : 'there is none for this system'}\n` +
    `Fix: npm may have left out the optional dependency ${name}\n` +
    '(https://github.com/npm/cli/issues/4828). Delete node_modules and package-lock.json and run `npm install`\n' +
    `again, without --omit=optional; or run \`npm install ${name}@${VERSION}\`.\n` +
    'If you bundle, mark faye-websocket-native as external. To build from source, with cargo installed: `npm run build` in a checkout of the repository.';
  return Object.assign(new Error(message, { cause }), { code: 'ERR_FAYE_WEBSOCKET_NATIVE_MISSING' });
}

/** Tries each place, and in each the binaries of this system. */
function load() {
  const errors = [];
  for (const place of [loadFile, requirePackage]) {
    for (const target of TARGETS) {
      const binding = place(target, errors);
      if (binding && EXPORTS.every((name) => typeof binding[name] === 'function')) return binding;
      if (binding)
        errors.push(new Error(`a module was found for ${target}, but it is not the native binding`));
    }
  }
  throw failure(errors);
}

module.exports = load();
