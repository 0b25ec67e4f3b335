'use strict';

/**
 * Who may `use` whom in `src`: the layers of ARCHITECTURE.md, and no circle of files.
 *
 *     node scripts/modules.js      prints what is against that
 */

const fs = require('node:fs');
const path = require('node:path');

const { ROOT } = require('./process');
const { circles } = require('./imports');

/** What each folder of `src` may use besides itself. */
const MAY_USE = {
  protocol: ['transcode'],
  transcode: ['symbol'],
  transport: ['symbol'],
  symbol: [],
  binding: ['protocol', 'transcode', 'transport', 'symbol'],
  wasm: ['protocol', 'transcode'],
  lib: ['protocol', 'transcode', 'transport', 'symbol', 'binding', 'wasm']
};
/** The folders within `binding`, which know nothing above them. */
const BELOW_EXPORTS = ['binding/js/', 'binding/state/'];

const IS_TEST = /(^|[/_])tests?(\.rs|\/)/;

/** The files of `src` without tests, each with those that it uses, as paths within `src`. */
function imports() {
  const src = path.join(ROOT, 'src');
  const files = filesBelow(src).map((file) => path.relative(src, file).split(path.sep).join('/'));
  const modules = new Map(files.map((file) => [moduleOf(file).join('::'), file]));
  return new Map(files.map((file) => [file, [...usesOf(file, modules)]]));
}

/** The Rust below a folder, without tests. */
function filesBelow(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(file);
    return entry.name.endsWith('.rs') && !IS_TEST.test(file) ? [file] : [];
  });
}

/** The path of a module: `protocol/hybi/mod.rs` is `protocol::hybi`. */
function moduleOf(file) {
  const parts = file.replace(/\.rs$/, '').split('/');
  if (['mod', 'lib'].includes(parts[parts.length - 1])) parts.pop();
  return parts;
}

/** The files that a file names in its `use` declarations and paths. */
function usesOf(file, modules) {
  const text = fs
    .readFileSync(path.join(ROOT, 'src', file), 'utf8')
    .replace(/\/\/.*$/gm, '')
    .replace(/\bpub\(in [^)]*\)/g, 'pub');
  const found = new Set();
  const add = (names) => {
    const target = resolve(names, moduleOf(file), modules);
    if (target !== undefined && target !== file) found.add(target);
  };
  for (const [, tree] of text.matchAll(/\buse\s+([^;]+);/g)) expand([], tree.replace(/\s+/g, ' '), add);
  for (const [, names] of text.matchAll(/\b((?:crate|super)(?:::\w+)+)/g)) add(names.split('::'));
  return found;
}

/** Calls `add` with each path of a `use` tree such as `a::{b, c::d}`. */
function expand(prefix, tree, add) {
  for (const part of split(tree)) {
    const brace = part.indexOf('{');
    if (brace === -1) {
      add([...prefix, ...namesOf(part.replace(/ as .*/, ''))]);
    } else {
      expand(
        [...prefix, ...namesOf(part.slice(0, brace))],
        part.slice(brace + 1, part.lastIndexOf('}')),
        add
      );
    }
  }
}

const namesOf = (names) =>
  names
    .split('::')
    .map((name) => name.trim())
    .filter(Boolean);

/** The parts of a list with commas, but not of the lists within it. */
function split(list) {
  const parts = [''];
  let depth = 0;
  for (const character of list) {
    if (character === '{') depth++;
    if (character === '}') depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter(Boolean);
}

/** The file that a path leads to, from within a module; undefined for what is of another crate. */
function resolve(names, from, modules) {
  let base;
  let rest = [...names];
  if (rest[0] === 'crate') base = [];
  else if (rest[0] === 'self') base = from;
  else if (rest[0] === 'super') base = [...from];
  else return undefined;
  if (rest[0] !== 'super') rest.shift();
  while (rest[0] === 'super') {
    base = base.slice(0, -1);
    rest.shift();
  }
  rest = [...base, ...rest];
  for (let length = rest.length; length > 0; length--) {
    const file = modules.get(rest.slice(0, length).join('::'));
    if (file !== undefined) return file;
  }
  return undefined;
}

const folderOf = (file) => file.split('/')[0].replace(/\.rs$/, '');

/** What a file uses and must not. */
function upward(file, targets) {
  const folder = folderOf(file);
  if (!MAY_USE[folder]) return [`src/${file} is in no layer; scripts/modules.js lists them`];
  const isBelow = (path) => BELOW_EXPORTS.some((prefix) => path.startsWith(prefix));
  return targets
    .filter((target) => {
      if (folderOf(target) !== folder) return !MAY_USE[folder].includes(folderOf(target));
      return (
        isBelow(file) && !isBelow(target) && !['binding/frame.rs', 'binding/injected.rs'].includes(target)
      );
    })
    .map((target) => `src/${file} uses src/${target}, which is not below it`);
}

/** @returns {string[]} what is wrong, as sentences */
function faults() {
  const graph = imports();
  const wrong = Array.from(graph, ([file, targets]) => upward(file, targets)).flat();
  return [...wrong, ...circles(graph, 'src')];
}

if (require.main === module) {
  const wrong = faults();
  for (const fault of wrong) console.log(fault);
  if (wrong.length > 0) process.exitCode = 1;
  else console.log('no file of src uses one above it, and none are in a circle');
}

module.exports = { faults };
