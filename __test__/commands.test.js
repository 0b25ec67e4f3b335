'use strict';

// The commands and snippets of README, MIGRATING, CONTRIBUTING and the recipes: each is run by a test or by CI, or, where it
// takes long, loaded far enough to read the options that the document gives it. A command that nothing runs fails here.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');

const { matching } = require('../scripts/suites');
const { scripts } = require('../package.json');

const ROOT = path.join(__dirname, '..');
const DOCUMENTS = ['README.md', 'MIGRATING.md', 'CONTRIBUTING.md', 'docs/recipes.md'];

const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** What runs a command: a file, and what stands in it. */
const RUN_BY = {
  'npm install faye-websocket@npm:faye-websocket-native@0.1': ['testing/installs.js', 'it.do(add)'],
  'pnpm add faye-websocket@npm:faye-websocket-native@0.1': ['consumers/matrix.check.js', 'testInstalls'],
  'yarn add faye-websocket@npm:faye-websocket-native@0.1': ['testing/installs.js', 'it.do(add)'],
  'npm install': ['testing/installs.js', 'it.do(install)'],
  'pnpm install': ['consumers/matrix.check.js', 'testInstalls'],
  'yarn install': ['testing/installs.js', 'it.do(install)'],
  'npx faye-websocket-native doctor': ['__test__/first_echo.test.js', '(npx faye-websocket-native doctor)'],
  'npm install @redis/client': ['__test__/recipes.test.js', "'@redis/client'"],
  'openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -keyout key.pem -out cert.pem': [
    '__test__/readme.test.js',
    '(openssl .*)'
  ],
  'NODE_EXTRA_CA_CERTS=cert.pem node client.js wss://localhost:8443/': [
    '__test__/readme.test.js',
    '(NODE_EXTRA_CA_CERTS='
  ],
  "curl -N -H 'Accept: text/event-stream' http://localhost:8001/": ['__test__/readme.test.js', '(curl .*)'],
  'npm ci': ['scripts/prepare.js', "runNpm(['ci'"],
  'npm start': ['__test__/start.test.js', "'start.js'"],
  'npm test': ['scripts/ci.js', 'nodeTest('],
  'npm test -- rust': ['scripts/beside.js', 'await rust()'],
  'npm test -- js': ['scripts/ci.js', 'nodeTest('],
  'npm run build': ['scripts/ci.js', 'await prepare()'],
  'npm run build:wasm -- --check': ['scripts/checks.js', 'wasm.check()'],
  'npm run lint': ['scripts/beside.js', '...lints'],
  'npm run reference': ['scripts/checks.js', "'reference.js'"],
  'npm run test:nodes': ['scripts/beside.js', "'scripts/nodes.js'"],
  'npm run test:consumers': ['.github/workflows', 'test:consumers'],
  'npm run test:packed': ['.github/workflows', 'test:packed'],
  'npm run pack': ['__test__/first_echo.test.js', "'pack.js'"],
  '.ci/run': ['.ci/run', 'node scripts/ci.js'],
  'cargo test --no-default-features': ['scripts/suites.js', "'--no-default-features'"],
  'node scripts/types.js': ['scripts/checks.js', 'types.faults()']
};

/** What no test runs, and why. */
const NOT_RUN = {
  'cargo install cargo-fuzz': 'installs a tool',
  'cargo install cargo-llvm-cov': 'installs a tool',
  'cargo install cargo-mutants': 'installs a tool',
  'rustup component add llvm-tools': 'installs a tool',
  'rustup target add wasm32-unknown-unknown': 'installs a part of the compiler',
  'npm run build:wasm': 'changes what is committed; npm run lint makes the modules and compares them',
  'cargo mutants': 'needs a tool, and takes hours',
  'cargo +nightly fuzz run session fuzz/artifacts/session/crash-…': 'needs a tool and a nightly Rust',
  'node scripts/screenshots.js': 'needs Chromium, and changes what is committed',
  'node soak/longest_text.js': 'takes 2 GB of memory',
  'npm run coverage': 'needs a tool',
  'npm run bench': 'takes an hour; __test__/bench_report.test.js makes its report',
  'npm run bench -- --publish': 'takes an hour; __test__/bench_report.test.js makes its report',
  'npm config set omit-lockfile-registry-resolved true': 'changes the settings of the user',
  'npm pack': '`npm run pack` does it',
  'npm publish': 'publishes',
  'npx napi version': 'changes the version',
  'gdb --args node __test__/server_close.test.js': 'is for a terminal'
};

/** The words of a command, with quotes as a shell reads them. */
function wordsOf(command) {
  return Array.from(command.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain]) => quoted ?? plain);
}

