'use strict';

/**
 * `npm test`: installs and builds what is missing, runs every suite, and ends with one line,
 * `N passed, N failed`.
 *
 * `npm test -- rust` runs the core's tests alone, `npm test -- js` the package's, and
 * `npm test -- js handshake` those in files with `handshake` in their paths. A word that is in no path may be one of the
 * titles: `npm test -- js EventSource`.
 */

const { prepare, install } = require('./prepare');
const { node, report, rust, sum } = require('./suites');

/** Runs the suites that the command line names, or all. */
async function main([suite, ...only]) {
  if (suite === 'rust') return report(await rust());
  if (suite === 'js') {
    await prepare();
    return report(await node(only));
  }
  if (suite) throw new Error(`there is no suite ${suite}; there are rust and js`);

  await install();
  const core = await rust();
  await prepare();
  return report(sum([core, await node()]));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  report({ passed: 0, failed: 1, skipped: 0 });
});
