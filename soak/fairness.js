'use strict';

/**
 * What a bystander feels of attackers: the round trips of one connection that sends a small message each millisecond or
 * so, beside 1, 4 and 16 connections that send a flood as fast as the server takes it. For each kind of flood, on our two
 * transports, and with `ws` and the reference in the same run.
 *
 *     node soak/fairness.js                                     everything: half an hour
 *     node soak/fairness.js --flood bombs,pings --attackers 1   floods with one of these words in their names
 *     node soak/fairness.js --server direct,ws --seconds 5
 *     node soak/fairness.js --server stream+tls,ws+tls          over TLS; see `fairness_server.js` for more of them
 *     node soak/fairness.js --server stream+http2               on streams of HTTP/2, attackers and bystander alike
 *     node soak/fairness.js --json                              what is counted besides, one line of JSON a run
 *
 * Server, attackers and bystander are processes of their own, the server on the first core, the others on the second,
 * the bystander with the higher priority. Figures are milliseconds: the bystander's round trips, p50/most, then behind a
 * semicolon how long the server's loop was held at most. Round trips suffer from whatever else the machine does; the hold
 * does not, as it is the lesser of wall and CPU time (see `fairness_server.js`).
 */

const { fork, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { FLOODS } = require('../testing/peers/floods');

const { values } = parseArgs({
  options: {
    flood: { type: 'string', default: '' },
    attackers: { type: 'string', default: '1,4,16' },
    server: { type: 'string', default: 'direct,stream,ws,reference' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false }
  }
});

/** How long a flood runs before it counts, in milliseconds: until the server has warmed up, and buffers are full. */
const WARM = 700;
const PEER = '../testing/peers/attack_process.js';

/** A process on a core, with a first message; resolves with its answer. */
async function start(file, args, core, task) {
  const child = fork(path.join(__dirname, file), args);
  spawnSync('taskset', ['-apc', String(core), String(child.pid)]);
  if (task) child.send(task);
  const [answer] = await once(child, 'message');
  return { child, answer };
}

/** What a process has counted since it was last asked. */
async function ask({ child }) {
  child.send('report');
  return (await once(child, 'message'))[0];
}

/** One run: what the bystander and the attackers tell. */
async function run(server, name, attackers) {
  const { headers, deflates, maxLength = headers ? 1 << 20 : 1 << 26 } = FLOODS[name];
  const coding = headers || deflates ? 'deflate' : 'plain';
  const subject = await start('fairness_server.js', [server, coding, String(maxLength)], 0);
  const target = {
    port: subject.answer,
    secure: server.endsWith('+tls'),
    http2: server.endsWith('+http2')
  };
  const bystander = await start(PEER, [], 1, { ...target, gap: 1 });
  const attacker = await start(PEER, [], 1, { ...target, flood: name, attackers });
  try {
    os.setPriority(attacker.child.pid, 10);
    os.setPriority(bystander.child.pid, -10);
  } catch {
    // Not without privileges.
  }
  await new Promise((resolve) => setTimeout(resolve, WARM));
  const processes = [subject, bystander, attacker];
  await Promise.all(processes.map(ask));
  await new Promise((resolve) => setTimeout(resolve, Number(values.seconds) * 1000));
  const answers = await Promise.all(processes.map(ask));
  for (const { child } of processes) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const result = Object.assign({}, ...answers);
  if (result.opened === 0) throw new Error(`no connection of '${name}' was accepted by ${server}`);
  return result;
}

/** Whether a server can be sent a flood: the heads of HTTP/1.1 over HTTP/1.1, streams over HTTP/2. */
function suits(server, { ours, head, http2 }) {
  if (ours && /^(ws|reference)/.test(server)) return false;
  return server.endsWith('+http2') ? !head : !http2;
}

const figure = ({ p50, most, hold }) => `${p50.toFixed(1)}/${most.toFixed(0)}; ${hold.toFixed(0)}`;

async function main() {
  const words = values.flood.split(',');
  const names = Object.keys(FLOODS).filter((name) => words.some((word) => name.includes(word)));
  const servers = values.server.split(',');
  const counts = values.attackers.split(',').map(Number);
  const heads = servers.flatMap((server) => counts.map((count) => `${server} ${count}`));
  console.log(`| flood | ${heads.join(' | ')} |`);
  console.log(`|---|${heads.map(() => '--:').join('|')}|`);
  for (const name of names) {
    const cells = [];
    for (const server of servers) {
      for (const count of counts) {
        const result = suits(server, FLOODS[name]) ? await run(server, name, count) : null;
        cells.push(result === null ? '' : figure(result));
        if (values.json) console.error(JSON.stringify({ name, server, count, ...result }));
      }
    }
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
