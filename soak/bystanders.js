'use strict';

/**
 * What others feel of a large message: the round trips of 100 connections that ping-pong, alone, and while another one
 * has 16 MiB of compressible text echoed with permessage-deflate, one message after the other.
 *
 *     node soak/bystanders.js                                      3 rounds of both, 4 seconds each
 *     node soak/bystanders.js --rounds 5 --seconds 8 --kind binary
 *     node soak/bystanders.js --cores 0,1 --gap 10                 the server on two cores, a ping each 10 ms
 *
 * Server, ping-pong and the large messages are processes of their own, the server on `--cores` (the first, unless told
 * otherwise), the other two on the second. The large message is compressed beforehand and its echo only counted, so that
 * its sender takes nothing from the others. Figures are round trips in milliseconds of all pings of a run, the next of
 * each connection sent when the last is back (or `--gap` milliseconds later).
 */

const { fork, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { startSubject } = require('../testing/peers/subject');
const { median } = require('./samples');

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '100' },
    gap: { type: 'string', default: '0' },
    size: { type: 'string', default: '16' },
    kind: { type: 'string', default: 'text' },
    cores: { type: 'string', default: '0' },
    transport: { type: 'string', default: 'auto' }
  }
});

/** Runs a process on some cores from now on, with all threads that it will start. */
function pin(child, cores) {
  const { status } = spawnSync('taskset', ['-apc', cores, String(child.pid)]);
  if (status !== 0) throw new Error('The processes cannot be pinned: taskset failed');
}

/** A process of `bystanders_peer.js` on the second core. */
async function peer(task) {
  const child = fork(path.join(__dirname, 'bystanders_peer.js'));
  pin(child, '1');
  child.send(task);
  await once(child, 'message');
  return child;
}

/** Asks a peer for what it has counted since the last time. */
async function ask(child) {
  child.send('report');
  return (await once(child, 'message'))[0];
}

/** The round trips of one run. */
async function run(url, large) {
  const milliseconds = Number(values.seconds) * 1000;
  const sender = large ? await peer({ ...large, ...url }) : null;
  const pings = await peer({ connections: Number(values.connections), gap: Number(values.gap), ...url });
  // The first second warms up.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await ask(pings);
  if (sender) await ask(sender);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  const result = { ...(await ask(pings)), ...(sender ? await ask(sender) : {}) };
  for (const child of [pings, sender]) {
    if (child === null) continue;
    child.disconnect();
    await once(child, 'exit');
  }
  return result;
}

async function main() {
  const subject = await startSubject(null, {
    behaviour: (ws) => {
      ws.onmessage = ({ data }) => ws.send(data);
    },
    deflate: {},
    options: { transport: values.transport }
  });
  pin(subject.child, values.cores);
  const url = { port: subject.port };
  const large = { size: Number(values.size) * 2 ** 20, kind: values.kind };
  const p99 = { alone: [], beside: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const name of ['alone', 'beside']) {
      const { count, percentiles, echoes = 0 } = await run(url, name === 'beside' && large);
      const line = Object.entries(percentiles).map(([key, value]) => `${key} ${value.toFixed(2)}`);
      console.log(
        `${name.padEnd(6)}  ${line.join('  ')}  of ${count} pings, ${echoes} echoes of ${values.size} MiB`
      );
      p99[name].push(percentiles.p99);
    }
  }
  const [alone, beside] = [median(p99.alone), median(p99.beside)];
  console.log(
    `p99 ${alone.toFixed(2)} ms alone, ${beside.toFixed(2)} ms beside: ${(beside / alone).toFixed(2)} x`
  );
  await subject.stop();
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
