/// <reference types="node" />

import { EventEmitter } from 'events';

import WebSocket = require('./index');

/**
 * Connections subscribe to topics, and what is published under a topic's name goes to all of them: within this process,
 * or, with an adapter, in all processes that share a broker.
 */
declare namespace topics {
  /** What can be in a topic: either role's WebSocket, and a server's EventSource. */
  type Member = WebSocket.Connection | WebSocket.EventSource;

  /** A message: a string is a text, anything else is bytes. An EventSource gets bytes as base64. */
  type Data = string | NodeJS.ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

  /**
   * Topics that know nothing of those of another object: one for each broker, and for each way to format messages.
   *
   * @example
   * const { Topics } = require('faye-websocket/topics');
   * const topics = new Topics({ onSlow: 'drop' });
   *
   * ws.on('open', () => topics.subscribe(ws, 'news'));
   * topics.publish('news', 'Hello, everybody');
   */
  class Topics extends EventEmitter {
    /** @throws for an unknown option, and for a value that is none for it */
    constructor(options?: Options | null);

    /**
     * Takes a connection into a topic, which it leaves when it closes. One that is in already stays in, once.
     *
     * @returns a promise, settled once nothing that is published will be missed, and what was missed before is sent. It
     * is null if the connection was closed or unsubscribed before; it is rejected with what the broker refused. That is
     * told by the event `error` as well, so that nobody has to wait for the promise
     * @throws for what is neither a WebSocket nor an EventSource, a name that no topic can have, or options
     * that there are not
     */
    subscribe(
      connection: Member,
      topic: string,
      options?: SubscribeOptions | null
    ): Promise<Subscribed | null>;

    /**
     * Takes a connection out of a topic; without a topic, out of all.
     *
     * @returns whether it was in
     */
    unsubscribe(connection: Member, topic?: string): boolean;

    /**
     * Sends a message to all connections in a topic: those of this process, and of the others that share its broker.
     *
     * @returns a promise, settled once the message was sent, or the broker has taken it; of its offset, if the broker
     * keeps messages, or else null. If it is rejected, which the event `error` tells as well, the message may have been
     * lost
     * @throws for a name that no topic can have, and for what is neither a string nor bytes
     */
    publish(topic: string, data: Data): Promise<string | null>;

    /** How many connections of this process are in a topic. */
    size(topic: string): number;

    /** The connections of this process that are in a topic. */
    connections(topic: string): Member[];

    /** The topics that a connection is in. */
    topicsOf(connection: Member): string[];

    /** Counts of what there is, and of what has been. */
    metrics(): Metrics;

    /**
     * Lets all connections go, and gives back what is held at the broker. The connections, and the broker's clients,
     * stay open: they are yours.
     */
    close(): Promise<void>;

    on<Name extends keyof Events>(event: Name, listener: (...args: Events[Name]) => void): this;
    on(event: string | symbol, listener: (...args: any[]) => void): this;
    once<Name extends keyof Events>(event: Name, listener: (...args: Events[Name]) => void): this;
    once(event: string | symbol, listener: (...args: any[]) => void): this;
  }

  /** How topics work. */
  interface Options {
    /** What `redis`, `redisStreams`, `nats` or `jetStream` returns. Without one, topics are within this process. */
    adapter?: Adapter | null | undefined;
    /**
     * What becomes of a connection for which more than `maxBufferedAmount` waits when it is to be sent a message.
     * `'close'`, the default, closes it with code 4008; an EventSource is cut off, and comes back by itself. `'drop'`
     * leaves out what is published until less waits. `'wait'` sends it what it missed once it has drained; that needs a
     * broker that keeps messages.
     */
    onSlow?: 'close' | 'drop' | 'wait' | undefined;
    /** How many bytes may wait for a connection. Default: 1 MiB. */
    maxBufferedAmount?: number | undefined;
    /**
     * How many bytes of the newest messages this process remembers, if the broker keeps messages: for those who come back
     * before long, as all do when a process goes down. Default: 4 MiB; 0 for none.
     */
    recent?: number | undefined;
    /** What WebSockets are sent, made once for each message. Default: the message's `data`. */
    format?: ((message: Message) => string | Buffer) | null | undefined;
    /** The type of the event that EventSources are sent. Default: none, which a page gets as `message`. */
    event?: ((topic: string) => string | undefined) | null | undefined;
  }

  /** How a connection is taken in. */
  interface SubscribeOptions {
    /**
     * The offset of the last message that the connection has had: it is sent what came after that, and then what comes. An
     * EventSource needs no such thing, since its `lastEventId` says it; null takes it in without looking at that.
     */
    after?: string | null | undefined;
  }

