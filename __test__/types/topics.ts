// Topics: the calls, the events by name, adapters, and misuse refused.

import WebSocket, { Client, EventSource } from 'faye-websocket';
import topics, {
  Topics,
  jetStream,
  nats,
  publish,
  redis,
  redisStreams,
  size,
  subscribe,
  unsubscribe
} from 'faye-websocket/topics';

declare const ws: WebSocket<string>;
declare const client: Client;
declare const es: EventSource;

const hub = new Topics({
  onSlow: 'drop',
  maxBufferedAmount: 1024,
  format: ({ topic, offset, data }) => JSON.stringify([topic, offset, data.length]),
  event: (topic) => topic.toUpperCase()
});

async function calls(): Promise<void> {
  const subscribed = await hub.subscribe(ws, 'news');
  // @ts-expect-error it is null for a connection that is gone
  subscribed.offset;
  const offset: string | null | undefined = subscribed?.offset;
  await hub.subscribe(client, 'news', { after: offset });
  await hub.subscribe(es, 'news', { after: null });
  // @ts-expect-error there is no such option
  await hub.subscribe(es, 'news', { from: '1' });
  const left: boolean = hub.unsubscribe(ws, 'news') || hub.unsubscribe(ws);
  for (const data of [
    'text',
    Buffer.alloc(1),
    new Uint8Array(1),
    new ArrayBuffer(1),
    new DataView(new ArrayBuffer(1))
  ]) {
    const published: string | null = await hub.publish('news', data);
    void [published, left];
  }
  // @ts-expect-error an object is no message
  await hub.publish('news', { text: 'Hello' });
  // @ts-expect-error a topic has a name
  await hub.subscribe(ws);
  // @ts-expect-error an object is no connection
  await hub.subscribe({}, 'news');
  const members: number = hub.size('news') + hub.connections('news').length + hub.topicsOf(es).length;
  const { unread, dropped }: topics.Metrics = hub.metrics();
  void (members + unread + dropped);
  await hub.close();
}

hub.on('gap', ({ topic, connection, reason }) => {
  const known: 'broker' | 'trimmed' | 'unknown' = reason;
  if (connection !== null) connection.send(topic + known);
});
hub.once('slow', ({ action, bufferedAmount }) => action.trim() + bufferedAmount.toFixed());
hub.on('error', (error, { topic }) => error.message + topic);
// @ts-expect-error a gap has no such field
hub.on('gap', ({ lost }) => lost);

// @ts-expect-error a policy that there is not
new Topics({ onSlow: 'ignore' });
// @ts-expect-error an option that there is not
new Topics({ slow: 'drop' });

declare const publisher: topics.RedisClient;
declare const subscriber: topics.RedisClient;
new Topics({ adapter: redis({ publisher, subscriber, prefix: 'app:', sharded: false }) });
new Topics({ adapter: redisStreams({ publisher, subscriber, maxLength: 10, expireAfter: 60, patience: 5 }) });
declare const connection: topics.NatsConnection;
new Topics({ adapter: nats({ connection, prefix: 'app.' }), onSlow: 'close' });
new Topics({ adapter: jetStream({ connection, stream: 'APP', maxAge: 60, storage: 'memory', replicas: 3 }) });
// @ts-expect-error NATS keeps nothing here
nats({ connection, maxAge: 60 });
// @ts-expect-error there is no such storage
jetStream({ connection, storage: 'disk' });
// @ts-expect-error one client is not enough
redis({ publisher });
// @ts-expect-error Redis keeps nothing here
redis({ publisher, subscriber, maxLength: 10 });

/** A broker of one's own. */
class Own implements topics.Adapter {
  #events?: topics.AdapterEvents;
  start(events: topics.AdapterEvents) {
    this.#events = events;
  }
  async subscribe() {}
  async unsubscribe() {}
  async publish(topic: string, data: string | Buffer) {
    this.#events?.message(topic, { data, offset: null, previous: null });
    return null;
  }
  isRefusal(error: Error) {
    return error instanceof TypeError;
  }
  async stop() {}
}

const own: Topics = new topics.Topics({ adapter: new Own() });
const count: number = size('news');
const promises: Promise<unknown>[] = [subscribe(ws, 'news'), publish('news', 'text')];

export { calls, count, own, promises, unsubscribe };
