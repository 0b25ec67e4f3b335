'use strict';

/**
 * JavaScript runtimes of other versions and kinds, from npm, each in a folder of its own below `.cache`, which git
 * does not see.
 */

const fs = require('node:fs');
const path = require('node:path');

const { ROOT, runNpm, say } = require('./process');

const CACHE = path.join(ROOT, '.cache', 'runtimes');

/** What npm calls this system in the names of Node's packages. */
const SYSTEM = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/** The package of each runtime, and its program within node_modules. */
const RUNTIMES = {
  node: {
    name: `node-${SYSTEM}`,
    program: `node-${SYSTEM}/bin/node${process.platform === 'win32' ? '.exe' : ''}`
  },
  bun: { name: 'bun', program: 'bun/bin/bun.exe' },
  deno: { name: 'deno', program: 'deno/deno.exe' }
};

/**
 * Installs a runtime, if it is not there yet.
 *
 * @param {string} kind `node`, `bun` or `deno`
 * @param {string} version a major version, or `latest`
 * @returns {Promise<string>} the path of its program
 * @throws {Error} when npm cannot install it
 */
async function runtime(kind, version) {
  const { name, program } = RUNTIMES[kind];
  const folder = path.join(CACHE, `${kind}-${version}`);
  const file = path.join(folder, 'node_modules', program);
  if (fs.existsSync(file)) return file;
  say(`npm install ${name}@${version}`);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const code = await runNpm(
    ['install', '--no-audit', '--no-fund', '--no-package-lock', `${name}@${version}`],
    {
      cwd: folder
    }
  );
  if (code !== 0 || !fs.existsSync(file)) throw new Error(`${name}@${version} could not be installed`);
  return file;
}

module.exports = { runtime };