  /** What `subscribe` resolves to. */
  interface Subscribed {
    /** Where the topic is: the offset of the last message, or null if the broker keeps none. */
    offset: string | null;
  }

  /** A message as `format` gets it. */
  interface Message {
    topic: string;
    /** What `after` takes, from a client that comes back; null if the broker keeps no messages. */
    offset: string | null;
    data: string | Buffer;
  }

  /** What `metrics` returns. */
  interface Metrics {
    /** Topics with connections of this process, or that are being given back to the broker. */
    topics: number;
    /** Connections of this process that are in a topic. */
    connections: number;
    /** Messages that have come from the broker. */
    received: number;
    /** Those among them for a topic that no connection of this process was in. */
    unread: number;
    /** Messages that were sent, counted for each connection. */
    delivered: number;
    /** Messages that were not, since the connection was too slow. */
    dropped: number;
  }

  /** Messages may have been lost. */
  interface Gap {
    topic: string;
    /** Whose they were; null if all of this process that are in the topic may have missed them. */
    connection: Member | null;
    /** The offset behind which they were, if that is known. */
    after: string | null;
    /**
     * `'broker'`: the connection to a broker that keeps no messages was lost, and is there again. `'trimmed'`: they are
     * not kept any more. `'unknown'`: an EventSource came back with a last event ID that is not one of these topics.
     */
    reason: 'broker' | 'trimmed' | 'unknown';
  }

  /** More waits for a connection than may. */
  interface Slow {
    connection: Member;
    topic: string;
    /** What was done; `'drop'` is told once, until it has kept up again. */
    action: 'close' | 'drop' | 'wait';
    /** How much waits. */
    bufferedAmount: number;
  }

  /** The events, with what their listeners get. None needs a listener. */
  interface Events {
    gap: [gap: Gap];
    slow: [slow: Slow];
    error: [error: Error, context: { topic: string | null; connection: Member | null }];
  }

  /**
   * A broker, as topics see it. The package brings four; another one is an object with these methods. `Topics` calls
   * them, and nobody else does.
   */
  interface Adapter {
    /** Whether the broker keeps messages, and gives them offsets. */
    readonly keeps?: boolean | undefined;
    /** Begins; once. */
    start(events: AdapterEvents): void;
    /**
     * Asks for the messages of a topic. Again, if they come already, does nothing.
     *
     * @returns if messages are kept, the offset of the last one so far: all behind it come
     */
    subscribe(topic: string): Promise<string | null | void>;
    /** Asks for no more of them. */
    unsubscribe(topic: string): Promise<void>;
    /** Hands a message to the broker, behind those that it was given for this topic before. */
    publish(topic: string, data: string | Buffer): Promise<string | null>;
    /** Whether an error is an answer of the broker, which another attempt would get again. */
    isRefusal(error: Error): boolean;
    /** Lets go of the broker's clients. */
    stop(): Promise<void>;

    /** Reads messages that are kept: at most `limit`, the first behind the offset `after`. */
    read?(topic: string, after: string, limit: number): Promise<Page>;
    /** Which of two offsets comes first: less than 0, 0, or more. */
    compare?(a: string, b: string): number;
    /** Whether a string, which may come from anybody, is an offset. */
    isOffset?(text: string): boolean;
  }

  /** What an adapter tells its topics. */
  interface AdapterEvents {
    /** A message has come. `previous` is the offset of the one before it. */
    message(
      topic: string,
      message: { data: string | Buffer; offset: string | null; previous: string | null }
    ): void;
    /** The broker was lost, and is there again with all that was subscribed. */
    reconnected(): void;
    /** A message of a topic was lost, and cannot be had any more. */
    lost(topic: string): void;
    /** Something went wrong that no call has told. */
    error(error: Error): void;
  }

  /** A part of the messages that are kept. */
  interface Page {
    messages: { data: string | Buffer; offset: string }[];
    /** False if messages right behind `after` may not be kept any more. */
    isWhole: boolean;
    /** Whether there may be more behind them. */
    isFull: boolean;
    /** The offset of the last message that is kept, wherever that is. */
    tail: string;
  }

  /**
   * Topics over the publish/subscribe of Redis, for `new Topics({ adapter })`: sharded from Redis 7 on, plain below. Redis
   * keeps nothing: what is published while a process has no connection is lost to it, which the event `gap` tells.
   *
   * @throws for what is no client, one client for both, and an unknown option or value
   */
  function redis(options: RedisOptions): Adapter;

