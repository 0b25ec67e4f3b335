'use strict';

/**
 * `npm run pack`: makes the packages as they are published, in `dist/`: a folder for each, and its tarball. The
 * platforms are those whose binary is here, which after a build is one.
 *
 *     npm run pack
 *     npm run pack -- --binaries FOLDER   with all binaries, from anywhere below FOLDER
 *     npm run pack -- --to FOLDER         elsewhere than in dist/
 *
 * The last line is the command that installs them in another project.
 *
 * Packages that are larger than promised are an error.
 */

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { ROOT, runNpm } = require('./process');
const { readManifest, siblings, stagePlatform, stageRoot, stageSibling, targets } = require('./stage');

/** The most that a package may take when it is unpacked, in bytes. */
const LARGEST_ROOT = 1_340_000;
const LARGEST_SIBLING = 30_000;
const LARGEST_PLATFORM = 2_500_000;

/** Makes the packages that there are binaries for, then the root package, then its siblings: the order in which to publish. */
async function main(args) {
  const text = { type: 'string' };
  const { values } = parseArgs({ args, options: { refuse: { type: 'boolean' }, binaries: text, to: text } });
  if (values.refuse) throw new Error('these are the sources; what is published comes from `npm run pack`');
  const folder = values.binaries;
  const dist = values.to ? path.resolve(values.to) : path.join(ROOT, 'dist');
  const binaries = folder ? filesBelow(path.resolve(folder)) : filesIn(ROOT);
  // A folder of the user's is not emptied.
  if (!values.to) fs.rmSync(dist, { recursive: true, force: true });
  fs.mkdirSync(dist, { recursive: true });
  const packed = [];
  for (const target of targets()) {
    const { main: name } = readManifest(path.join(ROOT, 'npm', target));
    const binary = binaries.find((file) => path.basename(file) === name);
    if (binary)
      packed.push(await pack(stagePlatform(target, binary, path.join(dist, target)), dist, LARGEST_PLATFORM));
    else if (folder) throw new Error(`there is no ${name} below ${folder}`);
  }
  const root = await pack(stageRoot(path.join(dist, 'root')), dist, LARGEST_ROOT);
  const names = [...packed.map(({ file }) => file), `faye-websocket@file:${root.file}`];
  packed.push(root);
  for (const name of siblings())
    packed.push(await pack(stageSibling(name, path.join(dist, name)), dist, LARGEST_SIBLING));
  if (!packed.every(({ fits }) => fits)) process.exitCode = 1;
  if (!folder) console.log(`\nIn another project:\n\n  npm install ${names.join(' ')}`);
}

/** Packs a folder into `dist`; resolves to the tarball, and whether it is as small as it has to be. */
async function pack(folder, dist, largest) {
  const { name, version } = readManifest(folder);
  const code = await runNpm(['pack', '--silent', '--pack-destination', dist], { cwd: folder });
  if (code !== 0) throw new Error(`npm pack failed with exit code ${code}`);
  const size = filesBelow(folder).reduce((sum, file) => sum + fs.statSync(file).size, 0);
  const fits = size <= largest;
  console.log(`${name}: ${size} bytes unpacked, ${fits ? 'within' : 'MORE THAN'} ${largest}`);
  return { file: path.join(dist, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`), fits };
}

/** The files of a folder. */
function filesIn(folder) {
  return fs.readdirSync(folder).map((name) => path.join(folder, name));
}

/** The files of a folder and of those in it. */
function filesBelow(folder) {
  return filesIn(folder).flatMap((file) => (fs.statSync(file).isDirectory() ? filesBelow(file) : [file]));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
