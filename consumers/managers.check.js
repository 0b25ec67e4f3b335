'use strict';

// Package managers that lay out packages in their own ways.

const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');

const { converse, start } = require('../testing/conversing');
const { run } = require('../testing/packing');
const { ALIAS, TOOLS, describePackage, workspace } = require('./installed');

describe('package managers', () => {
  let folder, registry, remove;

  before(async () => {
    ({ folder, registry, remove } = await workspace());
  });

  after(() => remove());

  /** A project with the package among its dependencies. */
  function project(name) {
    const cwd = path.join(folder, name);
    fs.mkdirSync(cwd);
    fs.copyFileSync(path.join(folder, 'server.js'), path.join(cwd, 'server.js'));
    describePackage(cwd, { name, version: '1.0.0', dependencies: ALIAS });
    return cwd;
  }

  test('pnpm', async () => {
    const cwd = project('pnpm');
    const pnpm = path.join(TOOLS, 'pnpm/bin/pnpm.cjs');
    await run(
      process.execPath,
      [pnpm, 'install', '--prefer-offline', '--store-dir', path.join(folder, 'store')],
      cwd,
      { npm_config_registry: registry.url }
    );

    await converse(await start(process.execPath, ['server.js'], cwd), { pings: true });
  });

  test('Yarn, without node_modules', async () => {
    const cwd = project('yarn');
    fs.writeFileSync(path.join(cwd, 'yarn.lock'), '');
    fs.writeFileSync(
      path.join(cwd, '.yarnrc.yml'),
      'nodeLinker: pnp\nenableGlobalCache: false\nenableTelemetry: false\nenableImmutableInstalls: false\n' +
        // Yarn would wait until a version is some days old.
        `npmRegistryServer: ${registry.url}\nunsafeHttpWhitelist: [127.0.0.1]\nnpmMinimalAgeGate: 0\n`
    );
    const yarn = path.join(TOOLS, '@yarnpkg/cli-dist/bin/yarn.js');
    await run(process.execPath, [yarn, 'install'], cwd);

    const server = await start(process.execPath, [yarn, 'node', 'server.js'], cwd);
    await converse(server, { pings: true });
  });
});
