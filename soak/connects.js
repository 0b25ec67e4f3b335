'use strict';

/**
 * Ten thousand connects and closes of a client, on every way to a server: directly on both transports, over TLS, and
 * through proxies.
 *
 *     node soak/connects.js
 *     node soak/connects.js --rounds 1000
 *
 * Fails when descriptors, handles, slots, the heap or RSS are more at the end than after a quarter of the rounds.
 */

const { parseArgs } = require('node:util');

const { MEGABYTE, WAYS, churn, leaks } = require('../testing/peers/churning');

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10000' } } });

/** One measurement in a line. */
function line({ descriptors, handles, slots, heap, rss }) {
  const megabytes = (bytes) => (bytes / MEGABYTE).toFixed(1);
  return (
    `${descriptors} descriptors, ${handles.length} handles, ${slots} slots, ` +
    `heap ${megabytes(heap)} MB, RSS ${megabytes(rss)} MB`
  );
}

async function main() {
  const rounds = Number(values.rounds);
  for (const name of Object.keys(WAYS)) {
    const cleanups = [];
    const measured = await churn({ after: (cleanup) => cleanups.push(cleanup) }, name, rounds);
    cleanups.forEach((cleanup) => cleanup());
    const found = leaks(measured);
    console.log(`${rounds} connections ${name}: ${found.length === 0 ? 'ok' : 'NOT OK'}`);
    console.log(`  after ${rounds / 4}: ${line(measured.early)}`);
    console.log(`  at the end: ${line(measured.late)}`);
    for (const leak of found) console.log(`  ${leak}`);
    if (found.length > 0) process.exitCode = 1;
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
