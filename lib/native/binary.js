'use strict';

/**
 * Loads the binary, or throws one error that says what to do.
 *
 * The binary is looked for in the folder of the package, where a build from source leaves it, and then in the package
 * for this system, which npm installs as an optional dependency. Where both glibc and musl are possible, both binaries
 * are tried, and the one that loads is used. A bundler may put an empty object in place of a module that it did not
 * find, so the loaded object counts only if it has our exports.
 */

const fs = require('fs');
const path = require('path');
const threads = require('worker_threads');

const { byNames } = require('./by_names');

/** @typedef {import('.').Binding} Binding */

/** The version of this package, and of its binary. It is written out since a bundle has no package.json. */
const VERSION = '0.1.0';

/** Some functions that the shim calls: an object without one of them is not our binary. */
const EXPORTS = ['accept', 'receive', 'sendText', 'sendBytes', 'release'];

/**
 * The systems that there are binaries for, with the ABIs that each may have, in the order in which they are tried.
 *
 * @type {Record<string, string[]>}
 */
const ABIS = {
  'linux-x64': ['gnu', 'musl'],
  'linux-arm64': ['gnu', 'musl'],
  'linux-arm': ['gnueabihf'],
  'darwin-x64': [''],
  'darwin-arm64': [''],
  'freebsd-x64': [''],
  'win32-x64': ['msvc'],
  'win32-arm64': ['msvc'],
  'win32-ia32': ['msvc']
};

const SYSTEM = `${process.platform}-${process.arch}`;

/**
 * The error of an attempt to load a binary, with the target of that binary.
 *
 * @typedef {Error & {code?: string, target?: string}} LoadError
 */

/** Whether this program is in a bundle, which shows by the name of its file. */
const BUNDLED = path.basename(__filename) !== 'binary.js';

/** The folder of the package, where these programs are not in a bundle. */
const PACKAGE = path.join(__dirname, '../..');

/** The names of the binaries for this system. */
const TARGETS = (ABIS[SYSTEM] || ['']).map((abi) => (abi ? `${SYSTEM}-${abi}` : SYSTEM));

/**
 * The file of a target.
 *
 * @param {string} target
 * @returns {string}
 */
const fileOf = (target) => `faye-websocket-native.${target}.node`;

/**
 * Requires the package of a target. Bundlers follow names that are written out; for a name within a `try` that is not
 * installed they warn at most.
 *
 * @param {string} target
 * @param {LoadError[]} errors takes what `require` throws, or the system's loader
 * @returns {any} what the package exports
 */
function packageOf(target, errors) {
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
    errors.push(/** @type {LoadError} */ (error));
  }
}

/**
 * Opens the binary in the package of a target, if there is one.
 *
 * @param {string} target
 * @param {LoadError[]} errors
 * @returns {Binding | undefined}
 */
function requirePackage(target, errors) {
  return openOnce(`package ${target}`, () => packageOf(target, errors));
}

/**
 * Loads the file of a build from source, or one that somebody has put beside a bundle or a single executable. It is
 * loaded by `process.dlopen` and not by `require`, so that a bundler does not look for it.
 *
 * @param {string} target
 * @param {LoadError[]} errors takes what the system's loader throws
 * @returns {Binding | undefined}
 */
function loadFile(target, errors) {
  const places = BUNDLED ? [__dirname, path.join(__dirname, '..'), PACKAGE] : [PACKAGE];
  const file = places.map((place) => path.join(place, fileOf(target))).find((each) => fs.existsSync(each));
  if (!file) return;
  try {
    return openOnce(file, () => {
      const loaded = { exports: {} };
      process.dlopen(loaded, file);
      return loaded.exports;
    });
  } catch (error) {
    errors.push(/** @type {LoadError} */ (error));
  }
}

/** The target for Linux that fits the C library of this Node. */
function expectedTarget() {
  if (TARGETS.length === 1) return TARGETS[0];
  const { report } = process;
  if (!report) return TARGETS[0];
  // Without this option the report resolves host names over the network.
  const { excludeNetwork } = report;
  report.excludeNetwork = true;
  const { header } = /** @type {{header?: {glibcVersionRuntime?: string}}} */ (report.getReport());
  report.excludeNetwork = excludeNetwork;
  return TARGETS[header && !header.glibcVersionRuntime ? 1 : 0];
}

/**
 * The name of a target for messages.
 *
 * @type {Record<string, string>}
 */
const LIBC = { gnu: 'glibc', musl: 'musl' };
const libcOf = (/** @type {string | undefined} */ target) => LIBC[String(target).split('-')[2]];

/**
 * What is wrong, and what to do about it.
 *
 * @param {LoadError[]} errors each with the `target` that it is about
 * @returns {{found: string, fix: string}}
 */
