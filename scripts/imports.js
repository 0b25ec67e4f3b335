'use strict';

/**
 * Who may `require` whom in `lib`: a file its own layer and those below, and no circle of files.
 *
 *     node scripts/imports.js      prints what is against that, and how the layers hang together
 */

const fs = require('node:fs');
const path = require('node:path');

const { ROOT } = require('./process');

/** The folders of `lib` from the bottom up. Those of one layer do not know each other, but for the engine in `native`. */
const LAYERS = [
  ['native', 'wasm'],
  ['transport'],
  ['opening'],
  ['extensions'],
  ['connection'],
  ['faye', 'driver'],
  ['topics']
];
const SAME = new Set(['native wasm', 'wasm native']);

/** The files of `lib`, each with those that it requires, as paths within `lib`. */
function imports() {
  const lib = path.join(ROOT, 'lib');
  const graph = new Map();
  for (const file of filesBelow(lib)) {
    const text = fs.readFileSync(file, 'utf8');
    const targets = Array.from(text.matchAll(/require\('(\.{1,2}(?:\/[^']*)?)'\)/g), ([, name]) =>
      path.relative(lib, require.resolve(path.resolve(path.dirname(file), name)))
    );
    graph.set(path.relative(lib, file), targets.map(posix));
  }
  return new Map([...graph].map(([file, targets]) => [posix(file), targets]));
}

const posix = (file) => file.split(path.sep).join('/');

/** The JavaScript below a folder. */
function filesBelow(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(file);
    return entry.name.endsWith('.js') ? [file] : [];
  });
}

const folderOf = (file) => file.split('/')[0];
const layerOf = (file) => LAYERS.findIndex((layer) => layer.includes(folderOf(file)));

/** What a file requires and must not. */
function upward(file, targets) {
  if (layerOf(file) === -1) return [`lib/${file} is in no layer; scripts/imports.js lists them`];
  return targets
    .filter((target) => {
      if (target.startsWith('..')) return true;
      if (folderOf(target) === folderOf(file) || SAME.has(`${folderOf(file)} ${folderOf(target)}`))
        return false;
      return layerOf(target) >= layerOf(file);
    })
    .map((target) => `lib/${file} requires lib/${target}, which is not below it`);
}

/** Circles of files, each once, as the way around. */
function circles(graph, root = 'lib') {
  const found = [];
  const done = new Set();
  const visit = (file, way) => {
    const seen = way.indexOf(file);
    if (seen !== -1)
      return found.push(
        `a circle: ${[...way.slice(seen), file].map((each) => `${root}/${each}`).join(' → ')}`
      );
    if (done.has(file)) return undefined;
    for (const target of graph.get(file) || []) visit(target, [...way, file]);
    return done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

/**
 * @param {Map<string, string[]>} [graph]
 * @returns {string[]} what is wrong, as sentences
 */
function faults(graph = imports()) {
  return [...Array.from(graph, ([file, targets]) => upward(file, targets)).flat(), ...circles(graph)];
}

if (require.main === module) {
  const wrong = faults();
  for (const fault of wrong) console.log(fault);
  if (wrong.length > 0) process.exitCode = 1;
  else
    console.log(
      LAYERS.map((layer) => layer.join(', '))
        .reverse()
        .join('\n  requires\n')
    );
}

module.exports = { circles, faults };
