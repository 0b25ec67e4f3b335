'use strict';

// What a bundle for browsers finds: something that can be imported and carried along, and whose use says what to use
// instead, in one sentence.

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const vm = require('node:vm');

const { stageRoot } = require('../scripts/stage');

const ROOT = path.join(__dirname, '..');
const NAME = 'faye-websocket-native';
const ENTRIES = ['index', 'deflate', 'topics', 'driver'];
const specifier = (entry) => (entry === 'index' ? NAME : `${NAME}/${entry}`);

const SENTENCE =
  /^faye-websocket-native runs on Node\.js: in a browser, use the browser's own WebSocket or EventSource, [^.]*\.$/;

/** Makes a program run as in a browser, as far as the package can tell. */
const WITHOUT_NODE = 'globalThis.process = undefined;';

/** What a program prints that runs in Node with the condition `browser`, or with more arguments. */
function print(program, ...args) {
  const command = ['--conditions=browser', ...args, '-e', program];
  return execFileSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8' }).trim();
}

/** Calls `use` with what stands for the package, and prints the message of what it throws. */
const thrownBy = (use) =>
  `${WITHOUT_NODE} const it = require('${NAME}');
   try { (${use})(it, require('${NAME}/topics'), require('${NAME}/driver')); console.log('nothing'); }
   catch (error) { console.log(error.code + ' ' + error.message); }`;

describe('the entry of browsers', () => {
  test('bundlers that know no conditions find it in what is published, by the field browser', (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'staged-'));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    stageRoot(folder);
    const { browser } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    assert.deepStrictEqual(
      Object.keys(browser),
      ENTRIES.map((entry) => `./${entry}.js`)
    );
    for (const file of Object.values(browser)) assert.ok(fs.existsSync(path.join(folder, file)), file);
  });

  for (const entry of ENTRIES) {
    test(`${specifier(entry)} has the names of the package's own, for require and for import`, async () => {
      const own = Object.keys(require(`../${entry}.js`)).sort();
      const load = `${WITHOUT_NODE} console.log(Object.keys(require('${specifier(entry)}')).sort().join())`;
      assert.deepStrictEqual(print(load).split(','), own);
      const names = Object.keys(await import(`../${entry}.mjs`));
      const imported = print(
        `${WITHOUT_NODE} import('${specifier(entry)}').then((all) => console.log(Object.keys(all).join()))`
      ).split(',');
      for (const name of names) assert.ok(imported.includes(name), `${name} in ${imported}`);
    });
  }

  for (const use of [
    "(WebSocket) => new WebSocket('ws://127.0.0.1/')",
    "(WebSocket) => WebSocket('ws://127.0.0.1/')",
    "({ Client }) => new Client('ws://127.0.0.1/')",
    '({ EventSource }) => new EventSource({}, {})',
    '({ EventSource }) => EventSource.isEventSource({})',
    '({ isWebSocket }) => isWebSocket({ headers: {} })',
    '({ memoryUsage }) => memoryUsage()',
    "({ Client }) => new (class extends Client {})('ws://127.0.0.1/')",
    '(_, { Topics }) => new Topics()',
    "(_, { publish }) => publish('a', 'b')",
    '(_, __, { server }) => server()'
  ]) {
    test(`says what to use instead: ${use}`, () => {
      const [, code, message] = /^(\S+) (.*)$/.exec(print(thrownBy(use)));
      assert.strictEqual(code, 'ERR_FAYE_WEBSOCKET_BROWSER');
      assert.match(message, SENTENCE);
    });
  }

  for (const use of [
    '() => {}',
    '({ OPEN, Client }) => OPEN === 1 && Client.CLOSED === 3 || assert.fail()',
    '(WebSocket) => WebSocket.WebSocket === WebSocket || assert.fail()',
    '({ deflate }) => deflate.configure({ level: 9 }).configure({})',
    '({ Client }) => class extends Client {}',
    "(WebSocket) => require('util').inherits(function () {}, WebSocket)"
  ]) {
    test(`throws nothing for ${use}`, () => assert.strictEqual(print(thrownBy(use)), 'nothing'));
  }

  for (const [where, first] of [
    ['with the condition `browser`', ''],
    ['beside a window, as in Jest with jsdom', 'globalThis.window = globalThis;']
  ]) {
    test(`is the package itself in Node.js ${where}`, () => {
      const lines = print(
        `${first}
         const [WebSocket, deflate, topics, driver] = ${JSON.stringify(ENTRIES.map(specifier))}.map((one) => require(one));
         console.log(WebSocket === require('./index.js'), deflate === WebSocket.deflate, topics.size('none'));
         console.log(driver.isSecureRequest({ headers: { https: 'on' } }));
         import('${NAME}').then((all) => console.log(all.default === WebSocket, all.Client === WebSocket.Client));`
      );
      assert.strictEqual(lines, 'true true 0\ntrue\ntrue true');
    });
  }
});

describe('a bundle for browsers', () => {
  const PROGRAMS = {
    'an ES module': `
      import WebSocket, { Client, deflate } from '${NAME}';
      import { subscribe } from '${NAME}/topics';
      globalThis.shared = () => [typeof WebSocket, typeof Client, typeof deflate.configure, typeof subscribe].join();
      globalThis.connect = () => new Client('ws://127.0.0.1/');`,
    CommonJS: `
      const WebSocket = require('${NAME}');
      globalThis.shared = () => [typeof WebSocket, typeof WebSocket.Client,
        typeof require('${NAME}/deflate').configure, typeof require('${NAME}/topics').subscribe].join();
      globalThis.connect = () => new WebSocket.Client('ws://127.0.0.1/');`,
    // As those do that read the field \`browser\` and not \`exports\`.
    'CommonJS, of files': `
      const WebSocket = require('./index.js');
      globalThis.shared = () => [typeof WebSocket, typeof WebSocket.Client,
        typeof require('./deflate.js').configure,
        typeof require('./topics.js').subscribe].join();
      globalThis.connect = () => new WebSocket.Client('ws://127.0.0.1/');`
  };

  for (const [what, source] of Object.entries(PROGRAMS)) {
    test(`made of ${what} is small, runs, and says what to use instead`, (t) => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'browser-entry-'));
      t.after(() => fs.rmSync(folder, { recursive: true }));
      const { outputFiles } = require('esbuild').buildSync({
        stdin: { contents: source, resolveDir: ROOT },
        bundle: true,
        platform: 'browser',
        write: false,
        logLevel: 'error'
      });
      const [{ text }] = outputFiles;
      assert.ok(text.length < 20_000, `${text.length} bytes`);
      const page = vm.createContext({});
      page.window = page;
      vm.runInContext(text, page);
      assert.strictEqual(page.shared(), 'function,function,function,function');
      assert.throws(page.connect, ({ message }) => SENTENCE.test(message));
    });
  }

  test('is no matter of a bundle for Node', () => {
    const { outputFiles } = require('esbuild').buildSync({
      stdin: { contents: `require('${NAME}')`, resolveDir: ROOT },
      bundle: true,
      platform: 'node',
      loader: { '.node': 'empty' },
      write: false,
      logLevel: 'error'
    });
    assert.ok(!outputFiles[0].text.includes('ERR_FAYE_WEBSOCKET_BROWSER'));
  });
});
