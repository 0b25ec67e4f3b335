'use strict';

// What is published: the packages are packed, looked through, and installed from a registry on this machine into an
// empty folder, with the command of the README. Programs written for faye-websocket run there.

const assert = require('node:assert');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');

const { converse, start } = require('../testing/conversing');
const { filesBelow, targets } = require('../scripts/stage');
const { ROOT, install, packBoth, publish, run } = require('../testing/packing');

const PROGRAMS = path.join(__dirname, '..', 'testing', 'package');
const manifest = require('../package.json');

describe('the package', { timeout: 300000 }, () => {
  let folder, packed, platform, registry, app, alone, installation;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-package-'));
    ({ packed, platform } = await packBoth(folder));
    registry = await publish({ packed, platform });
    app = emptyFolder('app');
    const { stdout, stderr } = await install(app, registry, ...commandOfReadme());
    installation = stdout + stderr;
    // Where npm leaves out what is optional, there is no binary.
    alone = emptyFolder('alone');
    await install(alone, registry, '--omit=optional', ...commandOfReadme());
    for (const each of [app, alone]) fs.cpSync(PROGRAMS, each, { recursive: true });
  });

  after(() => {
    registry.close();
    fs.rmSync(folder, { recursive: true });
  });

  /** A folder with nothing but a package.json. */
  function emptyFolder(name) {
    const directory = path.join(folder, name);
    fs.mkdirSync(directory);
    fs.writeFileSync(path.join(directory, 'package.json'), '{ "private": true }\n');
    return directory;
  }

  test('has everything that its list of files names', () => {
    const missing = manifest.files.filter((entry) => !fs.existsSync(path.join(ROOT, entry)));

    assert.deepStrictEqual(missing, []);
  });

  test('has that and nothing else', () => {
    const wanted = manifest.files.flatMap((entry) => filesBelow(entry));

    assert.deepStrictEqual(packed.files, [...wanted, 'package.json', 'README.md', 'LICENSE'].sort());
  });

  test('takes 1.34 MB at most, its two WebAssembly modules and its comments among them, and 2.5 MB for the binary', () => {
    assert.ok(packed.size <= 1_340_000, `${packed.size} bytes`);
    assert.ok(platform.size <= 2_500_000, `${platform.size} bytes`);
  });

  test('has a binary that needs no C++ library of the system', () => {
    const binary = fs.readFileSync(path.join(ROOT, platform.manifest.main), 'latin1');
    assert.doesNotMatch(binary, /lib(std)?c\+\+\.so|msvcp\d+\.dll/i);
  });

  test('has a binary for each platform in a package of its own, which holds that binary alone', () => {
    const documents = ['package.json', 'README.md', 'LICENSE'];
    assert.deepStrictEqual(platform.files, [...documents, platform.manifest.main].sort());
    for (const target of targets()) {
      const { name, version, main, files, os, cpu } = require(`../npm/${target}/package.json`);
      const binary = `${manifest.name}.${target}.node`;
      assert.deepStrictEqual(
        { name, version, main, files },
        { name: `@${manifest.name}/${target}`, version: manifest.version, main: binary, files: [binary] }
      );
      assert.ok(os.length === 1 && cpu.length === 1, target);
    }
  });

  test('depends on the package of every platform, in its own version, without need', () => {
    const wanted = targets().map((target) => [`@${manifest.name}/${target}`, manifest.version]);

    assert.deepStrictEqual(packed.manifest.optionalDependencies, Object.fromEntries(wanted));
  });

  test('has a loader that knows every platform', () => {
    const loader = fs.readFileSync(path.join(ROOT, 'lib', 'native', 'binary.js'), 'utf8');
    const known = Array.from(
      loader.matchAll(/require\('@faye-websocket-native\/([\w-]+)'\)/g),
      ([, name]) => name
    );

    assert.deepStrictEqual(known.sort(), targets());
    assert.ok(loader.includes(`const VERSION = '${manifest.version}';`));
  });

  test('depends on nothing else', () => {
    assert.strictEqual(packed.manifest.dependencies, undefined);
  });

  test('has no script that npm could run', () => {
    assert.strictEqual(packed.manifest.scripts, undefined);
    assert.strictEqual(platform.manifest.scripts, undefined);
  });

  test('brings the binary of this platform and of no other', () => {
    const installed = (...folders) =>
      fs.readdirSync(path.join(app, 'node_modules', ...folders)).filter((name) => !name.startsWith('.'));
    const [scope, target] = platform.manifest.name.split('/');
    const wanted = ['faye-websocket', scope];

    assert.deepStrictEqual(installed().sort(), wanted.sort());
    assert.deepStrictEqual(installed(scope), [target]);
  });

  test('has the deep paths of faye-websocket, and lets nobody require another file', async () => {
    const deep = ['', '/api', '/client', '/api/event', '/api/event_target'].map((end) => `websocket${end}`);
    const paths = [...deep, 'eventsource'].flatMap((name) => [`lib/faye/${name}`, `lib/faye/${name}.js`]);
    const program = `for (const path of ${JSON.stringify(paths)}) require('faye-websocket/' + path);
      for (const path of ['lib/native', 'lib/native/index.js', 'lib/faye/hidden']) {
        try { require('faye-websocket/' + path) } catch (error) { console.log(error.code) }
      }`;
    const { stdout } = await run(process.execPath, ['-e', program], app);

    assert.strictEqual(stdout, 'ERR_PACKAGE_PATH_NOT_EXPORTED\n'.repeat(3));
  });

  test('is installed without a warning', () => {
    assert.doesNotMatch(installation, /warn/i);
  });

  for (const [how, place, ...flags] of [
    ['', () => app],
    // What is said of that is another test's matter.
    [', without the binary', () => alone, '--no-warnings']
  ]) {
    for (const [program, pings] of [
      ['server.js', true],
      ['pipe.js', false],
      ['module.mjs', true]
    ]) {
      test(`runs an echo server (${program}${how})`, async () => {
        await converse(await start(process.execPath, [...flags, program], place()), { pings });
      });
    }

    test(`runs a feed (eventsource.js${how})`, async () => {
      const server = await start(process.execPath, [...flags, 'eventsource.js'], place());
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
      assert.deepStrictEqual(await server.finished, [
        `open http://localhost:${server.port}/feed 98`,
        'close'
      ]);
    });
  }

  test('says what to do when the binary is missing', async () => {
    const program = "console.log(require('faye-websocket').engine)";
    const { stdout, stderr } = await run(process.execPath, ['-e', program], alone, {
      FAYE_WEBSOCKET_NATIVE: ''
    });

    assert.strictEqual(stdout, 'wasm\n');
    assert.match(stderr, /has no binary for/);
    assert.ok(stderr.includes(`npm install ${platform.manifest.name}@${manifest.version}`));
  });
});

/** What the README says to install. */
function commandOfReadme() {
  const [, names] = /`npm install (faye-websocket@[^`]*)`/.exec(
    fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8')
  );
  return names.split(' ');
}
