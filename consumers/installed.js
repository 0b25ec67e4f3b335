'use strict';

// A folder where the packed package is installed, for one check.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { version } = require('../package.json');
const { ROOT, install, packBoth, packSiblings, publish, usualRegistry } = require('../testing/packing');

/** The tools of this folder. */
const TOOLS = path.join(__dirname, 'node_modules');

/** What a package.json says to get ours under the name of faye-websocket. */
const ALIAS = { 'faye-websocket': `npm:faye-websocket-native@^${version}` };

/** The same for the whole family. */
const FAMILY = {
  ...ALIAS,
  'websocket-driver': `npm:@faye-websocket-native/websocket-driver@^${version}`,
  'permessage-deflate': `npm:@faye-websocket-native/permessage-deflate@^${version}`
};

/**
 * Makes a folder with the programs of testing/package, and a registry that has ours.
 *
 * @returns {Promise<{folder: string, registry: {url: string}, packed: object, remove: function(): void}>}
 */
async function workspace() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-consumer-'));
  const both = await packBoth(folder);
  const dependencies = await packSiblings(folder);
  const registry = await publish({ ...both, dependencies }, await usualRegistry());
  fs.cpSync(path.join(ROOT, 'testing', 'package'), folder, { recursive: true });
  const remove = () => {
    registry.close();
    fs.rmSync(folder, { recursive: true, maxRetries: 3 });
  };
  return { folder, registry, packed: both.packed, remove };
}

/** Writes a package.json. */
function describePackage(folder, fields) {
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, ...fields }, null, 2));
}

/** Installs with npm. */
async function installWithNpm({ folder, registry }, fields) {
  describePackage(folder, fields);
  await install(folder, registry, '--ignore-scripts');
}

module.exports = { ALIAS, FAMILY, TOOLS, describePackage, installWithNpm, workspace };
