'use strict';

/** Builds and loads the addon that runs the loop inside a handler, where there is a C compiler. */

const fs = require('node:fs');
const path = require('node:path');

const { compile, remove } = require('./compiled');

/** Node's own headers, beside the program that runs or another one: what the addon uses is the same in all versions. */
const HEADERS = [
  process.execPath,
  ...(process.env.PATH || '').split(path.delimiter).map((at) => path.join(at, 'node'))
]
  .filter((program) => fs.existsSync(program))
  .map((program) => path.join(path.dirname(fs.realpathSync(program)), '..', 'include', 'node'))
  .find((folder) => fs.existsSync(path.join(folder, 'node_api.h')));

/**
 * @returns {{runLoop?: function(boolean): void, skip?: string}} the function, or the reason why there is none
 */
function load() {
  if (process.platform === 'win32') return { skip: 'the addon is built on unixes only' };
  if (HEADERS === undefined) return { skip: 'no headers of Node' };
  const undefinedLater = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];
  const { file, skip } = compile('run_loop', [...undefinedLater, '-I', HEADERS]);
  if (skip) return { skip };
  try {
    return { runLoop: require(file) };
  } finally {
    remove(file);
  }
}

module.exports = { load };
