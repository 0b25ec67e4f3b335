'use strict';

// Packing what is published, for the tests that install it.

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');

/** The folder of the repository. */
const ROOT = path.join(__dirname, '..');

/** Runs a program; resolves to what it prints. */
async function run(command, args, cwd) {
  // Warnings about the settings of this machine's user are not about this package.
  const env = {
    ...process.env,
    npm_config_userconfig: path.join(cwd, 'none'),
    npm_config_update_notifier: 'false'
  };
  const { stdout, stderr } = await promisify(execFile)(command, args, { cwd, env, encoding: 'utf8' });
  return { stdout, stderr };
}

/** Runs the npm that runs us, or the one on the path. */
function npm(args, cwd) {
  const script = process.env.npm_execpath;
  if (script && /npm-cli\.c?js$/.test(script)) return run(process.execPath, [script, ...args], cwd);
  return process.platform === 'win32' ? run('cmd.exe', ['/c', 'npm', ...args], cwd) : run('npm', args, cwd);
}

/** Packs a package as `npm publish` would. */
async function pack(source, destination) {
  const { stdout } = await npm(
    ['pack', '--ignore-scripts', '--json', '--pack-destination', destination],
    source
  );
  const [{ name, filename, files }] = Object.values(JSON.parse(stdout));
  return { name, file: path.join(destination, filename), files: files.map((file) => file.path).sort() };
}

/** Puts the binary that was built into a copy of the package of its platform. */
function assemblePlatform(destination) {
  const binary = fs.readdirSync(ROOT).find((name) => name.endsWith('.node'));
  assert.ok(binary, 'there is no binary; npm run build makes one');
  fs.cpSync(path.join(ROOT, 'npm', binary.split('.')[1]), destination, { recursive: true });
  fs.copyFileSync(path.join(ROOT, binary), path.join(destination, binary));
  return destination;
}

/**
 * Packs the root package and that of this platform.
 *
 * @param {string} folder where to work
 * @returns {Promise<{packed: object, platform: object}>} each with `name`, `file` and `files`
 */
async function packBoth(folder) {
  const tarballs = path.join(folder, 'tarballs');
  fs.mkdirSync(tarballs);
  const packed = await pack(ROOT, tarballs);
  const platform = await pack(assemblePlatform(path.join(folder, 'platform')), tarballs);
  return { packed, platform };
}

module.exports = { ROOT, npm, packBoth, run };
