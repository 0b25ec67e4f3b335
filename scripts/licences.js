'use strict';

/**
 * The licences of the crates that the binary is made of, which have to go along with it.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { ROOT } = require('./process');

/** How crates name the files of their licences. */
const LICENCE_FILE = /^(licen[cs]e|copying|unlicense|notice)/i;

/** The packages that are linked in, without those that only build. */
function linkedPackages() {
  const args = ['metadata', '--format-version', '1', '--locked'];
  const output = execFileSync('cargo', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 });
  const { packages, resolve } = JSON.parse(output);
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const linked = new Set();
  const visit = (id) => {
    if (linked.has(id)) return;
    linked.add(id);
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      if (kinds.some(({ kind }) => kind === null)) visit(pkg);
    }
  };
  visit(resolve.root);
  linked.delete(resolve.root);
  return packages.filter(({ id }) => linked.has(id)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The texts of a package's licences. */
function textsOf({ name, manifest_path: manifest }) {
  const folder = path.dirname(manifest);
  const files = fs.readdirSync(folder).filter((file) => LICENCE_FILE.test(file) && !file.endsWith('.rs'));
  if (files.length === 0) console.error(`${name} has no licence file`);
  return files
    .map((file) => path.join(folder, file))
    .filter((file) => fs.statSync(file).isFile())
    .map((file) => fs.readFileSync(file, 'utf8').trim());
}

/**
 * Names the crates, and gives each licence once.
 *
 * @returns {string}
 */
function licences() {
  const packages = linkedPackages();
  const packagesByText = new Map();
  for (const each of packages) {
    for (const text of textsOf(each))
      packagesByText.set(text, [...(packagesByText.get(text) || []), each.name]);
  }
  const list = packages.map(({ name, version, license }) => `- ${name} ${version} (${license})\n`).join('');
  const rule = '='.repeat(80);
  const texts = Array.from(
    packagesByText,
    ([text, names]) => `\n${rule}\n${names.join(', ')}\n${rule}\n\n${text}\n`
  ).join('');
  return `The binary of faye-websocket-native contains these Rust crates.\n\n${list}${texts}`;
}

module.exports = { licences };
