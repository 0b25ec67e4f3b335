'use strict';

/**
 * `npm run test:faults`: deliberate faults in the shim and the binding (`scripts/faults/`), one at a time in a copy of
 * the package, each of which the tests of `npm test` must notice.
 *
 *     npm run test:faults                    all of them
 *     npm run test:faults -- ping drain      those with one of these words in their names or files
 *     npm run test:faults -- lib/            those in the shim; src/ for those in Rust, which want a build each
 *     npm run test:faults -- --check         only whether each still applies
 *     npm run test:faults -- --list          names only
 *
 * A fault names the tests that are likely to notice it; all tests of the package run, at the end, for those that are
 * not noticed. Tests that fail in the copy as it is notice nothing, so whatever is to catch a fault has passed there before.
 */

const { parseArgs } = require('node:util');

const FAULTS = require('./faults/list');
const { Copy } = require('./faults/copy');
const { check } = require('./faults/change');
const { prepare } = require('./prepare');

/** Plants the chosen faults; the names of those that survived. */
async function plant(faults) {
  const copy = new Copy();
  const unnoticed = [];
  const survivors = [];
  const start = Date.now();
  for (const [i, fault] of faults.entries()) {
    process.stdout.write(`${i + 1}/${faults.length} ${fault.name}: `);
    const by = await copy.catches(fault);
    if (by === null) unnoticed.push(fault);
    console.log(by === null ? 'not by the tests that it names' : `caught by ${by}`);
  }
  for (const fault of unnoticed) {
    process.stdout.write(`${fault.name}, all tests: `);
    const by = await copy.catchesAnywhere(fault);
    if (by === null) survivors.push(fault.name);
    console.log(by === null ? 'SURVIVED' : `caught by ${by}`);
  }
  copy.remove();
  const minutes = Math.round((Date.now() - start) / 6000) / 10;
  console.log(
    `\n${faults.length} planted, ${faults.length - survivors.length} caught, in ${minutes} minutes`
  );
  for (const name of survivors) console.log(`SURVIVED: ${name}`);
  return survivors;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { check: { type: 'boolean', default: false }, list: { type: 'boolean', default: false } }
  });
  const faults = FAULTS.filter(
    ({ name, file }) =>
      positionals.length === 0 || positionals.some((word) => name.includes(word) || file.includes(word))
  );
  if (values.list) {
    for (const { name } of faults) console.log(name);
    return;
  }
  const wrong = check(faults);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  if (values.check) {
    console.log(`${faults.length} faults apply`);
    return;
  }
  await prepare();
  const survivors = await plant(faults);
  if (survivors.length > 0) process.exitCode = 1;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