function explain(errors) {
  const fromSource =
    'To build from source, with cargo installed: `npm run build` in a checkout of the repository.';
  if (!isSupported()) {
    return {
      found: 'there is none for this system',
      fix: `leave FAYE_WEBSOCKET_NATIVE unset. ${fromSource}`
    };
  }
  const found = (/** @type {string} */ code) => errors.find((error) => error.code === code);
  const disabled = found('ERR_DLOPEN_DISABLED');
  if (disabled) {
    const fix = process.permission
      ? 'start Node with --allow-addons, as --permission switches addons off'
      : 'start Node without --no-addons (if it has --permission, with --allow-addons)';
    return { found: 'addons are switched off', fix: `${fix}.` };
  }
  const denied = found('ERR_ACCESS_DENIED');
  if (denied) {
    return { found: denied.message, fix: `start Node with --allow-fs-read=${PACKAGE} and --allow-addons.` };
  }
  const expected = expectedTarget();
  if (found('ERR_UNKNOWN_BUILTIN_MODULE')) {
    return {
      found: 'there is none beside this single executable, which cannot hold one',
      fix: `put ${fileOf(expected)} into ${__dirname}, or set FAYE_WEBSOCKET_NATIVE=wasm.`
    };
  }
  const name = `@faye-websocket-native/${expected}`;
  // For a binary that exists and does not load, the system's message says more.
  const broken = errors.find(({ code }) => code !== 'MODULE_NOT_FOUND');
  if (broken && broken.target !== expected && libcOf(expected)) {
    return {
      found: `Node runs with ${libcOf(expected)} here, and the binary that is installed is for ${libcOf(broken.target)}`,
      fix: `node_modules comes from another system. Install on this one, or run \`npm install ${name}@${VERSION}\`.`
    };
  }
  const words = (broken || errors[0]).message.split('\n')[0];
  if (/GLIBC(XX)?_[\d.]+' not found/.test(words)) {
    return {
      found: words,
      fix: `the C library of this system is older than the binary wants. ${fromSource}`
    };
  }
  return {
    found: words,
    fix:
      `npm may have left out the optional dependency ${name}\n` +
      '(https://github.com/npm/cli/issues/4828). Delete node_modules and package-lock.json and run `npm install`\n' +
      `again, without --omit=optional; or run \`npm install ${name}@${VERSION}\`.\n` +
      `If you bundle, mark faye-websocket-native as external, or put ${fileOf(expected)} beside the bundle. ` +
      fromSource
  };
}

/**
 * The error that says what was tried, what was found, and what to do.
 *
 * @param {LoadError[]} errors
 * @returns {LoadError}
 */
function failure(errors) {
  const { found, fix } = explain(errors);
  const message =
    `faye-websocket-native has no binary for ${SYSTEM} (Node ${process.version}).\n` +
    `Tried: a local build (${TARGETS.map(fileOf).join(', ')})` +
    `${isSupported() ? ` and the package ${TARGETS.map((each) => `@faye-websocket-native/${each}`).join(', ')}` : ''}.\n` +
    `Found: ${found}\nFix: ${fix}`;
  return Object.assign(new Error(message, { cause: errors[0] }), {
    code: 'ERR_FAYE_WEBSOCKET_NATIVE_MISSING'
  });
}

/**
 * Opens the binary of a place for this copy of the package: functions with a state of their own.
 *
 * A binary is loaded once per environment, however many copies of this package are loaded: each load would take memory
 * that is never freed. Its function `open` is kept where all copies find it, those in other realms (Jest) included.
 *
 * @param {string} place a file or a package
 * @param {() => any} load
 * @returns {any} nothing if there is no binary
 */
function openOnce(place, load) {
  const key = Symbol.for(`faye-websocket-native ${VERSION} ${place}`);
  const all = /** @type {any} */ (threads);
  let open = all[key];
  if (open === undefined) {
    const binding = load();
    if (binding === undefined) return undefined;
    open = binding.open;
    if (typeof open !== 'function') return {};
    for (const name of Object.keys(binding)) if (name !== 'open') open[name] = binding[name];
    Object.defineProperty(threads, key, { value: open });
  }
  return Object.assign(open(), open);
}

/**
 * Tries each place, and in each the binaries of this system.
 *
 * @returns {Binding} the functions of the binary
 * @throws {Error} if none loads
 */
function load() {
  /** @type {LoadError[]} */
  const errors = [];
  for (const place of [loadFile, requirePackage]) {
    for (const target of TARGETS) {
      /** @type {LoadError[]} */
      const thrown = [];
      const engine = place(target, thrown);
      if (engine && EXPORTS.every((name) => typeof (/** @type {any} */ (engine)[name]) === 'function'))
        return byNames(engine);
      if (engine)
        thrown.push(new Error(`a module was found for ${target}, but it is not the native binding`));
      for (const error of thrown) errors.push(Object.assign(error, { target }));
    }
  }
  throw failure(errors);
}

/** Whether there is a binary for this system. */
function isSupported() {
  return SYSTEM in ABIS;
}

module.exports = { isSupported, load };
