'use strict';

/**
 * What connections cost one process, in memory, descriptors and CPU time: the figures of `scripts/capacity`. With
 * `--check` what they say is compared with what is measured.
 *
 *     node soak/capacity.js --connections 2000 --write             measures the figures, and writes them
 *     node soak/capacity.js --connections 15000 --check            compares
 *
 * It takes as many descriptors as there are connections, in the server and in the clients together (`ulimit -n`). The
 * clients are processes of their own, each at another loopback address.
 */

const { fork } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { predict } = require('../scripts/capacity/model');

const FIGURES = path.join(__dirname, '..', 'scripts', 'capacity', 'figures.json');

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '2000' },
    processes: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '0.1' },
    members: { type: 'string', default: '1000' },
    size: { type: 'string', default: '100' },
    write: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false }
  }
});

const CONNECTIONS = Number(values.connections);
const PROCESSES = Number(values.processes);
const SECONDS = Number(values.seconds);
const RATE = Number(values.rate);
const SIZE = Number(values.size);
const TOPICS = Array.from(
  { length: Math.ceil(CONNECTIONS / Number(values.members)) },
  (_, i) => `/topic-${i}`
);

/** Has a process do something; resolves to what it says. */
async function ask(child, task, more) {
  child.send({ task, ...more });
  const [answer] = await once(child, 'message');
  if (answer.failed) throw new Error(answer.failed);
  return answer.result;
}

/** CPU time, in microseconds. */
const cpuOf = ({ cpu }) => cpu.user + cpu.system;

/** Runs something, and tells what CPU time the server takes meanwhile, less what it takes by itself. */
async function costOf(server, work, idle = 0) {
  const before = await ask(server, 'report', {});
  const begin = process.hrtime.bigint();
  await work();
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  const after = await ask(server, 'report', {});
  return { before, after, seconds, cpu: cpuOf(after) - cpuOf(before) - idle * seconds };
}

/** Opens all connections. */
async function openAll(clients, port) {
  const count = Math.ceil(CONNECTIONS / PROCESSES);
  await Promise.all(
    clients.map((child, i) => ask(child, 'open', { host: `127.0.0.${i + 1}`, port, count, topics: TOPICS }))
  );
}

/** Waits some seconds. */
const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Kernel objects of a connection, by their names in /proc/slabinfo. */
const OBJECTS = /^(TCP|sock_inode_cache|dentry|filp|eventpoll_epi|eventpoll_pwq) +(\d+) +\d+ +(\d+)/gm;

/** What those take, in bytes; null if the kernel does not say. */
function kernelMemory() {
  try {
    const text = fs.readFileSync('/proc/slabinfo', 'utf8');
    let sum = 0;
    for (const [, , active, size] of text.matchAll(OBJECTS)) sum += Number(active) * Number(size);
    return sum;
  } catch {
    return null;
  }
}

/** What a message costs that clients send, so many of them a second. */
async function measureMessages(server, clients, perSecond, idle) {
  const count = Math.max(1, Math.round((perSecond * SECONDS) / PROCESSES));
  const { before, after, cpu, seconds } = await costOf(
    server,
    () => Promise.all(clients.map((child) => ask(child, 'send', { count, seconds: SECONDS }))),
    idle
  );
  const received = after.received - before.received;
  if (received < count * PROCESSES * 0.99)
    throw new Error(`${received} of ${count * PROCESSES} messages came`);
  return { received, cpu, perSecond: received / seconds };
}

