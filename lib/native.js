'use strict';

/**
 * The binary, or one error that says exactly what to do.
 *
 * `binding.js` is generated: it knows every platform's package and tries them. A bundler may replace what it
 * finds with an empty object, so the shape of what came back is checked here.
 */

const { platform, arch } = process;

/** What the shim calls; if one is missing, this is not our binary. */
const EXPORTS = ['accept', 'receive', 'sendText', 'sendBytes', 'release'];

function load() {
  let binding;
  let cause;
  try {
    binding = require('../binding.js');
  } catch (error) {
    cause = error;
  }
  if (binding && EXPORTS.every((name) => typeof binding[name] === 'function')) return binding;

  const found = cause ? cause.message.split('\n')[0] : 'a module was found, but it is not the native binding';
  const message =
    `faye-websocket-native has no binary for ${platform}-${arch} (Node ${process.version}).\n` +
    `Tried: a local build (faye-websocket-native.*.node) and the package faye-websocket-native-${platform}-${arch}*.\n` +
    `Found: ${found}\n` +
    'Fix: npm may have left out an optional dependency (https://github.com/npm/cli/issues/4828). Delete\n' +
    'node_modules and package-lock.json and run `npm install` again, without --omit=optional. If you bundle,\n' +
    'mark faye-websocket-native as external. To build from source, with cargo installed: `npm run build`\n' +
    'in a checkout of the repository.';
  throw Object.assign(new Error(message, { cause }), { code: 'ERR_FAYE_WEBSOCKET_NATIVE_MISSING' });
}

module.exports = load();
