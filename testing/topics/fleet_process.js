'use strict';

/**
 * One process of a fleet: a server whose WebSockets and EventSources join topics, and a publisher. The parent tells it
 * what to do, and it tells the parent what became of it.
 *
 *     node fleet_process.js KIND BROKER NAME [plain]
 *
 * Clients ask for `/?topic=a&after=OFFSET&topic=b`.
 */

const http = require('node:http');

const WebSocket = require('../..');
const { Topics, jetStream, nats, redis, redisStreams } = require('../../topics');

const [kind, broker, name, plain] = process.argv.slice(2);
/** Whether clients are sent messages as they are. */
const isPlain = plain === 'plain';

/** Connects to Redis, by the path of its socket. */
async function redisClients() {
  const { createClient } = require('@redis/client');
  const make = async () => {
    const client = createClient({ socket: { path: broker, reconnectStrategy: () => 50 } });
    client.on('error', () => {});
    return client.connect();
  };
  return { publisher: await make(), subscriber: await make() };
}

/** Connects to NATS, by its port. */
async function natsConnection() {
  const { connect } = require('@nats-io/transport-node');
  return connect({ port: Number(broker), maxReconnectAttempts: -1, reconnectTimeWait: 50 });
}

const ADAPTERS = {
  none: async () => null,
  redis: async () => redis({ ...(await redisClients()), sharded: false }),
  'redis sharded': async () => redis(await redisClients()),
  'redis streams': async () => redisStreams(await redisClients()),
  nats: async () => nats({ connection: await natsConnection() }),
  jetstream: async () => jetStream({ connection: await natsConnection(), maxLength: 1_000_000 })
};

/** Tells the parent, if it is still there. */
function tell(message) {
  if (process.connected) process.send(message, () => {});
}

/** Joins what a client asks for. */
function join(topics, connection, url) {
  const wanted = [];
  for (const [key, value] of new URL(url, 'http://localhost').searchParams) {
    if (key === 'topic') wanted.push({ topic: value, after: undefined });
    else if (key === 'after') wanted[wanted.length - 1].after = value;
  }
  const all = wanted.map(({ topic, after }) => topics.subscribe(connection, topic, after && { after }));
  Promise.all(all).then(
    (subscribed) => {
      if (connection.lastEventId !== undefined) return connection.send('', { event: 'joined' });
      // From where it is in each topic, though nothing may come before it has to come back.
      return connection.send(
        JSON.stringify({
          joined: wanted.map(({ topic }, i) => [topic, subscribed[i] && subscribed[i].offset])
        })
      );
    },
    (error) => tell({ error: error.message })
  );
}

/** The last number of this process in each topic. */
const numbers = new Map();

/** Publishes messages, numbered in each topic, until told to stop. */
function startPublishing(topics, { names, rate }) {
  const begin = Date.now();
  let count = 0;
  let waiting = 0;
  return setInterval(() => {
    const due = ((Date.now() - begin) / 1000) * rate;
    // One that does not get rid of its messages makes no more of them.
    for (; count < due && waiting < 5000; count++) {
      const topic = names[count % names.length];
      const number = (numbers.get(topic) || 0) + 1;
      numbers.set(topic, number);
      waiting += 1;
      topics
        .publish(topic, `${name} ${number}`)
        .then(
          () => tell({ taken: [topic, number] }),
          () => tell({ failed: [topic, number] })
        )
        .finally(() => (waiting -= 1));
    }
    if (count < due) count = due;
  }, 5);
}

/** Publishes so many messages of a size as fast as the broker takes them, some at a time. */
async function flood(topics, { names, count, size, inFlight }) {
  const data = 'x'.repeat(size);
  let next = 0;
  const one = async () => {
    while (next < count) {
      await topics.publish(names[next++ % names.length], data).catch(() => {});
      // Without a broker nothing else would have a turn, and all of it leave in one write.
      if (kind === 'none') await new Promise(setImmediate);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  tell({ flooded: count });
}

async function main() {
  const adapter = await ADAPTERS[kind]();
  const format = ({ topic, offset, data }) => JSON.stringify([topic, data, offset]);
  const shapes = isPlain ? {} : { format, event: (topic) => topic };
  const topics = new Topics({ adapter, ...shapes, maxBufferedAmount: 64 * 1024 * 1024 });
  topics.on('gap', ({ topic, connection, reason }) => tell({ gap: [topic, connection !== null, reason] }));
  const server = http.createServer((request, response) => {
    join(topics, new WebSocket.EventSource(request, response, { retry: 0.05 }), request.url);
  });
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head);
    ws.on('open', () => join(topics, ws, request.url));
  });
  let timer = null;
  process.on('message', ({ publish, flood: task, metrics }) => {
    if (publish !== undefined) clearInterval(timer);
    if (publish) timer = startPublishing(topics, publish);
    if (task) flood(topics, task);
    if (metrics) tell({ metrics: topics.metrics(), cpu: process.cpuUsage() });
  });
  process.on('disconnect', () => process.exit());
  server.listen(0, '127.0.0.1', () => tell({ port: server.address().port }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
