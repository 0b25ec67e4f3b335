'use strict';

/** Tests that hold with both engines, the binary and the WebAssembly module. */

const { spawnSync } = require('node:child_process');
const { test } = require('node:test');

/** The transports that this engine has: without a binary, Node reads and writes all sockets. */
const TRANSPORTS = process.env.FAYE_WEBSOCKET_NATIVE === 'wasm' ? ['stream'] : ['stream', 'direct'];

/**
 * Adds a test that runs all others of a file with the WebAssembly engine.
 *
 * @param {string} file
 */
function alsoWithWebAssembly(file) {
  if (process.env.FAYE_WEBSOCKET_NATIVE === 'wasm') return;
  test('all of this holds with the WebAssembly engine', (t) => {
    const env = { ...process.env, FAYE_WEBSOCKET_NATIVE: 'wasm' };
    // What a runner of tests tells the processes that it starts.
    delete env.NODE_TEST_CONTEXT;
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { env, encoding: 'utf8' });
    if (status !== 0) t.diagnostic(`${stdout}${stderr}`);
    if (status !== 0) throw new Error(`it fails there with the status ${status}:\n${stdout}${stderr}`);
  });
}

module.exports = { TRANSPORTS, alsoWithWebAssembly };
