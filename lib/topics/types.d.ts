/// <reference types="node" />

import topics = require('../../topics');

/** What the parts of topics say to each other, and what they use of the clients of brokers that callers give them. */

export type AdapterEvents = topics.AdapterEvents;
export type Page = topics.Page;
export type OnSlow = 'close' | 'drop' | 'wait';

/** A broker. `read`, `compare` and `isOffset` are only those of one that keeps messages, and nobody calls them otherwise. */
export type Adapter = topics.Adapter & Required<Pick<topics.Adapter, 'read' | 'compare' | 'isOffset'>>;

/** A WebSocket or an EventSource, as topics use it: of this package, or anything with these methods. */
export interface Connection {
  readonly readyState: number;
  readonly bufferedAmount?: number;
  send(data: unknown): boolean;
  close(code?: number, reason?: string): void;
  on(event: string, listener: () => void): unknown;
  removeListener(event: string, listener: () => void): unknown;
}

/** An EventSource of this package, with two of its private parts. */
export interface Feed extends Connection {
  readonly lastEventId: string;
  readonly _stream?: { readonly writableLength: number; destroy(): void } | null;
  _write(text: string): boolean;
}

/** A message as a topic delivers it; it has no offset where the broker keeps none, and no `previous` if it was read. */
export interface LiveMessage {
  data: string | Buffer;
  offset: string | null;
  previous?: string | null;
}

/** The options `format` and `event`. */
export interface Shapes {
  format: ((message: topics.Message) => unknown) | null;
  event: ((topic: string) => unknown) | null;
}

/** What a hub is made of: the checked options of `new Topics`. */
export interface Settings extends Shapes {
  adapter: Adapter | null;
  onSlow: OnSlow;
  maxBufferedAmount: number;
  recent: number;
}

/** Of whom an error is told. */
export interface ErrorContext {
  topic?: string;
  connection?: Connection;
}

/** The owner of an interest: a topic. */
export interface InterestOwner {
  /** The broker has us subscribed. */
  onSubscribed(offset: string | null): void;
  /** The broker will not have us subscribed. */
  onRefused(error: unknown): void;
  /** Something failed that is tried again. */
  onFailed(error: unknown): void;
  /** Nothing is held at the broker, and nothing is wanted. */
  onIdle(): void;
}

/** A message on its way to a broker that keeps it. */
export interface Item {
  readonly data: Buffer;
  readonly publisher: string;
  number: number;
  /** All numbers of the publisher below this one are done with. */
  first: number;
  /** When it was published. */
  readonly since: number;
  isSettled: boolean;
  resolve(offset: string | null): void;
  reject(error: unknown): void;
}

/** A message of NATS. */
export interface NatsMessage {
  readonly data: Uint8Array;
  readonly reply?: string;
  readonly headers?: { readonly code: number; get(name: string): string };
}

export interface NatsSubscription {
  unsubscribe(): void;
}

/** What is used of a connection to NATS. */
export interface NatsConnection {
  readonly options?: { inboxPrefix?: string };
  publish(subject: string, bytes?: Uint8Array, options?: { reply: string }): void;
  subscribe(
    subject: string,
    options: { callback(error: Error | null, message: NatsMessage): void }
  ): NatsSubscription;
  request(
    subject: string,
    bytes: Uint8Array,
    options: { timeout: number; headers?: { encode(): Uint8Array } }
  ): Promise<NatsMessage>;
  flush(): Promise<void>;
  status(): AsyncIterable<{ type: string }> & { stop?(): void };
  isClosed(): boolean;
}

/** The configuration of a stream of JetStream, as far as it is used. */
export interface StreamConfig {
  name: string;
  subjects: string[];
  republish?: { src: string; dest: string };
  num_replicas: number;
  [field: string]: unknown;
}

/** What the server answers to the requests that are made. */
export interface JetStreamAnswer {
  error?: { code: number; err_code: number; description: string };
  config: StreamConfig;
  message: { seq: number };
  name: string;
  num_pending: number;
  seq: number;
}

/** Takes the bytes of a channel. */
export type ChannelListener = (bytes: Buffer) => void;

/** An answer of Redis, with Buffers for strings. */
export type Reply = Buffer | number | null | Reply[];

/** What both packages' clients of Redis have. */
export interface RedisClient {
  on(event: string, listener: (...args: Buffer[]) => void): unknown;
  removeListener(event: string, listener: (...args: Buffer[]) => void): unknown;
}

/** What is used of a client of `@redis/client`; only one of a cluster has `getSlotRandomNode`. */
export interface NodeRedisClient extends RedisClient {
  readonly isOpen?: boolean;
  getSlotRandomNode?: unknown;
  sendCommand(...args: unknown[]): Promise<Reply>;
  subscribe: NodeRedisCall;
  unsubscribe: NodeRedisCall;
  /** Only newer versions have these. */
  sSubscribe: NodeRedisCall;
  sUnsubscribe: NodeRedisCall;
}
type NodeRedisCall = (
  channel: string,
  listener: ChannelListener | undefined,
  buffers: true
) => Promise<unknown>;

/** What is used of a client of `ioredis`. */
export interface IoRedisClient extends RedisClient {
  readonly isCluster?: boolean;
  readonly options: { shardedSubscribers?: boolean };
  readonly status: string;
  callBuffer(...args: (string | Buffer)[]): Promise<Reply>;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  ssubscribe(channel: string): Promise<unknown>;
  sunsubscribe(channel: string): Promise<unknown>;
}

/** The options of both adapters of Redis, checked. */
export interface RedisSettings {
  clients: ReturnType<typeof import('./redis/clients').clientsOf>;
  prefix: string;
  sharded: boolean | undefined;
}

/** How messages are published that a broker keeps, checked: times in milliseconds, sizes in bytes. */
export interface KeepingSettings {
  patience: number;
  maxQueued: number;
}

/** The options of JetStream, checked. */
export interface JetStreamSettings extends KeepingSettings {
  connection: NatsConnection;
  stream: string;
  prefix: string;
  create: boolean;
  maxLength: number;
  maxAge: number;
  replicas: number;
  storage: string;
}

/** The options of `redisStreams`, checked. */
export interface RedisStreamsSettings extends RedisSettings, KeepingSettings {
  maxLength: number;
  life: number;
}