  /**
   * Topics over Redis that keep their messages, each in a stream: who comes back gets what it missed. Redis has to be 5 or
   * later, and to write what it is told (`appendonly yes`) if that shall outlive it.
   *
   * @throws for what is no client, one client for both, and an unknown option or value
   */
  function redisStreams(options: RedisStreamsOptions): Adapter;

  /**
   * A client of the packages `@redis/client`, `redis` or `ioredis`, for one server or a cluster. It is yours to connect, to
   * close, and to listen to for errors.
   */
  interface RedisClient {
    on(event: string, listener: (...args: any[]) => void): unknown;
    subscribe(...args: any[]): unknown;
    sendCommand(...args: any[]): unknown;
  }

  /** How topics use Redis. All processes that share topics use it in the same way. */
  interface RedisOptions {
    /** The client that publishes, and reads. */
    publisher: RedisClient;
    /** The client that subscribes, such as `publisher.duplicate()`. */
    subscriber: RedisClient;
    /** What the names of channels and keys begin with. Default: `'topic:'`. */
    prefix?: string | undefined;
    /**
     * Whether publish/subscribe is sharded, so that in a cluster a message goes to one node and not to all. Default: from
     * Redis 7 on. A `Cluster` of ioredis needs its option `shardedSubscribers` for that.
     */
    sharded?: boolean | undefined;
  }

  /** How topics use Redis for messages that are kept. */
  interface RedisStreamsOptions extends RedisOptions, Keeping {
    /** How many messages of a topic are kept, or up to a hundred more. Default: 10000. */
    maxLength?: number | undefined;
    /** How many seconds after its last message a topic's messages are deleted. Default: a day. */
    expireAfter?: number | undefined;
  }

  /**
   * Topics over the publish/subscribe of NATS, for `new Topics({ adapter })`. NATS keeps nothing: what is published while a
   * process has no connection is lost to it, which the event `gap` tells.
   *
   * @throws for what is no connection, and an unknown option or value
   */
  function nats(options: NatsOptions): Adapter;

  /**
   * Topics over a stream of JetStream, which keeps their messages: who comes back gets what it missed. It has to be NATS 2.9
   * or later. The stream is made if there is none; one of your own has to republish `topics.>` to `live.topics.>`.
   *
   * @throws for what is no connection, and an unknown option or value
   */
  function jetStream(options: JetStreamOptions): Adapter;

  /**
   * What `connect` of `@nats-io/transport-node` resolves to; that of the package `nats`, version 2, does as well. It is yours
   * to close. With `maxReconnectAttempts: -1` it does not give up.
   */
  interface NatsConnection {
    publish(...args: any[]): unknown;
    subscribe(...args: any[]): unknown;
    request(...args: any[]): unknown;
    flush(): Promise<void>;
    status(): AsyncIterable<any>;
    isClosed(): boolean;
  }

  /** How topics use NATS. */
  interface NatsOptions {
    connection: NatsConnection;
    /** What subjects begin with: tokens with a dot behind each. Default: `'topic.'`, for JetStream `'topics.'`. */
    prefix?: string | undefined;
  }

  /** How topics use JetStream. */
  interface JetStreamOptions extends NatsOptions, Keeping {
    /** The name of the stream, which all topics share. Default: `'TOPICS'`. */
    stream?: string | undefined;
    /** Whether the stream is made if there is none, with the options below. Default: true. */
    create?: boolean | undefined;
    /** How many messages of a topic are kept. Default: 10000. */
    maxLength?: number | undefined;
    /** For how many seconds messages are kept. Default: a day. */
    maxAge?: number | undefined;
    /** On how many servers messages are kept. Default: 1. */
    replicas?: number | undefined;
    /** Where messages are kept. Default: in files. */
    storage?: 'file' | 'memory' | undefined;
  }

  /** How messages are published that a broker keeps: again, until it has taken them, and yet once. */
  interface Keeping {
    /**
     * For how many seconds. Default: 30. A client of Redis keeps commands itself while it has no connection, however long, unless it
     * is told not to: with `disableOfflineQueue: true` in `@redis/client`, `enableOfflineQueue: false` in `ioredis`.
     */
    patience?: number | undefined;
    /** How many bytes may wait for the broker, with 512 for each message; `publish` is rejected beyond. Default: 16 MiB. */
    maxQueued?: number | undefined;
  }

  /** The topics of this process, which the four functions below are of. */
  const local: Topics;
  function subscribe(
    connection: Member,
    topic: string,
    options?: SubscribeOptions | null
  ): Promise<Subscribed | null>;
  function unsubscribe(connection: Member, topic?: string): boolean;
  function publish(topic: string, data: Data): Promise<string | null>;
  function size(topic: string): number;
}

export = topics;
