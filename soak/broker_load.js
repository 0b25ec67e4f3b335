'use strict';

/**
 * What a broker spends on a message: CPU time for taking it, and for each process that it sends it to; on a topic that a
 * process begins to listen to; and on a member who comes back and reads ten messages that it missed. What the two last
 * cost the process is told as well. The processes are connections of this one, each with topics of its own.
 *
 *     node soak/broker_load.js                                     all kinds
 *     node soak/broker_load.js --write                             and writes them among the figures of scripts/capacity
 */

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { Topics, jetStream, nats, redis, redisStreams } = require('../topics');
const { REDIS_CLIENTS, connectNats, startNats, startRedis } = require('../testing/topics/brokers');
const { FakeConnection } = require('../testing/topics/fake_broker');
const { median } = require('./samples');

const FIGURES = path.join(__dirname, '..', 'scripts', 'capacity', 'figures.json');

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '40000' },
    processes: { type: 'string', default: '40' },
    rounds: { type: 'string', default: '3' },
    write: { type: 'boolean', default: false }
  }
});

const makeRedis =
  (adapterOf) =>
  async (t, { socket }) => {
    return adapterOf(await REDIS_CLIENTS['@redis/client'](t, socket));
  };
const makeNats =
  (adapterOf) =>
  async (t, { port }) =>
    adapterOf({ connection: await connectNats(t, port) });

/** Kinds of brokers: how one is started, and how a process uses it. */
const KINDS = {
  redis: [startRedis, makeRedis(redis)],
  'redis streams': [(t) => startRedis(t, { durable: true }), makeRedis(redisStreams)],
  nats: [startNats, makeNats(nats)],
  jetstream: [startNats, makeNats(jetStream)]
};

/** CPU time of a process with all its threads, in microseconds. */
function cpuOf(pid) {
  const threads = fs.readdirSync(`/proc/${pid}/task`);
  const times = threads.map(
    (id) => fs.readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]
  );
  return times.reduce((sum, time) => sum + Number(time) / 1000, 0);
}

/** What a message costs a broker that sends it to so many processes. */
async function cost([start, adapterOf], processes, messages) {
  const ends = [];
  const t = { after: (end) => ends.unshift(end) };
  try {
    const broker = await start(t);
    const hubs = [];
    for (let i = 0; i <= processes; i++) {
      const hub = new Topics({ adapter: await adapterOf(t, broker) });
      t.after(() => hub.close());
      hubs.push(hub);
    }
    const publisher = hubs.pop();
    let received = 0;
    for (const hub of hubs) {
      const connection = new FakeConnection();
      connection.send = () => (received += 1) > 0;
      await hub.subscribe(connection, 'news');
    }
    const before = cpuOf(broker.pid());
    const data = 'x'.repeat(100);
    let next = 0;
    const one = async () => {
      while (next++ < messages) await publisher.publish('news', data);
    };
    await Promise.all(Array.from({ length: 64 }, one));
    while (received < messages * processes) await new Promise((resolve) => setTimeout(resolve, 10));
    return (cpuOf(broker.pid()) - before) / messages;
  } finally {
    for (const end of ends) await end();
  }
}

/** What subscribing costs the broker and the process, for each topic; and coming back, for each member. */
async function costOfComing([start, adapterOf], count) {
  const ends = [];
  const t = { after: (end) => ends.unshift(end) };
  try {
    const broker = await start(t);
    // Without what a process remembers itself, so that all of them are read.
    const hub = new Topics({ adapter: await adapterOf(t, broker), recent: 0 });
    t.after(() => hub.close());
    /** CPU time of both while something is done. */
    const spent = async (work) => {
      const before = [cpuOf(broker.pid()), process.cpuUsage()];
      await work();
      const { user, system } = process.cpuUsage(before[1]);
      return [(cpuOf(broker.pid()) - before[0]) / count, (user + system) / count];
    };
    const names = Array.from({ length: count }, (_, i) => `topic ${i}`);
    const subscribe = () => Promise.all(names.map((name) => hub.subscribe(new FakeConnection(), name)));
    const [subscription, subscriptionHere] = await spent(subscribe);
    const offset = await hub.publish('topic 0', 'first');
    if (offset === null) return { subscription, subscriptionHere };
    for (let i = 0; i < 10; i++) await hub.publish('topic 0', 'x'.repeat(100));
    const comeBack = () =>
      Promise.all(names.map(() => hub.subscribe(new FakeConnection(), 'topic 0', { after: offset })));
    const [read, readHere] = await spent(comeBack);
    return { subscription, subscriptionHere, read, readHere };
  } finally {
    for (const end of ends) await end();
  }
}

/** Medians of the fields of some objects, rounded. */
function mediansOf(rounds) {
  const fields = Object.keys(rounds[0]);
  return Object.fromEntries(
    fields.map((field) => [field, Number(median(rounds.map((each) => each[field])).toFixed(2))])
  );
}

async function main() {
  const many = Number(values.processes);
  const messages = Number(values.messages);
  const brokers = {};
  for (const [kind, of] of Object.entries(KINDS)) {
    const rounds = [];
    for (let i = 0; i < Number(values.rounds); i++) {
      const few = await cost(of, 1, messages);
      const all = await cost(of, many, Math.ceil(messages / many) * 8);
      const copy = (all - few) / (many - 1);
      const coming = await costOfComing(of, Math.ceil(messages / 20));
      rounds.push({ publish: few - copy, copy, ...coming });
    }
    brokers[kind] = mediansOf(rounds);
  }
  console.table(brokers);
  if (!values.write) return;
  const figures = JSON.parse(fs.readFileSync(FIGURES, 'utf8'));
  fs.writeFileSync(FIGURES, `${JSON.stringify({ ...figures, brokers }, null, 2)}\n`);
}

main();
