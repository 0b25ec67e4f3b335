'use strict';

/**
 * `npm run test:consumers`: packs the package and tries it with what its users use, which has a lock file of its own in
 * consumers/. Takes minutes and needs the npm registry, so it is not a part of `npm test`.
 */

const fs = require('node:fs');
const path = require('node:path');

const { prepare } = require('./prepare');
const { ROOT, run, runNpm, say } = require('./process');

/** Installs the tools, then runs each check, or those whose names hold a word of the command line. */
async function main(only) {
  await prepare();
  const cwd = path.join(ROOT, 'consumers');
  say('npm ci in consumers/: installing bundlers and package managers');
  const installed = await runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd });
  if (installed !== 0) throw new Error(`npm ci failed with exit code ${installed}`);

  const files = fs
    .readdirSync(cwd)
    .filter(
      (name) => name.endsWith('.check.js') && (only.length === 0 || only.some((word) => name.includes(word)))
    );
  process.exitCode = await run(process.execPath, ['--test', '--test-reporter=spec', ...files], { cwd });
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
