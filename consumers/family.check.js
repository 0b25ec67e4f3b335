'use strict';

// The whole family replaced by three lines of a package.json: nothing of the originals is left under packages that
// depend on them, sockjs works, and the doctor says so. Each package manager has its own words for the three lines.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');

const { run } = require('../testing/packing');
const { FAMILY, TOOLS, describePackage, installWithNpm, workspace } = require('./installed');

/** Packages that depend on one of the family, and those that bring hundreds of others besides. */
const SMALL = { sockjs: '0.3.24', 'sockjs-client': '1.6.1', faye: '1.4.1', 'tiny-lr': '2.0.0' };
const LARGE = { '@firebase/database': '1.0.20', webpack: '5.112.2', 'webpack-dev-server': '5.2.2' };
const DEPENDENTS = { ...SMALL, ...LARGE };
const NAMES = ['faye-websocket', 'websocket-driver', 'permessage-deflate', 'websocket-extensions'];

describe('the family', () => {
  let space;

  before(async () => {
    space = await workspace();
  });

  after(() => space.remove());

  /** A project of its own, with the program that tries sockjs. */
  function project(name, fields) {
    const folder = path.join(space.folder, name);
    fs.mkdirSync(folder);
    fs.cpSync(path.join(__dirname, 'programs'), folder, { recursive: true });
    describePackage(folder, { name, version: '1.0.0', dependencies: DEPENDENTS, ...fields });
    return folder;
  }

  /** What the doctor says of a folder; it has to be content. */
  async function examine(folder) {
    const doctor = path.join(__dirname, '..', 'bin', 'doctor.js');
    const { stdout } = await run(process.execPath, [doctor, 'doctor'], folder);
    assert.match(stdout, /All of them are faye-websocket-native\./);
    assert.doesNotMatch(stdout, /ORIGINAL/);
    return stdout;
  }

  test('npm: three lines of overrides leave none of the originals', async () => {
    const folder = project('npm', { overrides: FAMILY });
    await installWithNpm(
      { folder, registry: space.registry },
      { dependencies: DEPENDENTS, overrides: FAMILY }
    );
    const lock = JSON.parse(fs.readFileSync(path.join(folder, 'package-lock.json'), 'utf8'));
    const places = Object.keys(lock.packages).filter((place) =>
      NAMES.some((name) => place.endsWith(`node_modules/${name}`))
    );

    assert.ok(places.length >= 2, places.join());
    for (const place of places)
      assert.match(String(lock.packages[place].name), /faye-websocket-native/, place);
    assert.match(await examine(folder), /engine native/);
    const sockjs = await run(process.execPath, ['sockjs.js'], folder);
    assert.match(sockjs.stdout, /sockjs runs on faye-websocket-native[^]*websocket: 3 messages came back/);
  });

  test('pnpm: overrides in pnpm-workspace.yaml leave none of the originals', async () => {
    const folder = project('pnpm');
    const lines = Object.entries(FAMILY).map(([name, target]) => `  ${name}: '${target}'\n`);
    fs.writeFileSync(
      path.join(folder, 'pnpm-workspace.yaml'),
      `packages: ['.']\noverrides:\n${lines.join('')}`
    );
    await run(
      process.execPath,
      [path.join(TOOLS, 'pnpm/bin/pnpm.cjs'), 'install', '--store-dir', path.join(space.folder, 'store')],
      folder,
      { npm_config_registry: space.registry.url }
    );
    assert.doesNotMatch(
      fs.readFileSync(path.join(folder, 'pnpm-lock.yaml'), 'utf8'),
      /websocket-driver@0\.\d+\.\d+:\n {4}resolution/
    );
    await examine(folder);
  });

  test('Yarn: resolutions leave none of the originals', async () => {
    const folder = project('yarn', { dependencies: SMALL, resolutions: FAMILY });
    fs.writeFileSync(path.join(folder, 'yarn.lock'), '');
    fs.writeFileSync(
      path.join(folder, '.yarnrc.yml'),
      'nodeLinker: node-modules\nenableGlobalCache: false\nenableTelemetry: false\nenableImmutableInstalls: false\n' +
        `npmRegistryServer: ${space.registry.url}\nunsafeHttpWhitelist: [127.0.0.1]\nnpmMinimalAgeGate: 0\n`
    );
    await run(process.execPath, [path.join(TOOLS, '@yarnpkg/cli-dist/bin/yarn.js'), 'install'], folder);

    await examine(folder);
  });
});
