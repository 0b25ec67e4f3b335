'use strict';

// What is published: the tarballs are packed, looked through, and installed into an empty folder under
// the name of faye-websocket, where programs written for that package run.

const assert = require('node:assert');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');

const WebSocket = require('..');
const { converse, start } = require('./conversing');
const { ROOT, npm, packBoth, run } = require('./packing');

const PROGRAMS = path.join(__dirname, 'package');
const manifest = require('../package.json');

describe('the package', { timeout: 300000 }, () => {
  let folder, packed, platform, installation;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-package-'));
    ({ packed, platform } = await packBoth(folder));
    installation = await install(path.join(folder, 'app'), [
      `faye-websocket@file:${packed.file}`,
      `${platform.name}@file:${platform.file}`
    ]);
  });

  after(() => fs.rmSync(folder, { recursive: true }));

  test('has everything that its list of files names', () => {
    const missing = manifest.files.filter((entry) => !fs.existsSync(path.join(ROOT, entry)));

    assert.deepStrictEqual(missing, []);
  });

  test('has that and nothing else', () => {
    const wanted = manifest.files.flatMap((entry) => filesBelow(ROOT, entry));

    assert.deepStrictEqual(packed.files, [...wanted, ...alwaysPacked()].sort());
  });

  test('has a binary for each platform in a package of its own, which holds that binary alone', () => {
    assert.deepStrictEqual(platform.files, [...filesOfPlatform(platform.name)].sort());
    for (const name of fs.readdirSync(path.join(ROOT, 'npm'))) {
      const { version, main, files, os, cpu } = require(`../npm/${name}/package.json`);
      const binary = `${manifest.name}.${name}.node`;
      assert.deepStrictEqual(
        { version, main, files },
        { version: manifest.version, main: binary, files: [binary] }
      );
      assert.ok(os.length === 1 && cpu.length === 1, name);
    }
  });

  test('runs no script when it is installed', () => {
    const scripts = ['preinstall', 'install', 'postinstall', 'prepare'];

    assert.deepStrictEqual(
      scripts.filter((name) => name in manifest.scripts),
      []
    );
  });

  test('is installed without a warning', () => {
    assert.doesNotMatch(installation, /warn/i);
  });

  for (const [program, pings] of [
    ['server.js', true],
    ['pipe.js', false],
    ['module.mjs', true]
  ]) {
    test(`runs an echo server (${program})`, async () => {
      await converse(await start(process.execPath, [program], path.join(folder, 'app')), { pings });
    });
  }

  test("runs the README's first example", async () => {
    const [, code] = /^```js\n([^]*?)^```$/m.exec(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8'));
    // But for the port, which it has to tell, and for an end.
    const listening = "listen(0, () => console.log('port', server.address().port));";
    const ending = "server.on('upgrade', (request, socket) => socket.on('close', () => server.close()));";
    assert.match(code, /listen\(8000\);/);
    const program = code.replace('listen(8000);', listening) + ending;
    fs.writeFileSync(path.join(folder, 'app', 'readme.js'), program);

    const server = await start(process.execPath, ['readme.js'], path.join(folder, 'app'));
    const client = new WebSocket.Client(`ws://127.0.0.1:${server.port}/`);
    client.on('open', () => client.send('Hello'));
    client.on('message', (event) => client.close(3000, `got ${event.data}`));
    assert.deepStrictEqual(await server.finished, ['close 3000 got Hello']);
  });

  test('runs a feed (eventsource.js)', async () => {
    const server = await start(process.execPath, ['eventsource.js'], path.join(folder, 'app'));
    const headers = { Accept: 'text/event-stream', 'Last-Event-ID': '98' };
    const request = http.get({ port: server.port, path: '/feed', headers });
    const [response] = await once(request, 'response');
    const text = await new Promise((resolve) => {
      let all = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        all += chunk;
        if (all.endsWith('Hello\r\n\r\n')) resolve(all);
      });
    });
    request.destroy();

    assert.strictEqual(response.headers['access-control-allow-origin'], '*');
    assert.match(
      text,
      /^retry: 10000\r\n\r\nevent: notification\r\nid: 99\r\ndata: Breaking News!\r\n\r\n(data: Hello\r\n\r\n)+$/
    );
    assert.deepStrictEqual(await server.finished, [`open http://localhost:${server.port}/feed 98`, 'close']);
  });

  test('says what to do when the binary is missing', async () => {
    const alone = path.join(folder, 'alone');
    await install(alone, [`faye-websocket@file:${packed.file}`]);
    const failure = await run(process.execPath, ['-e', "require('faye-websocket')"], alone).catch(
      (error) => error
    );

    assert.match(failure.stderr, /has no binary for/);
    assert.match(failure.stderr, new RegExp(`${process.platform}-${process.arch}`));
    assert.match(failure.stderr, /npm install/);
  });
});

/** Installs packages into an empty folder, with our programs beside them; resolves to what npm printed. */
async function install(folder, packages) {
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const { stdout, stderr } = await npm(
    ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages],
    folder
  );
  fs.cpSync(PROGRAMS, folder, { recursive: true });
  return stdout + stderr;
}

/** The files of an entry of `files`, relative to the package. */
function filesBelow(root, entry) {
  if (!fs.statSync(path.join(root, entry)).isDirectory()) return [entry];
  return fs.readdirSync(path.join(root, entry)).flatMap((name) => filesBelow(root, `${entry}/${name}`));
}

/** What npm packs whether it is listed or not. */
function alwaysPacked() {
  return ['package.json', 'README.md', 'LICENSE'].filter((name) => fs.existsSync(path.join(ROOT, name)));
}

/** What the package of a platform holds. */
function filesOfPlatform(name) {
  return ['package.json', 'README.md', `${manifest.name}.${name.slice(manifest.name.length + 1)}.node`];
}
