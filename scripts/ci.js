'use strict';

/**
 * `.ci/run`: every suite and every check, and as its last line the sum of both. The tests of the package that tell of time
 * run one after the other; all else runs beside them, where they leave a processor idle (`scripts/beside.js`).
 */

const { beside, divided } = require('./beside');
const { runChecks } = require('./checks');
const { install, prepare } = require('./prepare');
const { run } = require('./process');
const { judged, nodeTest, report, sum } = require('./suites');

/** Mixed traffic, faults and churn for some seconds; whether nothing was lost and nothing grew. */
async function soak(seconds) {
  return (await run(process.execPath, ['soak/run.js', '--seconds', String(seconds), '--seed', '1'])) === 0;
}

/** Runs it all; a step that fails does not keep the next from running. */
async function main() {
  await install();
  await prepare();
  const [tests, others] = await Promise.all([nodeTest(divided().others, 'js'), beside()]);
  const counts = [others.count, await judged([tests, others.tests])];
  counts.push(await runChecks({ 'soak, 60 seconds': () => soak(60) }));
  report(sum(counts));
}

main().catch((error) => {
  console.error(error.message);
  report({ passed: 0, failed: 1, skipped: 0 });
});
