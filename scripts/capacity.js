'use strict';

/**
 * What a number of connections costs: processes, machines, and what the broker has to do. From figures that were measured
 * here (`scripts/capacity/figures.json`; `node soak/capacity.js --write` measures them on your machine).
 *
 *     node scripts/capacity.js --connections 1e6 --rate 0.1
 *     node scripts/capacity.js --connections 1e6 --published 50 --members 2000 --broker redisStreams
 *     node scripts/capacity.js --connections 1e7 --simulate        a deploy, a hot topic, and a broker that is gone
 *     node scripts/capacity.js --help                              everything that can be said
 */

const { parseArgs } = require('node:util');

const figures = require('./capacity/figures.json');
const { plan } = require('./capacity/model');
const { deadBroker, deploy, hotTopic } = require('./capacity/simulate');

/** The brokers by the names of their adapters. */
const BROKERS = {
  redis: 'redis',
  redisStreams: 'redis streams',
  nats: 'nats',
  jetStream: 'jetstream',
  none: ''
};

/** What can be said, with what it is otherwise. */
const SETTINGS = {
  connections: [1e6, 'connections altogether'],
  rate: [0.1, 'messages that each of them sends a second'],
  work: [0, 'µs of CPU that your application takes for one of those'],
  published: [10, 'messages that are published a second, in all topics together'],
  members: [1000, 'connections in a topic'],
  topics: [1, 'topics that a connection is in'],
  size: [200, 'bytes of a message'],
  reconnects: [1, 'times an hour that a connection comes back'],
  handshake: [0, 'µs of CPU for that besides: your own work, and TLS'],
  broker: ['redisStreams', `one of ${Object.keys(BROKERS).join(', ')}`],
  cores: [8, 'cores of a machine that processes may use'],
  memory: [32, 'GiB of a machine'],
  heap: [2, 'GiB that a process may take'],
  descriptors: [65536, 'descriptors that a process may have'],
  utilisation: [0.5, 'share of a core that a process may take'],
  processes: [0, 'for --simulate: how many processes, if not as many as are needed'],
  jitter: [10, 'for --simulate: seconds within which clients come back'],
  shutdown: [1000, 'for --simulate: connections a second that a process lets go'],
  parallel: [0.01, 'for --simulate: share of the processes that are replaced at a time'],
  down: [10, 'for --simulate: seconds that the broker is gone']
};

/** Those that may be nothing, and those that are shares. */
const MAY_BE_NOTHING = [
  'rate',
  'work',
  'published',
  'topics',
  'reconnects',
  'handshake',
  'processes',
  'jitter',
  'down'
];
const SHARES = ['utilisation', 'parallel'];

/** A number of the command line. */
function numberOf(name, value) {
  const number = Number(value);
  const most = SHARES.includes(name) ? 1 : Infinity;
  const isPossible = MAY_BE_NOTHING.includes(name) ? number >= 0 : number > 0;
  if (isPossible && number <= most && number < Infinity) return number;
  const bounds = most === 1 ? ' up to 1' : MAY_BE_NOTHING.includes(name) ? '' : ' above 0';
  throw new Error(`--${name} is a number${bounds}, not ${value}: ${SETTINGS[name][1]}`);
}

/** What the command line says. */
function read() {
  const options = { help: { type: 'boolean' }, simulate: { type: 'boolean' }, json: { type: 'boolean' } };
  for (const name of Object.keys(SETTINGS)) options[name] = { type: 'string' };
  const { values } = parseArgs({ options });
  const settings = {};
  for (const [name, [otherwise]] of Object.entries(SETTINGS)) {
    const value = values[name];
    settings[name] =
      value === undefined || typeof otherwise === 'string' ? value || otherwise : numberOf(name, value);
  }
  const plainly = (name) => name.toLowerCase().replace(/[\s_-]/g, '');
  const broker = Object.keys(BROKERS).find((name) => plainly(name) === plainly(settings.broker));
  if (broker === undefined) throw new Error(`--broker is ${SETTINGS.broker[1]}, not ${settings.broker}`);
  settings.broker = BROKERS[broker];
  return { settings, values };
}

/** A number for people. */
function show(number, unit = '') {
  if (number === Infinity) return 'never';
  if (number >= 100) return Math.round(number).toLocaleString('en') + unit;
  return Number(number.toPrecision(2)) + unit;
}

/** A number of things for people. */
const count = (number, one, many = `${one}s`) => `${show(number)} ${show(number) === '1' ? one : many}`;

/** Bytes a second for people. */
const bits = (bytes) => `${show((bytes * 8) / 1e6)} Mbit/s`;