/** The commands in backquotes and blocks of a document; options that follow in the same line are added to the last. */
function commandsIn(document) {
  const text = read(document);
  const found = [];
  for (const [, block] of text.matchAll(/^ *```sh\n([^]*?)^ *```$/gm))
    found.push(
      ...block
        .split('\n')
        .map((line) => line.replace(/ #.*/, '').trim())
        .filter((line) => /^([A-Z_]+=\S+ )*(npm|npx|node|cargo|gdb|openssl|curl) /.test(line))
    );
  for (const line of text.replace(/^ *```[^]*?^ *```$/gm, '').split('\n')) {
    let last = null;
    for (const [, code] of line.matchAll(/`([^`]+)`/g)) {
      if (/^(npm|npx|node|cargo|rustup|pnpm|yarn) |^\.ci\/run$/.test(code)) last = code;
      else if (last === null || !/^--? ?[a-z]/.test(code)) continue;
      else if (code.startsWith('-- ') || last.includes(' -- ') || !last.startsWith('npm run'))
        last = `${last.split(' -- ')[0]} ${code}`;
      else last = `${last} -- ${code}`;
      found.push(...last.split(' && '));
    }
  }
  return found;
}

/** The program that a command starts, below the root, and its arguments; null if it is none of ours. */
function programOf(command) {
  const [first, ...rest] = wordsOf(command);
  if (first === 'node' && rest[0] !== '--test') return rest;
  const [run, script, dashes, ...args] = rest;
  if (first !== 'npm' || run !== 'run' || !scripts[script]) return null;
  assert.ok(dashes === undefined || dashes === '--', command);
  return [...wordsOf(scripts[script]).slice(1), ...args];
}

/** What a folder or a file holds. */
function textOf(place) {
  const full = path.join(ROOT, place);
  if (!fs.statSync(full).isDirectory()) return read(place);
  return fs
    .readdirSync(full)
    .map((name) => read(path.join(place, name)))
    .join('\n');
}

/** Why a command is known to work: what runs it, or what of it was tried. Throws if nothing does. */
function evidence(command) {
  if (Object.hasOwn(NOT_RUN, command)) return `not run, since it ${NOT_RUN[command]}`;
  if (Object.hasOwn(RUN_BY, command)) {
    const [place, text] = RUN_BY[command];
    assert.ok(textOf(place).includes(text), `${place} has no ${text}, which runs ${command}`);
    return `run by ${place}`;
  }
  const words = wordsOf(command);
  for (const word of words.filter((each) => /^[\w-]+\/[\w/.-]+\.\w+$/.test(each)))
    assert.ok(fs.existsSync(path.join(ROOT, word)), `${command}: there is no ${word}`);
  if (/^npm test -- js \w+$/.test(command) || /^npm run test:packed -- \w+$/.test(command)) {
    assert.ok(matching(words.slice(-1)).length > 0, `${command} finds no test`);
    return 'finds tests';
  }
  if (/^npm run mutants -- /.test(command)) {
    assert.ok(matching(words.slice(-1)).length > 0, `${command} finds no test`);
    return 'names files that are there';
  }
  if (command.startsWith('node --test ')) return 'a file that every run has';
  if (command.startsWith('cargo test ')) return testsOfCargo(words);
  if (/^npm run (test:nodes|test:consumers) -- /.test(command)) return 'words that choose';
  if (command.startsWith('cargo mutants ')) return 'a file that is there';
  if (command === 'npm run build -- --debug') {
    assert.ok(read('scripts/build.js').includes("'--debug'"));
    return 'a word that the script reads';
  }
  const program = programOf(command);
  assert.ok(program && read(program[0]).includes('parseArgs('), `nothing runs ${command}`);
  return readsOptions(program);
}

/** A program that stumbles over an option that it does not know, and over none before it, knows those of the document. */
function readsOptions([file, ...args]) {
  const { stderr, stdout } = spawnSync(process.execPath, [file, ...args, '--no-such-option'], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 60000
  });
  assert.match(`${stdout}${stderr}`, /Unknown option '--no-such-option'/, `${file} ${args.join(' ')}`);
  return 'reads these options';
}

/** Whether the core has tests of a name. */
function testsOfCargo(words) {
  const name = words.at(-1);
  const folders = ['src', 'tests'];
  const has = folders.some((folder) =>
    fs
      .readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.rs'))
      .some((file) =>
        new RegExp(`fn \\w*${name}|mod ${name}|\\b${name}\\b`).test(read(path.join(folder, file)))
      )
  );
  assert.ok(has, `the core has no test ${name}`);
  return 'names tests of the core';
}

describe('the commands of the documents', () => {
  const commands = [...new Set(DOCUMENTS.flatMap(commandsIn))];

  test('are each run, or tried as far as their options', (t) => {
    const failures = [];
    const counts = {};
    for (const command of commands.filter((each) => !each.includes('/path/to/checkout'))) {
      try {
        const [kind] = evidence(command).split(/[,/]/);
        counts[kind] = (counts[kind] || 0) + 1;
      } catch (error) {
        failures.push(error.message);
      }
    }
    t.diagnostic(`${commands.length} commands: ${JSON.stringify(counts)}`);
    assert.deepStrictEqual(failures, []);
  });

  test('are all there that this file lists', () => {
    const listed = [...Object.keys(RUN_BY), ...Object.keys(NOT_RUN)];

    assert.deepStrictEqual(
      listed.filter((command) => !commands.includes(command)),
      []
    );
  });
});

test('every snippet of the documents is one of a kind that a test runs', (t) => {
  const counts = {};
  for (const document of DOCUMENTS) {
    for (const [, mark, language, code] of read(document).matchAll(
      /^(?:<!-- (.+) -->\n)? *```(\w+)\n([^]*?)^ *```$/gm
    )) {
      const known = {
        // Those of the README and the recipes have a name for their file; the tests of both count them.
        js: /^\/\/ \S+\.js\n/.test(code) || (document === 'MIGRATING.md' && /^(before|after)$/.test(mark)),
        // `testing/installs.js` writes those of MIGRATING.md, by their marks, and `first_echo.test.js` the one of the README.
        json:
          document === 'MIGRATING.md'
            ? /^(npm|yarn|pnpm 9)$/.test(mark)
            : mark === 'overrides before there is a registry' ||
              (language === 'json' && JSON.parse(code).version),
        yaml: document === 'MIGRATING.md' && mark === 'pnpm',
        sh: commandsIn(document).some((command) => code.includes(command))
      };
      assert.ok(known[language], `${document}: nothing runs\n${code}`);
      counts[language] = (counts[language] || 0) + 1;
    }
  }
  t.diagnostic(`snippets: ${JSON.stringify(counts)}`);
});
