'use strict';

// The documents: their code parses, their links lead somewhere, and their figures are those of the code.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const vm = require('node:vm');

const ROOT = path.join(__dirname, '..');
const FOLDERS = ['.', 'examples', 'docs', 'bench', 'autobahn'];

const documents = FOLDERS.filter((folder) => fs.existsSync(path.join(ROOT, folder))).flatMap((folder) =>
  fs
    .readdirSync(path.join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.posix.join(folder, name))
);
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

for (const file of documents) {
  describe(file, () => {
    test('has code that parses', () => {
      for (const [, code] of read(file).matchAll(/^```js\n([^]*?)^```$/gm)) {
        assert.doesNotThrow(() => new vm.Script(`(async () => {\n${code}\n})`), code);
      }
    });

    test('has links that lead somewhere', () => {
      const targets = Array.from(read(file).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g), ([, target]) => target);
      const local = targets.filter((target) => !/^https?:/.test(target));
      const missing = local.filter((target) => !fs.existsSync(path.join(ROOT, path.dirname(file), target)));

      assert.deepStrictEqual(missing, []);
    });

    test('has anchors that are headings', () => {
      const headings = Array.from(read(file).matchAll(/^#+ (.*)$/gm), ([, title]) =>
        title
          .toLowerCase()
          .replace(/[^\w\s-]/g, '')
          .replace(/\s/g, '-')
      );
      for (const [, anchor] of read(file).matchAll(/\]\(#([^)]+)\)/g))
        assert.ok(headings.includes(anchor), anchor);
    });
  });
}

/** The programs of the documents, and the examples. */
const programs = [
  ...documents.flatMap((file) =>
    Array.from(read(file).matchAll(/^```js\n([^]*?)^```$/gm), ([, code]) => ({ file, code }))
  ),
  ...fs
    .readdirSync(path.join(ROOT, 'examples'), { recursive: true })
    .filter((name) => name.endsWith('.js'))
    .map((name) => path.posix.join('examples', name))
    .map((file) => ({ file, code: read(file) }))
];

test('each program that waits in `upgrade` hears the errors of its socket first', () => {
  const waiting = programs.filter(({ code }) => /'upgrade', async/.test(code));
  const deaf = waiting.filter(
    ({ code }) => !/'upgrade', async [^]*?socket\.on\('error'[^]*?await /.test(code)
  );

  assert.ok(waiting.length >= 3);
  assert.deepStrictEqual(
    deaf.map(({ file }) => file),
    []
  );
});

describe('README.md', () => {
  const text = read('README.md');

  test('has at most 900 words, but for its code, its tables and what is measured', () => {
    const prose = text.replace(/^```[^]*?^```$/gm, '').replace(/^[|<].*$/gm, '');

    assert.ok(prose.split(/\s+/).length <= 900);
  });

  test('has the versions of the manifests', () => {
    const [, rust] = /^rust-version = "(.+)"$/m.exec(read('Cargo.toml'));
    const [, crate] = /^version = "(.+)"$/m.exec(read('Cargo.toml'));
    const { engines, version } = require('../package.json');

    assert.match(text, new RegExp(`\\[Rust\\]\\(https://rustup.rs\\) ${rust} or later`));
    assert.match(text, new RegExp(`Node\\.js ${engines.node.slice(2)} and later`));
    assert.strictEqual(version, crate);
  });
});

describe('SECURITY.md', () => {
  const text = read('SECURITY.md');

  test('has the limits of the code', () => {
    const limits = read('src/protocol/limits.rs');

    assert.match(limits, /DEFAULT_MAX_LENGTH: u64 = \(1 << 26\) - 1/);
    assert.match(text, /`maxLength`, 67,108,863 bytes/);
    assert.match(limits, /DEFAULT_MAX_EMPTY_FRAGMENTS: u32 = 1024/);
    // The 1,024th is one too many.
    assert.match(text, /empty fragments in one message \| 1,023 /);
    assert.match(limits, /DEFAULT_MAX_HEAD: usize = 16 \* 1024/);
    assert.match(text, /the head of a handshake response \| 16 KiB /);
  });
});

describe('docs/errors.md', () => {
  const text = read('docs/errors.md');
  const sources = fs
    .readdirSync(path.join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => read(path.join('lib', name)));

  test('has every error code of ours', () => {
    const codes = sources.flatMap((source) => source.match(/\bERR_(?:FAYE_)?WEBSOCKET_\w+/g) || []);
    assert.ok(codes.length > 5);
    const missing = [...new Set(codes)].filter((code) => !text.includes(`\`${code}\``));

    assert.deepStrictEqual(missing, []);
  });

  test('has every environment variable that is read', () => {
    const names = sources.flatMap((source) =>
      Array.from(source.matchAll(/\benv\.([A-Z_]+)/g), ([, name]) => name)
    );
    assert.ok(names.length > 5);
    const missing = [...new Set(names)].filter((name) => !text.includes(`\`${name}\``));

    assert.deepStrictEqual(missing, []);
  });
});

test('paths that documents and comments name are there', () => {
  const folders = [
    'lib',
    'src',
    'scripts',
    'testing',
    'bench',
    'soak',
    'fuzz/parity',
    'fuzz/driver',
    'autobahn'
  ];
  const sources = folders.flatMap((folder) =>
    fs
      .readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(js|ts|rs)$/.test(name) && !name.includes('node_modules'))
      .map((name) => path.join(folder, name))
  );
  const missing = [...documents, ...sources].flatMap((file) =>
    Array.from(
      read(file).matchAll(
        /`((?:lib|src|scripts|testing|__test__|bench|soak|fuzz)\/[\w/.-]+\.(?:js|rs|d\.ts|json|md))`/g
      )
    )
      .map(([, name]) => name)
      .filter((name) => !fs.existsSync(path.join(ROOT, name)))
      .map((name) => `${file}: ${name}`)
  );

  assert.deepStrictEqual(missing, []);
});
