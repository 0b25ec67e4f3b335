'use strict';

/**
 * The native side: the binary (`lib/native/binary.js`), or where none loads, the same core as a WebAssembly module
 * (`lib/wasm`).
 *
 * `FAYE_WEBSOCKET_NATIVE` chooses: `wasm` for the module, `native` for the binary or an error that says how to get it.
 * Without a choice the module is used if the binary does not load; the error becomes a warning if there is a binary for
 * this system.
 */

const binary = require('./binary');
const { adopt } = require('./realm');

/**
 * Warns once in a process, however often the package is loaded.
 *
 * @param {{message: string, code?: string}} error
 */
function warn({ message, code }) {
  const warned = Symbol.for('faye-websocket-native.warned');
  if (warned in process) return;
  Object.defineProperty(process, warned, { value: true });
  process.emitWarning(`${message}\nUntil then the WebAssembly engine does the work, which is slower.`, {
    code
  });
}

/** The WebAssembly module, which is read only when it is needed. @returns {import('.').Binding} */
function wasm() {
  // With the option --jitless, V8 has no WebAssembly.
  if (typeof WebAssembly === 'undefined') throw new Error('WebAssembly is switched off in this process');
  return require('../wasm');
}

/**
 * Loads what was chosen.
 *
 * @param {string | undefined} choice
 * @returns {import('.').Binding}
 */
function choose(choice) {
  if (choice && choice !== 'native' && choice !== 'wasm') {
    throw new TypeError(`FAYE_WEBSOCKET_NATIVE must be 'native' or 'wasm', not ${choice}`);
  }
  if (choice === 'wasm') return wasm();
  try {
    // A copy, which is faster: the object that Node-API has filled is a dictionary for V8, and each call would look its
    // function up there.
    return { ...binary.load() };
  } catch (error) {
    if (choice === 'native' || typeof WebAssembly === 'undefined') throw error;
    if (binary.isSupported()) warn(/** @type {Error} */ (error));
    return wasm();
  }
}

module.exports = adopt(choose(process.env.FAYE_WEBSOCKET_NATIVE));