/** Measures everything. */
async function measure(server, clients) {
  const [{ port }] = await once(server, 'message');
  // A few first, so that code is warm and heaps have grown.
  await warm(port);
  const empty = await ask(server, 'report', { memory: true });
  const kernel = kernelMemory();
  const handshakes = await costOf(server, () => openAll(clients, port));
  const full = await ask(server, 'report', { memory: true });
  const connected = kernelMemory();
  await ask(server, 'join');
  const joined = await ask(server, 'report', { memory: true });
  const idle = await costOf(server, () => wait(SECONDS / 2));
  const perSecond = idle.cpu / idle.seconds;
  // With `--write` at several rates, since what wakes the process for itself costs more.
  const rates = values.write ? [100, 1000, 10000] : [CONNECTIONS * RATE];
  const messages = [];
  for (const rate of rates) messages.push(await measureMessages(server, clients, rate, perSecond));
  const published = TOPICS.length * SECONDS;
  const deliveries = await costOf(
    server,
    () => ask(server, 'publish', { names: TOPICS, size: SIZE, count: published, seconds: SECONDS }),
    perSecond
  );
  const delivered = deliveries.after.metrics.delivered - deliveries.before.metrics.delivered;
  if (full.connections !== CONNECTIONS) throw new Error(`${full.connections} connections are open`);
  const shook = handshakes.after.handshakes - handshakes.before.handshakes;
  return {
    connections: CONNECTIONS,
    baseMemory: empty.memory.rss,
    memory: (full.memory.rss - empty.memory.rss) / CONNECTIONS,
    memoryOfTopic: (joined.memory.rss - full.memory.rss) / CONNECTIONS,
    // Both ends of each connection are on this machine.
    kernelMemory: kernel === null ? 0 : (connected - kernel) / CONNECTIONS / 2,
    baseDescriptors: empty.descriptors,
    descriptors: (full.descriptors - empty.descriptors) / CONNECTIONS,
    handshake: handshakes.cpu / shook,
    messages: messages.map(({ perSecond: rate, received, cpu }) => [Math.round(rate), cpu / received]),
    delivery: deliveries.cpu / delivered,
    idle: perSecond / CONNECTIONS,
    // What was run, for the comparison.
    run: {
      received: messages.reduce((sum, { received }) => sum + received, 0),
      perSecond: messages[0].perSecond,
      delivered,
      handshakes: shook,
      handshakeCpu: handshakes.cpu,
      messageCpu: messages.reduce((sum, { cpu }) => sum + cpu, 0),
      deliveryCpu: deliveries.cpu,
      memory: joined.memory.rss,
      descriptors: joined.descriptors
    }
  };
}

/** Connects and closes a hundred. */
async function warm(port) {
  const child = fork(path.join(__dirname, 'capacity_clients.js'));
  await ask(child, 'open', { host: '127.0.0.1', port, count: 300, topics: TOPICS });
  await ask(child, 'send', { count: 3000, seconds: 1 });
  child.kill();
  await once(child, 'exit');
  await wait(1);
}

/** Compares what the figures say about a run with what was measured. */
function compare({ run, connections }) {
  const figures = JSON.parse(fs.readFileSync(FIGURES, 'utf8'));
  const nothing = { connections, topics: 1, handshakes: 0, messages: 0, messagesPerSecond: 1, deliveries: 0 };
  const said = (done) => predict(figures, { ...nothing, ...done });
  const { received: messages, perSecond: messagesPerSecond } = run;
  const rows = [
    ['memory, MiB', said({}).memory / 2 ** 20, run.memory / 2 ** 20],
    ['descriptors', said({}).descriptors, run.descriptors],
    ['CPU time of handshakes, s', said({ handshakes: run.handshakes }).cpu / 1e6, run.handshakeCpu / 1e6],
    ['CPU time of messages, s', said({ messages, messagesPerSecond }).cpu / 1e6, run.messageCpu / 1e6],
    ['CPU time of deliveries, s', said({ deliveries: run.delivered }).cpu / 1e6, run.deliveryCpu / 1e6]
  ].map(([what, predicted, measured]) => ({
    what,
    predicted: Number(predicted.toFixed(2)),
    measured: Number(measured.toFixed(2)),
    'predicted / measured': Number((predicted / measured).toFixed(2))
  }));
  console.table(rows);
}

async function main() {
  const server = fork(path.join(__dirname, 'capacity_server.js'), { execArgv: ['--expose-gc'] });
  const clients = Array.from({ length: PROCESSES }, () => fork(path.join(__dirname, 'capacity_clients.js')));
  try {
    const measured = await measure(server, clients);
    console.log(measured);
    if (values.write) {
      const machine = `${os.cpus()[0].model}, Node.js ${process.versions.node}`;
      const old = fs.existsSync(FIGURES) ? JSON.parse(fs.readFileSync(FIGURES, 'utf8')) : {};
      const figures = { ...measured, run: undefined };
      fs.writeFileSync(FIGURES, `${JSON.stringify({ ...old, machine, process: figures }, null, 2)}\n`);
    }
    if (values.check) compare(measured);
  } finally {
    for (const child of [server, ...clients]) child.kill();
  }
}

main();
