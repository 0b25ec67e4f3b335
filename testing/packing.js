'use strict';

// Packing what is published, for the tests that install it.

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');

const {
  readManifest,
  siblings,
  stagePlatform,
  stageRoot,
  stageSibling,
  targets
} = require('../scripts/stage');
const { serveRegistry } = require('./registry');

/** The folder of the repository. */
const ROOT = path.join(__dirname, '..');

/** Runs a program; resolves to what it prints. */
async function run(command, args, cwd, variables) {
  // Warnings about the settings of this machine's user are not about this package.
  const env = {
    ...process.env,
    npm_config_userconfig: path.join(cwd, 'none'),
    npm_config_update_notifier: 'false',
    ...variables
  };
  const { stdout, stderr } = await promisify(execFile)(command, args, { cwd, env, encoding: 'utf8' });
  return { stdout, stderr };
}

/** Runs the npm that runs us, or the one on the path. */
function npm(args, cwd, variables) {
  const script = process.env.npm_execpath;
  if (script && /npm-cli\.c?js$/.test(script))
    return run(process.execPath, [script, ...args], cwd, variables);
  const [command, ...first] = process.platform === 'win32' ? ['cmd.exe', '/c', 'npm'] : ['npm'];
  return run(command, [...first, ...args], cwd, variables);
}

/** Installs with npm, from a registry. Nothing is asked twice that npm has in its cache. */
function install(folder, registry, ...args) {
  const all = ['install', '--prefer-offline', '--no-audit', '--no-fund', ...args];
  return npm(all, folder, { npm_config_registry: registry.url });
}

/**
 * Packs a folder as `npm publish` would.
 *
 * @returns {Promise<{manifest: object, file: string, files: string[], size: number}>} its package.json, the tarball,
 *   what is in it, and how much that is
 */
async function pack(source, destination) {
  const { stdout } = await npm(
    ['pack', '--json', '--ignore-scripts', '--pack-destination', destination],
    source
  );
  const [{ filename, files, unpackedSize }] = Object.values(JSON.parse(stdout));
  return {
    manifest: readManifest(source),
    file: path.join(destination, filename),
    files: files.map((file) => file.path).sort(),
    size: unpackedSize
  };
}

/**
 * Packs the root package and that of this platform, laid out as they are published.
 *
 * @param {string} folder where to work
 * @returns {Promise<{packed: object, platform: object}>} what `pack` resolves to
 */
async function packBoth(folder) {
  const binary = fs.readdirSync(ROOT).find((name) => name.endsWith('.node'));
  assert.ok(binary, 'there is no binary; npm run build makes one');
  const tarballs = path.join(folder, 'tarballs');
  fs.mkdirSync(tarballs);
  const packed = await pack(stageRoot(path.join(folder, 'root')), tarballs);
  const staged = stagePlatform(binary.split('.')[1], path.join(ROOT, binary), path.join(folder, 'platform'), {
    withLicences: false
  });
  return { packed, platform: await pack(staged, tarballs) };
}

/** Packs the siblings of the root package; as `pack` resolves, for each. */
function packSiblings(folder) {
  const tarballs = path.join(folder, 'tarballs');
  return Promise.all(
    siblings().map((name) => pack(stageSibling(name, path.join(folder, 'siblings', name)), tarballs))
  );
}

/**
 * Serves what `packBoth` made, beside the packages of the other platforms, without their binaries.
 *
 * @param {{packed: object, platform: object, dependencies?: object[]}} packages others to be served may be among them
 * @param {string} [upstream] as for `serveRegistry`
 * @returns {Promise<{url: string, close: function(): void}>}
 */
function publish({ packed, platform, dependencies = [] }, upstream) {
  const others = targets()
    .map((target) => ({ manifest: readManifest(path.join(ROOT, 'npm', target)) }))
    .filter(({ manifest }) => manifest.name !== platform.manifest.name);
  return serveRegistry([packed, platform, ...dependencies, ...others], upstream);
}

/** The registry that npm uses here. */
async function usualRegistry() {
  const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'registry'], {
    encoding: 'utf8',
    shell: process.platform === 'win32'
  });
  return stdout.trim();
}

module.exports = { ROOT, install, npm, pack, packBoth, packSiblings, publish, run, usualRegistry };
