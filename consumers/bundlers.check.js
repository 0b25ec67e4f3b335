'use strict';

// Bundles that hold the package, or leave it outside, run like the programs that they were made of.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const vm = require('node:vm');

const { converse, start } = require('../testing/conversing');
const { run } = require('../testing/packing');
const { ALIAS, TOOLS, installWithNpm, workspace } = require('./installed');

describe('bundles', () => {
  let folder, remove;

  before(async () => {
    const space = await workspace();
    ({ folder, remove } = space);
    await installWithNpm(space, { dependencies: ALIAS });
  });

  after(() => remove());

  const tool = (name) => require(path.join(TOOLS, name));
  const runs = async (file) => converse(await start(process.execPath, [file], folder), { pings: true });

  test('esbuild, with the package inside and its binary beside', async () => {
    await tool('esbuild').build({
      absWorkingDir: folder,
      entryPoints: ['server.js'],
      outfile: 'esbuild/inside.js',
      bundle: true,
      platform: 'node',
      loader: { '.node': 'copy' },
      logLevel: 'error'
    });
    await runs('esbuild/inside.js');
  });

  test('esbuild, with the package outside, as an ES module', async () => {
    await tool('esbuild').build({
      absWorkingDir: folder,
      entryPoints: ['module.mjs'],
      outfile: 'esbuild/outside.mjs',
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['faye-websocket'],
      logLevel: 'error'
    });
    await runs('esbuild/outside.mjs');
  });

  test('webpack, with the package outside', async () => {
    await webpack({ entry: './server.js', externals: ['faye-websocket'] }, 'outside.js');
    await runs('webpack/outside.js');
  });

  test('webpack, with the package inside and its binary outside', async () => {
    // The binary is required by name; everything else goes into the bundle.
    const externals = [/^@faye-websocket-native\//];
    await webpack({ entry: './server.js', externals }, 'inside.js');
    await runs('webpack/inside.js');
  });

  test('webpack, for a browser, which finds what says to use its own WebSocket', async () => {
    const entry = path.join(folder, 'page.js');
    fs.writeFileSync(
      entry,
      `import WebSocket, { Client } from 'faye-websocket';
       import { subscribe } from 'faye-websocket/topics';
       globalThis.shared = [typeof WebSocket, typeof Client, typeof subscribe].join();
       globalThis.connect = () => new Client('ws://127.0.0.1/');`
    );
    await webpack({ entry, target: 'web' }, 'page.js');
    const page = vm.createContext({});
    page.window = page.self = page;
    vm.runInContext(fs.readFileSync(path.join(folder, 'webpack', 'page.js'), 'utf8'), page);
    assert.strictEqual(page.shared, 'function,function,function');
    assert.throws(page.connect, { code: 'ERR_FAYE_WEBSOCKET_BROWSER' });
  });

  /** Runs webpack; rejects with its errors. */
  async function webpack(settings, filename) {
    const output = { path: path.join(folder, 'webpack'), filename };
    const externalsType = 'commonjs';
    const compiler = tool('webpack')({
      mode: 'production',
      target: 'node',
      context: folder,
      output,
      externalsType,
      ...settings
    });
    const stats = await new Promise((resolve, reject) => {
      compiler.run((error, result) => (error ? reject(error) : resolve(result)));
    });
    await new Promise((resolve) => compiler.close(resolve));
    if (stats.hasErrors()) throw new Error(stats.toString('errors-only'));
  }

  test('rollup, with the package outside', async () => {
    await rollup('module.mjs', 'outside.mjs', 'es', /^(faye-websocket|node:)/);
    await runs('rollup/outside.mjs');
  });

  test('rollup, with the package inside and its binary outside', async () => {
    await rollup('server.js', 'inside.cjs', 'cjs', /^@faye-websocket-native\//);
    await runs('rollup/inside.cjs');
  });

  /** Runs rollup. */
  async function rollup(input, name, format, external) {
    const plugins = [
      tool('@rollup/plugin-node-resolve').nodeResolve({ rootDir: folder, preferBuiltins: true }),
      tool('@rollup/plugin-commonjs')()
    ];
    const bundle = await tool('rollup').rollup({ input: path.join(folder, input), external, plugins });
    await bundle.write({ file: path.join(folder, 'rollup', name), format });
    await bundle.close();
  }

  test('ncc, which brings the binary along', async () => {
    const ncc = path.join(TOOLS, '@vercel/ncc/dist/ncc/cli.js');
    await run(process.execPath, [ncc, 'build', 'server.js', '-o', 'ncc'], folder);
    // Nothing that it needs is left behind.
    const alone = path.join(folder, 'alone');
    fs.cpSync(path.join(folder, 'ncc'), alone, { recursive: true });
    fs.renameSync(path.join(folder, 'node_modules'), path.join(folder, 'gone'));
    try {
      await runs('alone/index.js');
    } finally {
      fs.renameSync(path.join(folder, 'gone'), path.join(folder, 'node_modules'));
    }
  });
});
