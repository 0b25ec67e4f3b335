'use strict';

// A folder where the packed package is installed, for one check.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { ROOT, npm, packBoth } = require('../__test__/packing');

/** The tools of this folder. */
const TOOLS = path.join(__dirname, 'node_modules');

/**
 * Makes a folder with the two tarballs and the programs of __test__/package.
 *
 * @returns {Promise<{folder: string, dependencies: object, packed: object, remove: function(): void}>}
 *   `dependencies` are for a package.json
 */
async function workspace() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-consumer-'));
  const { packed, platform } = await packBoth(folder);
  const dependencies = { 'faye-websocket': `file:${packed.file}`, [platform.name]: `file:${platform.file}` };
  fs.cpSync(path.join(ROOT, '__test__', 'package'), folder, { recursive: true });
  const remove = () => fs.rmSync(folder, { recursive: true, maxRetries: 3 });
  return { folder, dependencies, packed, remove };
}

/** Writes a package.json. */
function describePackage(folder, fields) {
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, ...fields }, null, 2));
}

/** Installs with npm. */
async function installWithNpm(folder, fields) {
  describePackage(folder, fields);
  await npm(['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], folder);
}

module.exports = { TOOLS, describePackage, installWithNpm, workspace };
