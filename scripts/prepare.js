'use strict';

/**
 * Brings a checkout to the point where the package can be loaded: the packages that it is developed
 * with are installed, and the binary is newer than its sources. Does only what is missing, so that a
 * script can call it each time.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { ROOT, runNpm, runPackage, say } = require('./process');

/** What the binary is made of, besides everything under src/. */
const SOURCES = ['Cargo.toml', 'Cargo.lock', 'build.rs', '.cargo/config.toml'];

/** What builds: a program of an installed package, and its arguments. `lib/native/binary.js` is the loader, so none is made. */
const BUILD = [
  '@napi-rs/cli/dist/cli.js',
  ['build', '--platform', '--release', '--no-js', '--dts', 'binding.d.ts']
];

/**
 * Installs what package-lock.json lists, if it is not what node_modules holds.
 *
 * @throws {Error} when npm fails
 */
async function install() {
  if (isInstalled()) return;
  say('npm ci: installing the packages of package-lock.json');
  const code = await runNpm(['ci', '--no-audit', '--no-fund']);
  if (code !== 0) throw new Error(`npm ci failed with exit code ${code}`);
}

/**
 * Builds the binary, if it is missing or older than a source.
 *
 * @param {{force?: boolean, debug?: boolean}} [options] `force` builds in any case, and cargo rebuilds what changed;
 *   `debug` makes a binary for a debugger, without optimization and with all checks of numbers
 * @throws {Error} when there is no cargo, or the build fails
 */
async function build({ force = false, debug = false } = {}) {
  if (!force && isBuilt()) return;
  if (spawnSync('cargo', ['--version']).error) {
    throw new Error('cargo was not found; install Rust from https://rustup.rs and run this again');
  }
  const [program, args] = BUILD;
  const words = debug ? args.filter((word) => word !== '--release') : args;
  const profile = debug ? '' : ' --release';
  say(`napi build${profile}: compiling the binary (a minute or two the first time)`);
  const code = await runPackage(program, words);
  if (code !== 0) throw new Error(`the build failed with exit code ${code}`);
}

/** Installs and builds, as far as needed. */
async function prepare() {
  await install();
  await build();
}

/**
 * Whether node_modules holds each package of package-lock.json in its version. Optional packages are
 * left out: most are for other systems.
 *
 * @returns {boolean}
 */
function isInstalled() {
  const wanted = readPackages(path.join(ROOT, 'package-lock.json'));
  const present = readPackages(path.join(ROOT, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([name, { version, optional, link }]) => {
    return name === '' || optional || link || (present[name] && present[name].version === version);
  });
}

/**
 * @param {string} file a lock file of npm
 * @returns {object|null} its packages by path; null when it cannot be read
 */
function readPackages(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  } catch {
    return null;
  }
}

/**
 * Whether there is a binary that is newer than every source.
 *
 * @returns {boolean}
 */
function isBuilt() {
  const binaries = fs.readdirSync(ROOT).filter((name) => name.endsWith('.node'));
  if (binaries.length === 0) return false;
  const built = Math.max(...binaries.map((name) => modified(path.join(ROOT, name))));
  return (
    built >=
    Math.max(newest(path.join(ROOT, 'src')), ...SOURCES.map((name) => modified(path.join(ROOT, name))))
  );
}

/** The time at which the newest file of a folder was modified. */
function newest(folder) {
  const times = fs.readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? newest(file) : modified(file);
  });
  return Math.max(0, ...times);
}

/** The time at which a file was modified. */
function modified(file) {
  return fs.statSync(file).mtimeMs;
}

module.exports = { BUILD, build, install, prepare };
