'use strict';

/**
 * What a delivery costs the process that makes it, and what a message costs the broker: CPU time, of one process with
 * many connections on a core of its own, while another process publishes.
 *
 *     node soak/topics_load.js                                     all kinds of brokers, and none, 3 rounds
 *     node soak/topics_load.js --kind jetstream --rounds 1 --size 1024
 *
 * `wide` is one topic that all connections are in: a message from the broker is many deliveries. `narrow` is a topic for
 * each connection: a message is one delivery. In `foreign` the other process publishes in twice as many topics as
 * somebody here is in: none of the others may get here. Clients are sockets that count bytes.
 */

const { fork } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { KINDS, Member } = require('../testing/topics/fleet');
const { end } = require('../testing/topics/brokers');
const { median } = require('./samples');

const { values } = parseArgs({
  options: {
    kind: { type: 'string', multiple: true, default: ['none', ...Object.keys(KINDS)] },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '200' },
    size: { type: 'string', default: '100' },
    deliveries: { type: 'string', default: '400000' },
    json: { type: 'boolean', default: false }
  }
});

const CONNECTIONS = Number(values.connections);
const SIZE = Number(values.size);
const DELIVERIES = Number(values.deliveries);

/** CPU time of a process with all its threads, in seconds. */
function cpuOf(pid) {
  const threads = fs.readdirSync(`/proc/${pid}/task`);
  const times = threads.map(
    (id) => fs.readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]
  );
  return times.reduce((sum, time) => sum + Number(time) / 1e9, 0);
}

/** CPU time as Node tells it, in seconds. */
function secondsOf({ user, system }) {
  return (user + system) / 1e6;
}

/** Scenarios: in which topic a connection is, in which others publish, how many messages, and how many at a time. */
const SCENARIOS = {
  wide: { topicOf: () => 'wide', names: ['wide'], messages: DELIVERIES / CONNECTIONS, inFlight: 1 },
  'wide, 16 at a time': {
    topicOf: () => 'wide',
    names: ['wide'],
    messages: DELIVERIES / CONNECTIONS,
    inFlight: 16
  },
  narrow: {
    topicOf: (i) => `narrow ${i}`,
    names: Array.from({ length: CONNECTIONS }, (_, i) => `narrow ${i}`),
    messages: DELIVERIES / 8,
    inFlight: 64
  },
  foreign: {
    topicOf: (i) => `foreign ${i}`,
    names: Array.from({ length: CONNECTIONS * 2 }, (_, i) => `foreign ${i}`),
    messages: DELIVERIES / 8,
    inFlight: 64
  }
};

/** Runs a scenario on processes that are there; resolves to what it cost. */
async function measure({ server, publisher, broker }, { topicOf, names, messages, inFlight }) {
  const clients = fork(path.join(__dirname, 'topics_clients.js'));
  try {
    clients.send({ port: server.port, topics: Array.from({ length: CONNECTIONS }, (_, i) => topicOf(i)) });
    await once(clients, 'message');
    // Warm: half of what is measured.
    await flood(publisher, server, { names, messages: Math.ceil(messages / 2), inFlight });
    const before = await server.metrics();
    const brokerCpu = broker && cpuOf(broker.pid());
    await flood(publisher, server, { names, messages, inFlight });
    const after = await server.metrics();
    const delivered = after.metrics.delivered - before.metrics.delivered;
    const received = after.metrics.received - before.metrics.received;
    return {
      delivered,
      received,
      unread: after.metrics.unread - before.metrics.unread,
      published: messages,
      cpu: (secondsOf(after.cpu) - secondsOf(before.cpu)) / delivered,
      brokerCpu: broker ? (cpuOf(broker.pid()) - brokerCpu) / messages : 0
    };
  } finally {
    await end(clients);
  }
}

/** Has messages published; resolves once the server has delivered what there is to deliver. */
async function flood(publisher, server, { names, messages, inFlight }) {
  const done = publisher.told('flooded');
  publisher.child.send({ flood: { names, count: messages, size: SIZE, inFlight } });
  await done;
  for (let last = -1; ;) {
    const { metrics } = await server.metrics();
    if (metrics.delivered === last) return;
    last = metrics.delivered;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** All scenarios with one kind of broker. */
async function round(kind) {
  const ends = [];
  const t = { after: (stop) => ends.unshift(stop) };
  try {
    const broker = kind === 'none' ? null : await KINDS[kind].start(t);
    const address = broker ? String(broker.socket || broker.port) : '';
    const server = await start(t, kind, address, 'server');
    const publisher = broker ? await start(t, kind, address, 'publisher') : server;
    const results = {};
    for (const [name, scenario] of Object.entries(SCENARIOS)) {
      if (kind === 'none' && name === 'foreign') continue;
      results[name] = await measure({ server, publisher, broker }, scenario);
    }
    return results;
  } finally {
    for (const stop of ends) await stop();
  }
}

/** Starts a process with topics. */
async function start(t, kind, address, name) {
  const member = new Member(kind, address, name, 'plain');
  t.after(() => end(member.child));
  ({ port: member.port } = await member.told('port'));
  return member;
}

/** Rounds of all kinds, interleaved. */
async function main() {
  const all = new Map(values.kind.map((kind) => [kind, []]));
  for (let i = 0; i < Number(values.rounds); i++) {
    for (const kind of values.kind) all.get(kind).push(await round(kind));
  }
  const rows = [];
  for (const [kind, rounds] of all) {
    for (const name of Object.keys(rounds[0])) {
      const of = (field) => rounds.map((each) => each[name][field]);
      const cpu = median(of('cpu'));
      rows.push({
        kind,
        scenario: name,
        'µs a delivery': Number((cpu * 1e6).toFixed(2)),
        'deliveries a second a core': Math.round(1 / cpu),
        'broker, µs a message': Number((median(of('brokerCpu')) * 1e6).toFixed(1)),
        'received of published': `${rounds[0][name].received} of ${rounds[0][name].published}`,
        unread: Math.max(...of('unread'))
      });
    }
  }
  if (values.json) console.log(JSON.stringify(rows, null, 1));
  else console.table(rows);
}

main();
