#!/usr/bin/env node
'use strict';

/**
 * `npx faye-websocket-native doctor [folder]`: looks at every copy of faye-websocket and of the packages around it in the
 * `node_modules` of a folder, and says of each which version it is, whether it is the original or this package, and of
 * this package which engine and transport it uses. The exit code is 1 if an original is left, and 2 for a folder that there
 * is not.
 */

const { execFileSync } = require('child_process');
const fs = require('fs');
const path = require('path');

const { version } = require('../package.json');

const OURS = 'faye-websocket-native';
/** The packages that are looked for, and what of ours takes the place of each. */
const REPLACED = new Map([
  ['faye-websocket', OURS],
  ['websocket-driver', `@${OURS}/websocket-driver`],
  ['permessage-deflate', `@${OURS}/permessage-deflate`],
  ['websocket-extensions', null],
  [OURS, OURS]
]);

/** Asks a copy, in a process of its own: a server and a client of it talk to each other, and tell what they run on. */
const QUESTION = `
  const WebSocket = require(process.argv[1]);
  const server = require('http').createServer();
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head);
    ws.on('message', () => {
      console.log(WebSocket.engine || 'native', ws.transport);
      process.exit();
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const client = new WebSocket.Client('ws://127.0.0.1:' + server.address().port + '/');
    client.on('open', () => setTimeout(() => client.send('hello'), 50));
    client.on('error', ({ message }) => {
      console.error('Error: ' + message);
      process.exit(1);
    });
  });`;
/** How long that may take, in milliseconds. */
const PATIENCE = 30_000;

/**
 * Every folder of a package of those names below a folder. Links are followed once, since package managers link copies
 * from a store.
 *
 * @param {string} folder
 * @param {Set<string>} [seen] folders that were looked at, by their real paths
 * @returns {{name: string, place: string}[]}
 */
function copies(folder, seen = new Set()) {
  const found = [];
  const real = realPath(folder);
  if (real === null || seen.has(real)) return found;
  seen.add(real);
  for (const entry of list(path.join(folder, 'node_modules'))) {
    const place = path.join(folder, 'node_modules', entry);
    // pnpm keeps its copies in a folder of this name, each with a `node_modules` of its own.
    const inner = entry === '.pnpm' ? inUse(place) : entry.startsWith('@') ? list(place) : null;
    for (const each of inner || ['']) {
      const inside = path.join(place, each);
      const name = entry.startsWith('@') ? `${entry}/${each}` : entry;
      if (REPLACED.has(name) && !seen.has(realPath(inside))) found.push({ name, place: inside });
      found.push(...copies(inside, seen));
    }
  }
  return found;
}

/**
 * The entries of pnpm's store in a project that are in use. pnpm keeps others for some days, in case they are wanted again;
 * what it has installed is in a lock file of its own.
 *
 * @param {string} store
 * @returns {string[]}
 */
function inUse(store) {
  let lock;
  try {
    lock = fs.readFileSync(path.join(store, 'lock.yaml'), 'utf8');
  } catch {
    return list(store);
  }
  return list(store).filter((entry) => {
    const [, name, version] = /^(@?[^@]+)@([^_(]+)/.exec(entry) || [];
    if (!REPLACED.has(name)) return true;
    return (
      lock.includes(`${name}@${version}:`) ||
      lock.includes(`${name}@${version}(`) ||
      lock.includes(`/${name}/${version}`)
    );
  });
}

/** What a folder holds; nothing if it is none. */
function list(folder) {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Where a path leads; null if nowhere. */
function realPath(place) {
  try {
    return fs.realpathSync(place);
  } catch {
    return null;
  }
}

/**
 * What a copy is.
 *
 * @param {{name: string, place: string}} copy
 * @returns {{isOurs: boolean, text: string}}
 */
function describe({ name, place }) {
  let manifest;
  try {
    manifest = JSON.parse(fs.readFileSync(path.join(place, 'package.json'), 'utf8'));
  } catch (error) {
    return { isOurs: false, text: `cannot be read: ${error.message}` };
  }
  const isOurs = manifest.name === REPLACED.get(name);
  const what = `${manifest.name}@${manifest.version}`;
  if (!isOurs) return { isOurs, text: `${what}, the original` };
  return { isOurs, text: manifest.name === OURS ? `${what}, ${runsOn(place)}` : what };
}

/** The engine and the transport of a copy of ours, or why it does not load. */
function runsOn(place) {
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: PATIENCE };
    const [engine, transport] = execFileSync(process.execPath, ['-e', QUESTION, place], options)
      .trim()
      .split(' ');
    return `engine ${engine}, transport ${transport}`;
  } catch (error) {
    const lines = String(error.stderr).split('\n');
    return `does not load: ${lines.find((line) => /Error/.test(line)) || lines[0]}`;
  }
}

