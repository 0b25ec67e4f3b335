'use strict';

/**
 * JavaScript runtimes of other versions and kinds, from npm, each in a folder of its own below `.cache`, which git
 * does not see.
 */

const fs = require('node:fs');
const path = require('node:path');

const { ROOT, runNpm, say } = require('./process');

const CACHE = path.join(ROOT, '.cache', 'runtimes');

const { platform } = process;
/** What the packages call this system and processor; each project has its own words. */
const SYSTEM = platform === 'win32' ? 'win' : platform;
const OVEN_SYSTEM = platform === 'win32' ? 'windows' : platform;
const OVEN_ARCH = process.arch === 'arm64' ? 'aarch64' : process.arch;
const DENO_LIBC = platform === 'linux' ? '-glibc' : '';
const EXE = platform === 'win32' ? '.exe' : '';

/** The package of each runtime that holds its program, so that no install script need run, and where in it. */
const RUNTIMES = {
  node: { name: `node-${SYSTEM}-${process.arch}`, program: `bin/node${EXE}` },
  bun: { name: `@oven/bun-${OVEN_SYSTEM}-${OVEN_ARCH}`, program: `bin/bun${EXE}` },
  deno: { name: `@deno/${platform}-${process.arch}${DENO_LIBC}`, program: `deno${EXE}` }
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
  const file = path.join(folder, 'node_modules', name, program);
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
