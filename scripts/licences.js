'use strict';

/**
 * The licences of what the binary is made of, which have to go along with it: the crates that are linked in, and Rust's
 * own standard library. A part without a text is an error.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { ROOT } = require('./process');

/** How crates name the files of their licences. */
const LICENCE_FILE = /^(licen[cs]e|copying|unlicense|notice)/i;

/** Crates that are published without the licence of their repository: the notices that it begins with there. */
const NOTICES = {
  napi: ['Copyright (c) 2020 LongYinan', 'Copyright (c) 2018 GitHub'],
  'napi-sys': ['Copyright (c) 2020 LongYinan', 'Copyright (c) 2018 GitHub']
};

/** Where the toolchain keeps what it says of itself, and the texts in it that the standard library is under. */
const TOOLCHAIN = ['share', 'doc', 'rust'];
const STANDARD_TEXTS = ['Apache-2.0.txt', 'MIT.txt', 'Unicode-3.0.txt'];

/** What a toolchain's page says of a crate inside the standard library, and of each file of its licences. */
const CRATE = /<h3>📦 (.+?)-(\d[^<]*)<\/h3>([^]*?)(?=<h3>|<\/body>)/g;
const CRATE_LICENCE = /<b>License:<\/b> ([^<]*)</;
const NOTICE = /<pre>([^]*?)<\/pre>/g;

/** Crates that only Rust on systems has for which nothing is published. */
const ELSEWHERE = new Set(
  'fortanix-sgx-abi hermit-abi moto-rt r-efi r-efi-alloc vex-sdk wasi wit-bindgen'.split(' ')
);

const ENTITIES = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' };

/** A part of the binary. */
class Part {
  /**
   * @param {string} name
   * @param {string} version
   * @param {string} licence an SPDX expression
   * @param {string[]} texts
   */
  constructor(name, version, licence, texts) {
    if (texts.length === 0) throw new Error(`there is no text for the licence of ${name} ${version}`);
    Object.assign(this, { name, version, licence, texts });
  }
}

/** The crates that are linked in for a target, without those that only run while it is built. */
function linkedCrates(triple) {
  const args = ['metadata', '--format-version', '1', '--locked', '--filter-platform', triple];
  const output = execFileSync('cargo', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 });
  const { packages, resolve } = JSON.parse(output);
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const byId = new Map(packages.map((each) => [each.id, each]));
  const runs = ({ targets }) => targets.every(({ kind }) => !kind.includes('proc-macro'));
  const linked = new Set();
  const visit = (id) => {
    if (linked.has(id) || !runs(byId.get(id))) return;
    linked.add(id);
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      if (kinds.some(({ kind }) => kind === null)) visit(pkg);
    }
  };
  visit(resolve.root);
  linked.delete(resolve.root);
  return packages
    .filter(({ id }) => linked.has(id))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((each) => new Part(each.name, each.version, each.license, textsOf(each)));
}

/** The texts of a crate's licences. */
function textsOf({ name, manifest_path: manifest }) {
  const folder = path.dirname(manifest);
  const texts = fs
    .readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file) && !file.endsWith('.rs'))
    .map((file) => path.join(folder, file))
    .filter((file) => fs.statSync(file).isFile())
    .map((file) => fs.readFileSync(file, 'utf8').trim());
  if (texts.length > 0 || !NOTICES[name]) return texts;
  return [`MIT License\n\n${NOTICES[name].join('\n')}\n\n${permission()}`];
}

/** The MIT licence behind its notice, as the toolchain has it. */
function permission() {
  const text = fs.readFileSync(path.join(toolchain(), 'licenses', 'MIT.txt'), 'utf8');
  return text.slice(text.indexOf('Permission is hereby granted')).trim();
}

/** The folder of the toolchain's own documents. */
function toolchain() {
  const root = execFileSync('rustc', ['--print', 'sysroot'], { cwd: ROOT, encoding: 'utf8' }).trim();
  return path.join(root, ...TOOLCHAIN);
}

/** The standard library, and the crates inside. */
function standardLibrary() {
  const [, version] = execFileSync('rustc', ['--version'], { cwd: ROOT, encoding: 'utf8' }).split(' ');
  const folder = toolchain();
  const texts = STANDARD_TEXTS.map((name) =>
    fs.readFileSync(path.join(folder, 'licenses', name), 'utf8').trim()
  );
  const owner = 'Copyright (c) The Rust Project Developers (see https://thanks.rust-lang.org)';
  const own = new Part("Rust's standard library", version, '(MIT OR Apache-2.0) AND Unicode-3.0', [
    owner,
    ...texts
  ]);
  const page = fs.readFileSync(path.join(folder, 'COPYRIGHT-library.html'), 'utf8');
  const found = [...page.matchAll(CRATE)].filter(([, name]) => !ELSEWHERE.has(name));
  const inside = found.map(([, name, crateVersion, body]) => {
    const notices = Array.from(body.matchAll(NOTICE), ([, text]) => plain(text).trim());
    const licence = plain(CRATE_LICENCE.exec(body)[1]);
    return new Part(name, crateVersion, licence, notices.length > 0 ? notices : texts);
  });
  if (inside.length === 0) throw new Error('the page of the toolchain names no crates');
  return [own, ...inside];
}

/** What is linked in and is no Rust: the library of which the crate simdutf is a face, and what that needs on Linux. */
function foreignParts(triple) {
  const text = (name) => fs.readFileSync(path.join(toolchain(), 'licenses', name), 'utf8').trim();
  const mit = `MIT License\n\nCopyright 2021 The simdutf authors\n\n${permission()}`;
  const parts = [new Part("simdutf's C++", 'as in the crate', 'MIT OR Apache-2.0', [mit])];
  if (triple.includes('linux')) {
    const texts = [text('GPL-3.0-or-later.txt'), text('GCC-exception-3.1.txt')];
    parts.push(new Part('libstdc++', 'in part', 'GPL-3.0-or-later WITH GCC-exception-3.1', texts));
  }
  return parts;
}

/** Text out of HTML. */
function plain(html) {
  return html
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&\w+;/g, (entity) => ENTITIES[entity] || entity);
}

/**
 * Names the parts of a binary, and gives each licence once.
 *
 * @param {string} triple the target as Rust calls it
 * @returns {string}
 */
function licences(triple) {
  const crates = linkedCrates(triple);
  const standard = standardLibrary();
  const foreign = foreignParts(triple);
  const texts = new Map();
  for (const { name, texts: own } of [...crates, ...standard, ...foreign]) {
    for (const text of own) {
      // Copies differ in where their lines end.
      const key = text.replace(/\s+/g, ' ');
      if (!texts.has(key)) texts.set(key, { text, names: new Set() });
      texts.get(key).names.add(name);
    }
  }
  const list = (parts) =>
    parts.map(({ name, version, licence }) => `- ${name} ${version} (${licence})\n`).join('');
  const rule = '='.repeat(80);
  const all = Array.from(
    texts.values(),
    ({ text, names }) => `\n${rule}\n${[...names].join(', ')}\n${rule}\n\n${text}\n`
  );
  return (
    `The binary of faye-websocket-native contains these Rust crates.\n\n${list(crates)}\n` +
    `It contains Rust's standard library, which may contain the crates behind it.\n\n${list(standard)}\n` +
    `It contains what is no Rust.\n\n${list(foreign)}` +
    all.join('')
  );
}

module.exports = { licences };