/** Prints what is planned. */
function tell(result, settings) {
  const { bounds, broker } = result;
  const limit =
    { cpu: 'CPU time', memory: 'memory', descriptors: 'descriptors' }[result.bound] || result.bound;
  console.log(
    `One process holds ${count(bounds[result.bound], 'connection')}, for which it runs out of ${limit}`
  );
  console.log(
    `  (CPU time allows ${show(bounds.cpu)}, memory ${show(bounds.memory)}, descriptors ${show(bounds.descriptors)})`
  );
  console.log(
    `${count(result.processes, 'process', 'processes')} of ${count(result.connections, 'connection')}`
  );
  console.log(`  each takes ${show(100 * result.cpu)} % of a core and ${show(result.memory / 2 ** 20)} MiB`);
  console.log(`${count(result.machines, 'machine')} with ${show(result.processesPerMachine)} of them`);
  console.log(`  they send ${bits(result.bytesOut / result.machines)} each, for topics`);
  if (broker === null) return;
  console.log(
    `The broker (${settings.broker}) sends each message to ${count(broker.copies, 'process', 'processes')}`
  );
  console.log(
    `  takes ${show(broker.cpu)} of a core: ${count(broker.cores, 'core')} at --utilisation ${settings.utilisation}`
  );
  console.log(`  sends ${bits(broker.bytesOut)}, and holds ${count(broker.subscriptions, 'subscription')}`);
  console.log(`  a process gets ${show(100 * broker.share)} % of all messages: those of its own topics`);
}

/** Simulates what may happen, and prints it. */
function simulate(result, settings) {
  const base = {
    connections: settings.connections,
    processes: settings.processes || result.processes,
    start: 3,
    handshake: figures.process.handshake + settings.handshake,
    busy: Math.min(0.9, result.cpu)
  };
  tellDeploys(base, settings);
  const costs = figures.brokers[settings.broker];
  if (!costs) return;
  tellHotTopic(base, costs, result, settings);
  tellDeadBroker(base, costs, result, settings);
}

/** Prints what four ways to replace all processes come to. */
function tellDeploys(base, { jitter, parallel, shutdown }) {
  const { processes, handshake } = base;
  const some = Math.max(1, Math.round(processes * parallel));
  const ways = {
    'all at once, clients come back at once': { atOnce: processes, rate: Infinity, jitter: 0 },
    [`all at once, within ${jitter} s`]: { atOnce: processes, rate: Infinity, jitter },
    [`${some} at a time, come back at once`]: { atOnce: some, rate: Infinity, jitter: 0 },
    [`${some} at a time, ${shutdown} a second, within ${jitter} s`]: { atOnce: some, rate: shutdown, jitter }
  };
  const rows = Object.entries(ways).map(([name, how]) => {
    const { seconds, away, peak, wait, retries } = deploy({ ...base, ...how });
    const row = {
      'all back after': show(seconds, ' s'),
      'away at once': show(away),
      'busiest core': show(100 * peak, ' %'),
      'longest wait': show(wait, ' s'),
      'gave up': show(retries)
    };
    return [name, row];
  });
  console.log(`\nA deploy of ${show(processes)} processes, ${show(handshake)} µs a handshake`);
  console.table(Object.fromEntries(rows));
}

/** Prints what a message costs in a topic that everybody is in. */
function tellHotTopic(base, { copy, publish }, result, { connections, size, utilisation }) {
  const hot = hotTopic({
    ...base,
    delivery: figures.process.delivery,
    copy,
    publish,
    size,
    free: Math.max(0, utilisation - result.cpu) || utilisation
  });
  console.log(`A topic that all ${show(connections)} are in`);
  console.log(`  the last has a message ${show(1000 * hot.last)} ms after the first`);
  console.log(`  ${show(hot.messages)} messages a second fill what is free of a core`);
  console.log(
    `  for each, the broker sends ${show(hot.brokerBytes / 1e6)} MB and the processes ${show(hot.bytes / 1e9)} GB`
  );
}

/** Prints what becomes of a broker that is gone for a while. */
function tellDeadBroker({ processes }, costs, { processes: planned, broker }, { down, jitter, published }) {
  const topics = Math.max(1, Math.round(broker.subscriptions / planned));
  const { copies, cores } = broker;
  const more = { copies, cores, costs: { read: 0, ...costs } };
  const dead = deadBroker({ processes, topics, down, jitter, published, ...more });
  console.log(`The broker is gone for ${down} s; each process holds ${show(topics)} topics`);
  console.log(
    `  all are current ${show(dead.seconds)} s after it is back; its queue is ${show(dead.peak)} s long at most`
  );
  console.log(`  ${show(dead.lost)} messages are lost; ${show(dead.queued)} waited`);
}

/** Says what can be said. */
function help() {
  for (const [name, [otherwise, what]] of Object.entries(SETTINGS)) {
    console.log(`--${name.padEnd(12)} ${what} (${otherwise})`);
  }
}

try {
  const { settings, values } = read();
  if (values.help) {
    help();
  } else {
    const GIB = 2 ** 30;
    const machine = { ...settings, memory: settings.memory * GIB, heap: settings.heap * GIB };
    const result = plan(figures, settings, machine);
    if (values.json) console.log(JSON.stringify(result, null, 2));
    else tell(result, settings);
    if (values.simulate) simulate(result, settings);
  }
} catch (error) {
  console.error(error.message);
  if (/^ERR_PARSE_ARGS/.test(error.code)) console.error('node scripts/capacity.js --help says what there is');
  process.exitCode = 1;
}
