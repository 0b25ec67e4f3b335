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
  const [, line] = /the same line to `dependencies` before you install: `(.*?)`/.exec(read('README.md'));
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

/** A project that a package manager installs packages into. */
class Project {
  /**
   * @param {import('../scripts/managers').Manager} manager
   * @param {function(string, string): Promise<{stdout: string}>} sh runs a command of it in a folder
   * @param {string} cwd an empty folder
   * @param {Record<string, string>} dependencies
   */
  constructor(manager, sh, cwd, dependencies) {
    this.manager = manager;
    this.sh = sh;
    this.cwd = cwd;
    this.dependencies = dependencies;
    const fields = { name: 'project', version: '1.0.0', private: true, dependencies };
    fs.writeFileSync(this.file('package.json'), JSON.stringify(fields, null, 2));
    fs.writeFileSync(this.file('which.js'), PROGRAM);
    this.claim();
  }

  /** Without a lock file Yarn 4 takes the folder for a part of a project above. */
  claim() {
    if (this.isYarn4) fs.writeFileSync(this.file(this.manager.lock), '');
  }

  get isYarn4() {
    return this.manager === MANAGERS['Yarn 4'];
  }

  file(name) {
    return path.join(this.cwd, name);
  }

  /** Runs a command as a user types it. */
  do(command) {
    return this.sh(command, this.cwd);
  }

  /** The text of the lock file. */
  lock() {
    return fs.readFileSync(this.file(this.manager.lock), 'utf8');
  }

  /** Changes fields of package.json. */
  edit(more) {
    const fields = { ...JSON.parse(fs.readFileSync(this.file('package.json'), 'utf8')), ...more };
    fs.writeFileSync(this.file('package.json'), JSON.stringify(fields, null, 2));
  }

  /** Adds dependencies. */
  depend(more) {
    this.edit({ dependencies: { ...this.dependencies, ...more } });
  }

  /** Writes what MIGRATING.md has for the package manager. */
  override() {
    const { file, text } = override(this.manager);
    if (file === 'package.json') this.edit(JSON.parse(text));
    else fs.writeFileSync(this.file(file), text);
  }

  /** Deletes what was installed, and the lock file. */
  forget() {
    for (const name of [this.manager.lock, 'node_modules', '.pnp.cjs'])
      fs.rmSync(this.file(name), { recursive: true, force: true });
    this.claim();
  }

  /** Which copies the project has, a line for each of its dependencies. */
  async which() {
    const { stdout } = await this.do(this.isYarn4 ? 'yarn node which.js' : 'node which.js');
    return stdout.trim().split('\n');
  }

  /** Everything is ours, a second install changes nothing, and one from the lock alone gives the same. */
  async holds(install, copies, withDoctor) {
    const ours = Array.from({ length: copies }, () => OURS);
    assert.deepStrictEqual(await this.which(), ours);
    if (withDoctor) {
      const { stdout } = await run(process.execPath, [DOCTOR, 'doctor'], this.cwd);
      assert.match(stdout, /^ok .*faye-websocket/m);
      assert.match(stdout, /All of them are faye-websocket-native\./);
    }
    const locked = this.lock();
    // That is one of the original's.
    assert.doesNotMatch(locked, /http-parser-js/);
    await this.do(install);
    assert.strictEqual(this.lock(), locked, 'a second install changes the lock file');
    fs.rmSync(this.file('node_modules'), { recursive: true, force: true });
    await this.do(this.manager.frozen);
    assert.strictEqual(this.lock(), locked, 'an install from the lock file changes it');
    assert.deepStrictEqual(await this.which(), ours);
  }
}

/**
 * The cases that begin with a lock file, which holds the original: each a title and what is done.
 *
 * @param {{add: string, install: string, line: object}} readme what the README says
 * @param {function(object): Project} project makes one with dependencies
 * @param {function(Project, number): Promise<void>} holds
 * @param {boolean} withDoctor
 * @returns {[title: string, run: function(): Promise<void>][]}
 */
function lockedCases({ add, install, line }, project, holds, withDoctor) {
  return [
    [
      'installs it in the place of the original that a lock file holds',
      async () => {
        const it = project({ 'faye-websocket': '^0.11.4' });
        await it.do(install);
        assert.deepStrictEqual(await it.which(), [ORIGINAL]);
        await it.do(add);
        await holds(it, 1);
      }
    ],
    [
      "replaces a dependency's copy that a lock file holds",
      async () => {
        const it = project({ brings: '^1.0.0' });
        await it.do(install);
        const old = it.lock();
        assert.deepStrictEqual(await it.which(), [ORIGINAL]);
        it.override();
        await it.do(install);
        assert.notStrictEqual(it.lock(), old);
        await holds(it, 1);
      }
    ],
    [
      'replaces both that a lock file holds',
      async () => {
        const it = project({ brings: '^1.0.0', 'faye-websocket': '^0.11.4' });
        await it.do(install);
        assert.deepStrictEqual(await it.which(), [ORIGINAL, ORIGINAL]);
        if (withDoctor) await assert.rejects(run(process.execPath, [DOCTOR, 'doctor'], it.cwd), { code: 1 });
        it.depend(line);
        it.override();
        await it.do(install);
        await holds(it, 2);
      }
    ]
  ];
}

/** The cases that begin without a lock file, or begin again without one; as {@link lockedCases}. */
function unlockedCases({ add, install, line }, project, holds) {
  return [
    [
      'installs it for your own code, in an empty folder',
      async () => {
        const it = project({});
        await it.do(add);
        await holds(it, 1);
      }
    ],
    [
      "replaces a dependency's copy, in a new project",
      async () => {
        const it = project({ brings: '^1.0.0' });
        it.override();
        await it.do(install);
        await holds(it, 1);
      }
    ],
    [
      'replaces both, in a new project',
      async () => {
        const it = project({ brings: '^1.0.0' });
        it.depend(line);
        it.override();
        await it.do(install);
        await holds(it, 2);
      }
    ],
    [
      'replaces both, where your own was replaced first, after a fresh start',
      async () => {
        const it = project({ brings: '^1.0.0', 'faye-websocket': '^0.11.4' });
        await it.do(install);
        await it.do(add);
        assert.deepStrictEqual((await it.which()).sort(), [ORIGINAL, OURS]);
        it.depend(line);
        it.override();
        it.forget();
        await it.do(install);
        await holds(it, 2);
      }
    ]
  ];
}

/**
 * Defines the tests of some package managers.
 *
 * @param {string[]} names those of `scripts/managers.js`
 * @param {{onlyLocked?: boolean}} [options] `onlyLocked` leaves out the cases that begin without a lock file, and the doctor
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
      const words = readme(manager.kind);

      describe(name, { concurrency: 1, timeout: 600000 }, () => {
        let sh;

        before(async () => {
          const home = path.join(folder, name);
          fs.mkdirSync(home);
          sh = await shell(manager, home, registry.url);
        });

        const project = (dependencies) =>
          new Project(manager, sh, fs.mkdtempSync(path.join(folder, 'project-')), dependencies);
        const holds = (it, copies) => it.holds(words.install, copies, !onlyLocked);
        const cases = onlyLocked ? [] : unlockedCases(words, project, holds);
        cases.push(...lockedCases(words, project, holds, !onlyLocked));
        for (const [title, does] of cases) test(title, does);
      });
    }
  });
}

module.exports = { testInstalls };
