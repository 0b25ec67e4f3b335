'use strict';

/**
 * `npm run test:packed`: the tests of the package, on what is published instead of the sources. A copy of the
 * repository is made in `dist/`, with the programs of the root package as `npm run pack` lays them out.
 *
 * `npm run test:packed -- handshake` runs those in files with `handshake` in their paths.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { prepare } = require('./prepare');
const { ROOT, run } = require('./process');
const { isOwnDeclaration, stageRoot } = require('./stage');

const COPY = path.join(ROOT, 'dist', 'repository');

/** Copies, lays out, and runs. */
async function main(only) {
  await prepare();
  fs.rmSync(COPY, { recursive: true, force: true });
  const options = { cwd: ROOT, encoding: 'utf8' };
  const files = execFileSync('git', ['ls-files', '-z'], options).split('\0').filter(Boolean);
  const binaries = fs.readdirSync(ROOT).filter((name) => name.endsWith('.node'));
  for (const file of [...files, ...binaries]) {
    fs.mkdirSync(path.dirname(path.join(COPY, file)), { recursive: true });
    fs.copyFileSync(path.join(ROOT, file), path.join(COPY, file));
  }
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(COPY, 'node_modules'), 'junction');
  const { files: published } = require('../package.json');
  for (const file of files) {
    // Checks among the tests read the declarations of lib.
    const isPublished = published.some((entry) => file === entry || file.startsWith(`${entry}/`));
    if (isPublished && !isOwnDeclaration(file)) fs.rmSync(path.join(COPY, file));
  }
  const staged = stageRoot(path.join(ROOT, 'dist', 'tested'));
  fs.cpSync(staged, COPY, { recursive: true, filter: (file) => path.basename(file) !== 'package.json' });
  // Newer than the sources, which were copied just now, it is not built again.
  const now = new Date();
  for (const binary of binaries) fs.utimesSync(path.join(COPY, binary), now, now);
  process.exitCode = await run(process.execPath, ['scripts/test.js', 'js', ...only], { cwd: COPY });
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
