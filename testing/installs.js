'use strict';

// The three cases of the README's section Install, for one package manager: its commands and lines are taken from the
// documents as they stand, and run in projects with and without a lock file that holds the original. The registry of the tests
// has all packages, so that nothing is downloaded but the package managers themselves.

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { gzipSync } = require('node:zlib');

const { readManifest, targets } = require('../scripts/stage');
const { MANAGERS, shell } = require('../scripts/managers');
const { ROOT, pack, packBoth, packSiblings, run } = require('./packing');
const { serveRegistry } = require('./registry');

/** The original and what it depends on, below our own `node_modules`. */
const ORIGINALS = [
  'faye-websocket-reference',
  'websocket-driver',
  'websocket-extensions',
  'http-parser-js',
  'safe-buffer'
];
/** A package that brings the original, as sockjs does. */
const BRINGS = { name: 'brings', version: '1.0.0', dependencies: { 'faye-websocket': '^0.11.3' } };
/** Prints which copy the project gets, and which the package that brings one, each with its engine. */
const PROGRAM = `
  const of = (require) => {
    const { engine } = require('faye-websocket');
    return require('faye-websocket/package.json').name + (engine ? ' ' + engine : '');
  };
  for (const name of Object.keys(require('./package.json').dependencies))
    console.log(name === 'brings' ? require('brings').of(of) : of(require));
`;
const DOCTOR = path.join(ROOT, 'bin', 'doctor.js');
const OURS = 'faye-websocket-native native';
const ORIGINAL = 'faye-websocket';

