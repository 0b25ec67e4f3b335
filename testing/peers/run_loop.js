'use strict';

/** Builds and loads the addon that runs the loop inside a handler, where there is a C compiler. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const SOURCE = path.join(__dirname, 'run_loop.c');
/** Where Node's own headers lie, beside the program. */
const HEADERS = path.join(path.dirname(fs.realpathSync(process.execPath)), '..', 'include', 'node');

/**
 * @returns {{runLoop?: function(boolean): void, skip?: string}} the function, or the reason why there is none
 */
function load() {
  if (process.platform === 'win32') return { skip: 'the addon is built on unixes only' };
  if (!fs.existsSync(path.join(HEADERS, 'node_api.h'))) return { skip: `no headers of Node in ${HEADERS}` };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'run-loop-'));
  const target = path.join(folder, 'run_loop.node');
  const undefinedLater = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];
  const { error, status, stderr } = spawnSync(
    process.env.CC || 'cc',
    ['-shared', '-fPIC', ...undefinedLater, '-I', HEADERS, '-o', target, SOURCE],
    { encoding: 'utf8' }
  );
  try {
    if (error) return { skip: `no C compiler: ${error.message}` };
    if (status !== 0) return { skip: `the addon could not be built: ${stderr.split('\n')[0]}` };
    return { runLoop: require(target) };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

module.exports = { load };
