'use strict';

/**
 * To be preloaded (`node --require`): everyone who asks for `faye-websocket` gets us, as after an install under that
 * name. If a file of the real one is loaded all the same, the process fails.
 */

const Module = require('node:module');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');
const resolve = Module._resolveFilename;

Module._resolveFilename = function (request, ...rest) {
  const [, deep] = /^faye-websocket(\/.*)?$/.exec(request) || [null, null];
  const replaced = request === 'faye-websocket' || deep ? ROOT + (deep || '') : request;
  return resolve.call(this, replaced, ...rest);
};

process.on('exit', () => {
  const loaded = Object.keys(require.cache);
  const real = loaded.filter((file) =>
    file.includes(`${path.sep}node_modules${path.sep}faye-websocket${path.sep}`)
  );
  const ours = loaded.includes(path.join(ROOT, 'index.js'));
  if (real.length === 0 && ours) return;
  console.error(ours ? `loaded: ${real.join(', ')}` : 'nobody asked for faye-websocket');
  process.exitCode = 1;
});