const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** What the README says in the line of a package manager: the commands of both columns, and the line for `dependencies`. */
function readme(kind) {
  const word = kind === 'yarn' ? 'Yarn' : kind;
  const [, own, dependency] = new RegExp(`^\\| ${word} \\|(.*)\\|(.*)\\|$`, 'm').exec(read('README.md'));
  const [, add] = /`([^`]+)`/.exec(own);
  const [, install] = /then `([^`]+)`/.exec(dependency);
  const [, line] = /`dependencies` as well before you install: `(.*?)`/.exec(read('README.md'));
  const spec = JSON.parse(`{${line}}`);
  if (kind === 'npm') {
    const [, overrides] = /`("overrides": .*?)` in/.exec(dependency);
    assert.deepStrictEqual(JSON.parse(`{${overrides}}`), { overrides: spec });
  }
  return { add, install, line: spec };
}

/** The file of MIGRATING.md for a package manager: its name, and its text. */
function override({ kind, version }) {
  const mark = kind === 'pnpm' && version === '9' ? 'pnpm 9' : kind;
  const [, format, text] = new RegExp(`<!-- ${mark} -->\n\`\`\`(json|yaml)\n([^]*?)^\`\`\`$`, 'm').exec(
    read('MIGRATING.md')
  );
  return { file: format === 'json' ? 'package.json' : 'pnpm-workspace.yaml', text };
}

/** A tarball with a package.json in it, and nothing else. */
function tarball(folder, manifest) {
  const body = Buffer.from(JSON.stringify(manifest));
  const head = Buffer.alloc(512);
  const octal = (number, digits) => `${number.toString(8).padStart(digits, '0')}\0`;
  head.write('package/package.json');
  head.write(octal(0o644, 7) + octal(0, 7) + octal(0, 7) + octal(body.length, 11) + octal(0, 11), 100);
  head.write('        0', 148);
  head.write('ustar\x0000', 257);
  head.write(
    octal(
      head.reduce((sum, byte) => sum + byte),
      6
    ),
    148
  );
  const file = path.join(folder, `${manifest.name.replace('/', '-')}.tgz`);
  const rest = Buffer.alloc(1536 - (body.length % 512));
  fs.writeFileSync(file, gzipSync(Buffer.concat([head, body, rest])));
  return { manifest, file };
}

/** A registry with ours for all platforms, the original, and the package that brings it. */
async function serve(folder) {
  const { packed, platform } = await packBoth(folder);
  const tarballs = path.join(folder, 'tarballs');
  const brings = path.join(folder, 'brings');
  fs.mkdirSync(brings);
  fs.writeFileSync(path.join(brings, 'package.json'), JSON.stringify(BRINGS));
  fs.writeFileSync(path.join(brings, 'index.js'), 'exports.of = (of) => of(require);\n');
  const originals = ORIGINALS.map((name) => path.join(ROOT, 'node_modules', name));
  const packages = await Promise.all([...originals, brings].map((source) => pack(source, tarballs)));
  const others = targets().map((target) => readManifest(path.join(ROOT, 'npm', target)));
  return serveRegistry([
    ...packages,
    ...(await packSiblings(folder)),
    ...others.map((manifest) => tarball(tarballs, manifest)),
    packed,
    platform
  ]);
}

/**
 * Defines the tests of some package managers.
 *
 * @param {string[]} names those of `scripts/managers.js`
 * @param {{onlyLocked?: boolean}} [options] `onlyLocked` leaves out the cases that begin without a lock file
 */
function testInstalls(names, { onlyLocked = false } = {}) {
  let folder, registry;

  // A package manager waits for discs and processes most of the time.
  describe('the section Install', { concurrency: 2 }, () => {
    before(async () => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-install-'));
      registry = await serve(folder);
    });

    after(() => {
      registry.close();
      fs.rmSync(folder, { recursive: true, maxRetries: 3 });
    });

    for (const name of names) {
      const manager = MANAGERS[name];
      const { kind, lock, frozen } = manager;
      const { add, install, line } = readme(kind);

      describe(name, { concurrency: 1, timeout: 600000 }, () => {
        let sh;

        before(async () => {
          const home = path.join(folder, name);
          fs.mkdirSync(home);
          sh = await shell(manager, home, registry.url);
        });

        /** A project with dependencies; what is done with it. */
        function project(dependencies) {
          const cwd = fs.mkdtempSync(path.join(folder, 'project-'));
          const manifest = path.join(cwd, 'package.json');
          const edit = (more) => {
            const fields = { ...JSON.parse(fs.readFileSync(manifest, 'utf8')), ...more };
            fs.writeFileSync(manifest, JSON.stringify(fields, null, 2));
          };
          fs.writeFileSync(manifest, '{ "name": "project", "version": "1.0.0", "private": true }\n');
          edit({ dependencies });
          fs.writeFileSync(path.join(cwd, 'which.js'), PROGRAM);
          // Without it Yarn 4 takes the folder for a part of a project above.
          if (name === 'Yarn 4') fs.writeFileSync(path.join(cwd, lock), '');
          return {
            cwd,
            do: (command) => sh(command, cwd),
            lock: () => fs.readFileSync(path.join(cwd, lock), 'utf8'),
            depend: (more) => edit({ dependencies: { ...dependencies, ...more } }),
            override() {
              const { file, text } = override(manager);
              if (file === 'package.json') edit(JSON.parse(text));
              else fs.writeFileSync(path.join(cwd, file), text);
            },
            forget() {
              for (const each of [lock, 'node_modules', '.pnp.cjs'])
                fs.rmSync(path.join(cwd, each), { recursive: true, force: true });
              if (name === 'Yarn 4') fs.writeFileSync(path.join(cwd, lock), '');
            },
            async which() {
              const { stdout } = await sh(name === 'Yarn 4' ? 'yarn node which.js' : 'node which.js', cwd);
              return stdout.trim().split('\n');
            }
          };
        }

        /** Everything is ours, a second install changes nothing, and one from the lock alone gives the same. */
        async function holds(it, copies) {
          assert.deepStrictEqual(
            await it.which(),
            Array.from({ length: copies }, () => OURS)
          );
          if (!onlyLocked) {
            const { stdout } = await run(process.execPath, [DOCTOR, 'doctor'], it.cwd);
            assert.match(stdout, /^ok .*faye-websocket/m);
            assert.match(stdout, /All of them are faye-websocket-native\./);
          }
          const locked = it.lock();
          // That is one of the original's.
          assert.doesNotMatch(locked, /http-parser-js/);
          await it.do(install);
          assert.strictEqual(it.lock(), locked, 'a second install changes the lock file');
          fs.rmSync(path.join(it.cwd, 'node_modules'), { recursive: true, force: true });
          await it.do(frozen);
          assert.strictEqual(it.lock(), locked, 'an install from the lock file changes it');
          assert.strictEqual((await it.which()).join(), Array.from({ length: copies }, () => OURS).join());
        }

        /** A case that begins without a lock file, or begins again without one. */
        const unlocked = onlyLocked ? () => {} : test;

        unlocked('installs it for your own code, in an empty folder', async () => {
          const it = project({});
          await it.do(add);
          await holds(it, 1);
        });

        test('installs it in the place of the original that a lock file holds', async () => {
          const it = project({ 'faye-websocket': '^0.11.4' });
          await it.do(install);
          assert.deepStrictEqual(await it.which(), [ORIGINAL]);
          await it.do(add);
          await holds(it, 1);
        });

        unlocked("replaces a dependency's copy, in a new project", async () => {
          const it = project({ brings: '^1.0.0' });
          it.override();
          await it.do(install);
          await holds(it, 1);
        });

        test("replaces a dependency's copy that a lock file holds", async () => {
          const it = project({ brings: '^1.0.0' });
          await it.do(install);
          const old = it.lock();
          assert.deepStrictEqual(await it.which(), [ORIGINAL]);
          it.override();
          await it.do(install);
          assert.notStrictEqual(it.lock(), old);
          await holds(it, 1);
        });

        unlocked('replaces both, in a new project', async () => {
          const it = project({ brings: '^1.0.0' });
          it.depend(line);
          it.override();
          await it.do(install);
          await holds(it, 2);
        });

        test('replaces both that a lock file holds', async () => {
          const it = project({ brings: '^1.0.0', 'faye-websocket': '^0.11.4' });
          await it.do(install);
          assert.deepStrictEqual(await it.which(), [ORIGINAL, ORIGINAL]);
          if (!onlyLocked)
            await assert.rejects(run(process.execPath, [DOCTOR, 'doctor'], it.cwd), { code: 1 });
          it.depend(line);
          it.override();
          await it.do(install);
          await holds(it, 2);
        });

        unlocked('replaces both, where your own was replaced first, after a fresh start', async () => {
          const it = project({ brings: '^1.0.0', 'faye-websocket': '^0.11.4' });
          await it.do(install);
          await it.do(add);
          assert.deepStrictEqual((await it.which()).sort(), [ORIGINAL, OURS]);
          it.depend(line);
          it.override();
          it.forget();
          await it.do(install);
          await holds(it, 2);
        });
      });
    }
  });
}

module.exports = { testInstalls };