/**
 * Every copy of those names that Yarn's Plug'n'Play gives to a project, which has no `node_modules`; null where it does not.
 *
 * @param {string} folder
 * @returns {{name: string, isOurs: boolean, text: string}[] | null}
 */
function plugged(folder) {
  const file = path.join(folder, '.pnp.cjs');
  if (!fs.existsSync(file)) return null;
  const locators = require(file)
    .getAllLocators()
    .filter(({ reference }) => !/^(virtual|workspace):/.test(reference));
  const ours = new Set(REPLACED.values());
  return locators
    .filter(({ name }) => REPLACED.has(name) || ours.has(name))
    .map(({ name, reference }) => ({ name, isOurs: ours.has(name), text: `${name}, ${reference}` }));
}

/** Looks, and prints. */
function doctor(folder) {
  const inYarn = plugged(folder);
  if (inYarn !== null) return report(inYarn, folder);
  const found = copies(folder).map((copy) => {
    const { isOurs, text } = describe(copy);
    return { name: copy.name, isOurs, text: `${path.relative(folder, copy.place)}: ${text}` };
  });
  report(found, folder);
}

/**
 * Prints what was found.
 *
 * @param {{name: string, isOurs: boolean, text: string}[]} found
 * @param {string} folder
 */
function report(found, folder) {
  if (found.length === 0) {
    console.log(`There is none of ${[...REPLACED.keys()].join(', ')} below ${folder}.`);
    return;
  }
  const originals = [];
  for (const { name, isOurs, text } of found) {
    if (!isOurs) originals.push(name);
    console.log(`${isOurs ? 'ok      ' : 'ORIGINAL'}  ${text}`);
  }
  if (originals.length === 0) {
    console.log('\nAll of them are faye-websocket-native.');
  } else {
    console.log(`\n${originals.length} of ${found.length} are originals. ${advice(originals)}`);
    process.exitCode = 1;
  }
}

/**
 * What to do about originals.
 *
 * @param {string[]} names of them
 * @returns {string}
 */
function advice(names) {
  const lines = [...REPLACED]
    .filter(([name, ours]) => ours !== null && names.includes(name))
    .map(([name, ours]) => `\n  "${name}": "npm:${ours}@^${version}"`);
  if (lines.length === 0)
    return 'websocket-extensions goes with the original websocket-driver or permessage-deflate.';
  return (
    'This takes their place in "overrides" (npm) or "resolutions" (Yarn) of package.json, or below overrides: in ' +
    `pnpm-workspace.yaml (there without commas):\n${lines.join(',')}\n\n` +
    'Then install again. If a lock file still holds an original, delete that and node_modules first.'
  );
}

const [command, folder = '.'] = process.argv.slice(2);
if (command === 'doctor' && !fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
  console.error(`There is no folder ${path.resolve(folder)}`);
  process.exitCode = 2;
} else if (command === 'doctor') {
  doctor(path.resolve(folder));
} else {
  console.error('usage: npx faye-websocket-native doctor [folder]');
  process.exitCode = 2;
}
