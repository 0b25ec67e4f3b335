'use strict';

/**
 * Lays out what is published, each package in a folder of its own.
 *
 * The root's folder holds what `files` of package.json lists, in the same places and as it is, so that a stack trace
 * leads to lines that can be read. Its package.json has what users need: no scripts, nothing that is for development,
 * and the packages of all platforms as optional dependencies. A platform's folder holds that of `npm/` with the binary
 * in it, and that of a sibling (`packages/`) what re-exports a part of the root under a name of its own.
 */

const fs = require('node:fs');
const path = require('node:path');

const { licences } = require('./licences');
const { ROOT } = require('./process');

const NPM = path.join(ROOT, 'npm');
const SIBLINGS = path.join(ROOT, 'packages');

/** The fields of package.json that a published package has. */
const FIELDS = [
  'name',
  'version',
  'description',
  'keywords',
  'license',
  'type',
  'main',
  'types',
  'browser',
  'exports',
  'bin',
  'engines',
  'dependencies'
];

/**
 * Lays out the root package.
 *
 * @param {string} folder where to, made if missing
 * @returns {string} `folder`
 */
function stageRoot(folder) {
  const { files, ...manifest } = readManifest(ROOT);
  for (const file of [...files.flatMap((entry) => filesBelow(entry)), 'README.md', 'LICENSE']) {
    const target = path.join(folder, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.copyFileSync(path.join(ROOT, file), target);
  }
  const optionalDependencies = {};
  for (const target of targets()) {
    const { name, version } = readManifest(path.join(NPM, target));
    optionalDependencies[name] = version;
  }
  const published = Object.fromEntries(FIELDS.map((field) => [field, manifest[field]]));
  writeManifest(folder, { ...published, optionalDependencies });
  return folder;
}

/**
 * Lays out the package of a platform.
 *
 * @param {string} target its folder in `npm/`
 * @param {string} binary the path of its binary
 * @param {string} folder where to, made if missing
 * @param {{withLicences?: boolean}} [options] with the licences of the crates inside, for which cargo is needed
 * @returns {string} `folder`
 */
function stagePlatform(target, binary, folder, { withLicences = true } = {}) {
  fs.cpSync(path.join(NPM, target), folder, { recursive: true });
  const manifest = readManifest(folder);
  fs.copyFileSync(binary, path.join(folder, manifest.main));
  fs.copyFileSync(path.join(ROOT, 'LICENSE'), path.join(folder, 'LICENSE'));
  if (withLicences) fs.writeFileSync(path.join(folder, 'LICENSE.crates.txt'), licences(tripleOf(target)));
  writeManifest(folder, manifest);
  return folder;
}

/**
 * Lays out a sibling of the root package.
 *
 * @param {string} name its folder in `packages/`
 * @param {string} folder where to, made if missing
 * @returns {string} `folder`
 */
function stageSibling(name, folder) {
  fs.cpSync(path.join(SIBLINGS, name), folder, { recursive: true });
  fs.copyFileSync(path.join(ROOT, 'LICENSE'), path.join(folder, 'LICENSE'));
  writeManifest(folder, readManifest(folder));
  return folder;
}

/** The siblings of the root package: the folders of `packages/`. */
function siblings() {
  return fs.readdirSync(SIBLINGS).sort();
}

/** Processors as Rust calls them, by Node's names. */
const PROCESSORS = { x64: 'x86_64', arm64: 'aarch64', arm: 'armv7', ia32: 'i686' };

/** The target of a folder of `npm/` as Rust calls it, one of those in package.json. */
function tripleOf(target) {
  const [system, processor, abi] = target.split('-');
  const name = { darwin: 'apple-darwin', win32: 'pc-windows' }[system] || `unknown-${system}`;
  const triple = [PROCESSORS[processor], name, abi].filter(Boolean).join('-');
  if (!readManifest(ROOT).napi.targets.includes(triple)) throw new Error(`${triple} is no target`);
  return triple;
}

/** What binaries are made for: the folders of `npm/`. */
function targets() {
  return fs.readdirSync(NPM).sort();
}

/** The files of an entry of `files`, relative to the repository, with slashes. */
function filesBelow(entry) {
  if (isOwnDeclaration(entry)) return [];
  if (!fs.statSync(path.join(ROOT, entry)).isDirectory()) return [entry];
  return fs.readdirSync(path.join(ROOT, entry)).flatMap((name) => filesBelow(`${entry}/${name}`));
}

/**
 * Whether a file declares types of `lib`: those are for its own checks, no declaration that is published names them.
 *
 * @param {string} file relative to the repository, with slashes
 */
function isOwnDeclaration(file) {
  return /^lib\/.*\.d\.ts$/.test(file);
}

/** The package.json of a folder. */
function readManifest(folder) {
  return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
}

/**
 * Writes a package.json. npm wants the repository of a package with provenance named in it; the one that publishes
 * is known to the workflow.
 */
function writeManifest(folder, manifest) {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env;
  const repository = name && { type: 'git', url: `git+${server}/${name}.git` };
  const text = JSON.stringify({ ...manifest, ...(repository && { repository }) }, null, 2);
  fs.writeFileSync(path.join(folder, 'package.json'), `${text}\n`);
}

module.exports = {
  filesBelow,
  isOwnDeclaration,
  readManifest,
  siblings,
  stagePlatform,
  stageRoot,
  stageSibling,
  targets,
  tripleOf
};
