'use strict';

// `npx faye-websocket-native doctor`, on folders of packages as package managers leave them.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { afterEach, beforeEach, describe, test } = require('node:test');

const { version } = require('../package.json');

const ROOT = path.join(__dirname, '..');

describe('the doctor', () => {
  let folder;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-doctor-'));
  });

  afterEach(() => fs.rmSync(folder, { recursive: true }));

  /** Makes a package at a place below `node_modules`. */
  function install(place, name, version = '1.0.0') {
    const target = path.join(folder, 'node_modules', place);
    fs.mkdirSync(target, { recursive: true });
    fs.writeFileSync(path.join(target, 'package.json'), JSON.stringify({ name, version }));
  }

  /** Makes a package that is this repository's, without what it is developed with. */
  function installOurs(place) {
    install(place, 'faye-websocket-native', version);
    const program = `module.exports = require(${JSON.stringify(ROOT)});\n`;
    fs.writeFileSync(path.join(folder, 'node_modules', place, 'index.js'), program);
  }

  /** What the doctor says, with its exit code as the first line. */
  function examine(...args) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(ROOT, 'bin', 'doctor.js'), ...args],
      { cwd: folder, encoding: 'utf8' }
    );
    return `${status}\n${stdout}${stderr}`;
  }

  test('says of each copy what it is, also of copies inside other packages', () => {
    install('faye-websocket', 'faye-websocket', '0.11.4');
    install('sockjs', 'sockjs');
    install('sockjs/node_modules/websocket-driver', 'websocket-driver', '0.7.4');
    install('@scope/app', '@scope/app');
    install(
      '@scope/app/node_modules/permessage-deflate',
      '@faye-websocket-native/permessage-deflate',
      '0.1.0'
    );
    const output = examine('doctor');

    assert.match(output, /^1\n/);
    assert.match(output, /ORIGINAL {2}node_modules.faye-websocket: faye-websocket@0\.11\.4, the original/);
    assert.match(
      output,
      /ORIGINAL {2}node_modules.sockjs.node_modules.websocket-driver: websocket-driver@0\.7\.4/
    );
    assert.match(output, /ok {8}node_modules.@scope.app.node_modules.permessage-deflate: @faye/);
    assert.match(output, /2 of 3 are originals/);
    const lines = [
      'faye-websocket": "npm:faye-websocket-native',
      'websocket-driver": "npm:@faye-websocket-native/websocket-driver'
    ];
    assert.ok(output.includes(lines.map((line) => `\n  "${line}@^${version}"`).join(',')), output);
    assert.doesNotMatch(output, /"permessage-deflate":/);
  });

  test('says which engine a copy of this package uses, and is content', () => {
    installOurs('faye-websocket');
    const output = examine('doctor');

    assert.match(output, /^0\n/);
    assert.match(
      output,
      /ok {8}node_modules.faye-websocket: faye-websocket-native@[\d.]+, engine (native|wasm), transport (direct|stream)/
    );
    assert.match(output, /All of them are faye-websocket-native\./);
  });

  test('says why a copy of this package does not load', () => {
    install('faye-websocket', 'faye-websocket-native');

    assert.match(examine('doctor'), /does not load: .*(Cannot find module|Error)/);
  });

  test('finds the copies in the store of pnpm, each once', () => {
    install('.pnpm/faye-websocket@0.11.4/node_modules/faye-websocket', 'faye-websocket', '0.11.4');
    fs.symlinkSync(
      path.join(folder, 'node_modules', '.pnpm', 'faye-websocket@0.11.4', 'node_modules', 'faye-websocket'),
      path.join(folder, 'node_modules', 'faye-websocket'),
      'junction'
    );

    assert.match(examine('doctor'), /1 of 1 are originals/);
  });

  test('leaves out copies in the store of pnpm that nothing uses any more', () => {
    for (const version of ['0.11.3', '0.11.4'])
      install(`.pnpm/faye-websocket@${version}/node_modules/faye-websocket`, 'faye-websocket', version);
    const lock = path.join(folder, 'node_modules', '.pnpm', 'lock.yaml');
    fs.writeFileSync(lock, 'packages:\n\n  faye-websocket@0.11.3:\n    resolution: {}\n');

    assert.match(examine('doctor'), /faye-websocket@0\.11\.3, the original[^]*1 of 1 are originals/);
  });

  test("finds what Yarn's Plug'n'Play gives to a project without node_modules", () => {
    const program = (locators) => `exports.getAllLocators = () => ${JSON.stringify(locators)};\n`;
    const ours = { name: 'faye-websocket-native', reference: 'npm:0.1.0' };
    fs.writeFileSync(path.join(folder, '.pnp.cjs'), program([ours, { name: 'ws', reference: 'npm:8.0.0' }]));
    assert.match(examine('doctor'), /^0\nok {8}faye-websocket-native, npm:0\.1\.0\n/);

    const original = { name: 'websocket-driver', reference: 'npm:0.7.4' };
    fs.writeFileSync(path.join(folder, '.pnp.cjs'), program([ours, original]));
    assert.match(examine('doctor'), /^1\n[^]*ORIGINAL {2}websocket-driver, npm:0\.7\.4\n[^]*1 of 2 are/);
  });

  test('says that there is nothing where there is nothing', () => {
    assert.match(examine('doctor'), /^0\nThere is none of faye-websocket, /);
  });

  test('says that a folder is not there', () => {
    assert.match(examine('doctor', 'misspelt'), /^2\nThere is no folder .*misspelt\n/);
    fs.writeFileSync(path.join(folder, 'package.json'), '{}');
    assert.match(examine('doctor', 'package.json'), /^2\nThere is no folder .*package\.json\n/);
  });

  test('says what an extension framework is there for that is the only original', () => {
    install('websocket-extensions', 'websocket-extensions', '0.1.4');

    assert.match(examine('doctor'), /^1\n[^]*1 of 1 are originals\. websocket-extensions goes with the orig/);
  });

  test('says how it is used', () => {
    assert.match(examine(), /^2\nusage: npx faye-websocket-native doctor \[folder\]/);
  });
});
