'use strict';

/**
 * Fresh connections whose first messages come with the handshake or right behind it, in random packets, while other
 * processes keep the processors busy. A message that is missed leaves its connection standing still.
 *
 *     node soak/bursts.js                                 20,000 connections a role and transport
 *     node soak/bursts.js --connections 1000 --burners 8 --seed 7
 */

const { spawn } = require('node:child_process');
const os = require('node:os');
const { parseArgs } = require('node:util');

const { burstAsClient, burstAsServer } = require('../testing/peers/bursts');
const { random } = require('../testing/peers/random');
const { listen } = require('../testing/peers/raw_server');
const { startSubject } = require('../testing/peers/subject');

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '20000' },
    abreast: { type: 'string', default: '50' },
    burners: { type: 'string', default: String(2 * os.cpus().length) },
    seed: { type: 'string', default: '1' }
  }
});
const CONNECTIONS = Number(values.connections);
const ABREAST = Number(values.abreast);
const SEED = Number(values.seed) * 1_000_003;
/** After how long a connection counts as stuck, in milliseconds: it has at most 24 packets to send. */
const STUCK = 60_000;

/** Processes that want a processor each. They leave the rest of the machine a little air now and then. */
function burn(count) {
  const script = 'setInterval(() => { const end = Date.now() + 40; while (Date.now() < end); }, 41)';
  return Array.from({ length: count }, () => spawn(process.execPath, ['-e', script], { stdio: 'ignore' }));
}

/** Lives all connections, some at a time; the numbers of those that failed. */
async function all(burst) {
  const failed = [];
  let next = 0;
  const line = async () => {
    while (next < CONNECTIONS && failed.length < 10) {
      const number = next++;
      let timer;
      const late = new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new Error('it stands still')), STUCK);
      });
      await Promise.race([burst(random(SEED + number)), late]).catch(({ message }) => {
        failed.push(`connection ${number}: ${message}`);
      });
      clearTimeout(timer);
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, line));
  return failed;
}

/** Tells how one round went. */
async function round(name, burst) {
  const begun = process.hrtime.bigint();
  const failed = await all(burst);
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  console.log(`${name}: ${CONNECTIONS} connections in ${seconds.toFixed(0)} s, ${failed.length} failed`);
  for (const text of failed) console.log(`  ${text}`);
  if (failed.length > 0) process.exitCode = 1;
}

async function main() {
  const burners = burn(Number(values.burners));
  const cleanups = [() => burners.forEach((burner) => burner.kill())];
  try {
    for (const transport of ['direct', 'stream']) {
      const subject = await startSubject(null, {
        options: { transport },
        behaviour: (ws) => {
          ws.onmessage = ({ data }) => ws.send(data);
        }
      });
      cleanups.push(() => subject.stop());
      await round(`server, ${transport}`, (roll) => burstAsClient(roll, subject.port));
      const server = await listen({ after: (cleanup) => cleanups.push(cleanup) });
      await round(`client, ${transport}`, (roll) => burstAsServer(roll, server, { transport }));
    }
  } finally {
    for (const cleanup of cleanups) await cleanup();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
