'use strict';

/**
 * `npm run pack`: makes the packages as they are published, in `dist/`: a folder for each, and its tarball. The
 * platforms are those whose binary is here, which after a build is one.
 *
 *     npm run pack
 *     npm run pack -- --binaries FOLDER   with all binaries, from anywhere below FOLDER
 *
 * Packages that are larger than promised are an error.
 */

const fs = require('node:fs');
const path = require('node:path');

const { ROOT, runNpm } = require('./process');
const { readManifest, siblings, stagePlatform, stageRoot, stageSibling, targets } = require('./stage');

const DIST = path.join(ROOT, 'dist');

/** The most that a package may take when it is unpacked, in bytes. */
const LARGEST_ROOT = 1_100_000;
const LARGEST_SIBLING = 30_000;
const LARGEST_PLATFORM = 2_500_000;

/** Makes the packages that there are binaries for, then the root package, then its siblings: the order in which to publish. */
async function main([option, folder]) {
  if (option === '--refuse')
    throw new Error('these are the sources; what is published comes from `npm run pack`');
  if (option && (option !== '--binaries' || !folder)) throw new Error('usage: [--binaries FOLDER]');
  const binaries = folder ? filesBelow(path.resolve(folder)) : filesIn(ROOT);
  fs.rmSync(DIST, { recursive: true, force: true });
  let fits = true;
  for (const target of targets()) {
    const { main: name } = readManifest(path.join(ROOT, 'npm', target));
    const binary = binaries.find((file) => path.basename(file) === name);
    if (binary)
      fits = (await pack(stagePlatform(target, binary, path.join(DIST, target)), LARGEST_PLATFORM)) && fits;
    else if (folder) throw new Error(`there is no ${name} below ${folder}`);
  }
  fits = (await pack(stageRoot(path.join(DIST, 'root')), LARGEST_ROOT)) && fits;
  for (const name of siblings())
    fits = (await pack(stageSibling(name, path.join(DIST, name)), LARGEST_SIBLING)) && fits;
  if (!fits) process.exitCode = 1;
}

/** Packs a folder; resolves to whether it is as small as it has to be. */
async function pack(folder, largest) {
  const { name } = readManifest(folder);
  const code = await runNpm(['pack', '--silent', '--pack-destination', DIST], { cwd: folder });
  if (code !== 0) throw new Error(`npm pack failed with exit code ${code}`);
  const size = filesBelow(folder).reduce((sum, file) => sum + fs.statSync(file).size, 0);
  console.log(`${name}: ${size} bytes unpacked, ${size <= largest ? 'within' : 'MORE THAN'} ${largest}`);
  return size <= largest;
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
