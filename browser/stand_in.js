'use strict';

/**
 * What a bundler for browsers finds in the place of the package. A program may carry it along and share code with its server;
 * whoever calls what needs Node.js is told what to use instead.
 */

const SENTENCE =
  "faye-websocket-native runs on Node.js: in a browser, use the browser's own WebSocket or EventSource, as in new WebSocket(url), which need no package.";

/**
 * A function that can be called, constructed or inherited from, and says what to use instead.
 *
 * @returns {function(): never}
 */
function refusal() {
  return function () {
    throw Object.assign(new Error(SENTENCE), { code: 'ERR_FAYE_WEBSOCKET_BROWSER' });
  };
}

/**
 * The package itself, where there is Node.js after all: Jest with jsdom, `node --conditions=browser`, and a window of Electron
 * with Node.js ask for the entry of browsers. A bundler has modules of its own, without a `require`.
 *
 * @param {object} module of the entry
 * @param {string} path of what it stands for
 * @returns {*} null in a browser
 */
function original(module, path) {
  const hasNode = typeof process === 'object' && process.versions && process.versions.node;
  if (!hasNode) return null;
  // A bundler would follow a call that it can read.
  const load = Reflect.get(module, 'require');
  return typeof load === 'function' ? load.call(module, path) : null;
}

module.exports = { original, refusal };
