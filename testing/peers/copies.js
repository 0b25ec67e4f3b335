'use strict';

/** Copies of the package in one process: by loading it again, or in a realm of its own as Jest does. */

const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const ROOT = path.join(__dirname, '../..');

/**
 * Loads the package once more, whatever was loaded before.
 *
 * @returns {Function} its constructor
 */
function loadAgain() {
  for (const name of Object.keys(require.cache)) {
    const inside = path.relative(ROOT, name);
    if (/^(index\.js$|deflate\.js$|lib.)/.test(inside)) delete require.cache[name];
  }
  const children = module.children.length;
  const WebSocket = require(ROOT);
  // A module keeps those that it was the first to load.
  module.children.length = children;
  return WebSocket;
}

/**
 * Loads the package in a new realm.
 *
 * @param {string[]} [missing] names of globals that the realm has not
 * @returns {{WebSocket: Function, run: function(string): *}} `run` evaluates there
 */
function loadInRealm(missing = []) {
  const { process, Buffer, setTimeout, setInterval, setImmediate, clearTimeout, clearInterval } = globalThis;
  const globals = { process, Buffer, setTimeout, setInterval, setImmediate, clearTimeout, clearInterval };
  const context = vm.createContext({
    ...globals,
    queueMicrotask,
    AbortController,
    TextDecoder,
    TextEncoder,
    URL
  });
  for (const name of missing) vm.runInContext(`delete globalThis.${name}`, context);
  const modules = new Map();

  function load(filename) {
    if (modules.has(filename)) return modules.get(filename).exports;
    const module = { exports: {} };
    modules.set(filename, module);
    const outer = createRequire(filename);
    const require = (name) => (name.startsWith('.') ? load(outer.resolve(name)) : outer(name));
    const names = ['exports', 'require', 'module', '__filename', '__dirname'];
    const body = vm.compileFunction(fs.readFileSync(filename, 'utf8'), names, {
      filename,
      parsingContext: context
    });
    body(module.exports, require, module, filename, path.dirname(filename));
    return module.exports;
  }

  return { WebSocket: load(path.join(ROOT, 'index.js')), run: (code) => vm.runInContext(code, context) };
}

module.exports = { loadAgain, loadInRealm };
