'use strict';

/** Builds what tests have in C, where there is a C compiler. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/**
 * Builds a shared library from a source beside this file, in a folder of its own, which is the caller's to remove.
 *
 * @param {string} name of the source, without `.c`
 * @param {string[]} flags
 * @returns {{file?: string, skip?: string}} the library, or the reason why there is none
 */
function compile(name, flags) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `${name}-`));
  const file = path.join(folder, `${name}.node`);
  const args = ['-shared', '-fPIC', '-o', file, path.join(__dirname, `${name}.c`), ...flags];
  const { error, status, stderr } = spawnSync(process.env.CC || 'cc', args, { encoding: 'utf8' });
  if (!error && status === 0) return { file };
  fs.rmSync(folder, { recursive: true });
  if (error) return { skip: `no C compiler: ${error.message}` };
  return { skip: `${name}.c could not be built: ${stderr.split('\n')[0]}` };
}

/** Removes what `compile` has built. */
function remove(file) {
  fs.rmSync(path.dirname(file), { recursive: true });
}

module.exports = { compile, remove };
