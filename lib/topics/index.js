'use strict';

/**
 * Topics: connections subscribe to names, and what is published under a name goes to all of them.
 *
 * Without an adapter that is within this process. With one, all that is published goes to the broker first, and what
 * the broker sends back is delivered, in this process as in every other: so all see the same order.
 */

const { EventEmitter } = require('events');

const checks = require('./checks');
const { Hub } = require('./hub');
const { nats } = require('./nats/core');
const { jetStream } = require('./nats/jetstream');
const { redis } = require('./redis/pubsub');
const { redisStreams } = require('./redis/streams');

const { connectionOf, describe, functionOf, messageData, oneOf, optionsOf, topicName, wholeNumber } = checks;

const OPTIONS = ['adapter', 'onSlow', 'maxBufferedAmount', 'recent', 'format', 'event'];
const DEFAULT_MAX_BUFFERED = 1024 * 1024;
const DEFAULT_RECENT = 4 * 1024 * 1024;

/** What every adapter has, and what one has besides whose broker keeps messages. */
const ADAPTER = ['start', 'subscribe', 'unsubscribe', 'publish', 'isRefusal', 'stop'];
const KEEPING = ['read', 'compare', 'isOffset'];

/** @typedef {import('./types').Connection} Connection */

class Topics extends EventEmitter {
  #hub;

  /**
   * @param {import('../../topics').Options|null} [options]
   * @throws {TypeError}
   */
  constructor(options) {
    super();
    const { adapter, onSlow, maxBufferedAmount, recent, format, event } = optionsOf(
      'new Topics',
      options,
      OPTIONS
    );
    const settings = {
      adapter: adapterOf(adapter),
      onSlow: oneOf('onSlow', onSlow, ['close', 'drop', 'wait']),
      maxBufferedAmount: wholeNumber('maxBufferedAmount', maxBufferedAmount, 1, DEFAULT_MAX_BUFFERED),
      recent: wholeNumber('recent', recent, 0, DEFAULT_RECENT),
      format: functionOf('format', format),
      event: functionOf('event', event)
    };
    if (onSlow === 'wait' && !(settings.adapter && settings.adapter.keeps)) {
      throw new TypeError(
        "onSlow: 'wait' needs an adapter whose broker keeps messages: redisStreams or jetStream"
      );
    }
    this.#hub = new Hub(settings, (name, ...values) => {
      // An error that nobody listens for must not throw.
      if (name !== 'error' || this.listenerCount('error') > 0) this.emit(name, ...values);
    });
  }

  /**
   * Takes a connection into a topic, until it closes or unsubscribes.
   *
   * @param {Connection} connection a WebSocket or an EventSource
   * @param {string} topic
   * @param {object} [options]
   * @param {string|null} [options.after] the offset of the last message that it has had
   * @returns {Promise<{offset: string|null}|null>} once nothing that is published will be missed, and what was missed
   *   is sent; null if the connection is gone before
   * @throws {TypeError}
   */
  subscribe(connection, topic, options) {
    connectionOf(connection);
    topicName(topic);
    const { after } = optionsOf('subscribe', options, ['after']);
    const hub = this.#open();
    if (after === undefined || after === null) {
      return this.#reporting(hub.subscribe(connection, topic, after), { topic, connection });
    }
    if (typeof after !== 'string') {
      throw new TypeError(`The option after is the offset of a message, a string, not ${describe(after)}`);
    }
    if (!hub.keeps) {
      throw new TypeError(
        'The option after needs an adapter whose broker keeps messages: redisStreams or jetStream'
      );
    }
    if (hub.topicsOf(connection).includes(topic)) {
      throw new Error(`The connection is in the topic ${describe(topic)} already: unsubscribe it first`);
    }
    // It may come from a client, whose mistakes must not throw into the caller.
    const subscribed = /** @type {import('./types').Adapter} */ (hub.adapter).isOffset(after)
      ? hub.subscribe(connection, topic, after)
      : Promise.reject(new TypeError(`${describe(after)} is not the offset of a message`));
    return this.#reporting(subscribed, { topic, connection });
  }

  /**
   * Takes a connection out of a topic, or out of all.
   *
   * @param {Connection} connection
   * @param {string} [topic]
   * @returns {boolean} whether it was in
   * @throws {TypeError}
   */
  unsubscribe(connection, topic) {
    connectionOf(connection);
    return this.#hub.unsubscribe(connection, topic === undefined ? undefined : topicName(topic));
  }

  /**
   * Sends a message to all connections in a topic.
   *
   * @param {string} topic
   * @param {string|Buffer|ArrayBuffer|ArrayBufferView} data
   * @returns {Promise<string|null>} once it has been handed over: its offset, if the broker keeps messages
   * @throws {TypeError}
   */
  publish(topic, data) {
    topicName(topic);
    const message = messageData(data);
    return this.#reporting(this.#open().publish(topic, message), { topic });
  }

  /**
   * How many connections of this process are in a topic.
   *
   * @param {string} topic
   * @returns {number}
   * @throws {TypeError}
   */
  size(topic) {
    return this.#hub.size(topicName(topic));
  }

  /**
   * The connections of this process that are in a topic.
   *
   * @param {string} topic
   * @returns {Connection[]}
   * @throws {TypeError}
   */
  connections(topic) {
    return this.#hub.connections(topicName(topic));
  }

  /**
   * The topics that a connection is in.
   *
   * @param {Connection} connection
   * @returns {string[]}
   * @throws {TypeError}
   */
  topicsOf(connection) {
    return this.#hub.topicsOf(connectionOf(connection));
  }

  /** Counts of what there is, and of what has been. @returns {import('../../topics').Metrics} */
  metrics() {
    return this.#hub.metrics();
  }

  /**
   * Lets all connections go, and all that is held at the broker. Neither the connections nor the broker's clients are
   * closed.
   *
   * @returns {Promise<void>}
   */
  close() {
    return this.#hub.close();
  }

  /**
   * A promise that nobody has to wait for: what it rejects with is told by the event `error` as well.
   *
   * @template T
   * @param {Promise<T>} promise
   * @param {import('./types').ErrorContext} context
   * @returns {Promise<T>}
   */
  #reporting(promise, context) {
    promise.catch((error) => this.#hub.fail(error, context));
    return promise;
  }

  /** The hub, unless it is closed. */
  #open() {
    if (this.#hub.isClosed) throw new Error('These topics are closed');
    return this.#hub;
  }
}

/**
 * The option `adapter`.
 *
 * @param {any} adapter
 * @returns {import('./types').Adapter|null}
 * @throws {TypeError}
 */
function adapterOf(adapter) {
  if (adapter === undefined || adapter === null) return null;
  const needed = typeof adapter === 'object' && adapter.keeps ? [...ADAPTER, ...KEEPING] : ADAPTER;
  const missing = needed.filter((name) => typeof adapter[name] !== 'function');
  if (missing.length > 0) {
    throw new TypeError(
      `The option adapter is what redis(), redisStreams(), nats() or jetStream() returns, not ${describe(adapter)}` +
        (typeof adapter === 'object' ? ` without ${missing.join(', ')}` : '')
    );
  }
  return adapter;
}

/** The topics of this process, for those who need no others. */
const local = new Topics();

module.exports = {
  Topics,
  redis,
  redisStreams,
  nats,
  jetStream,
  local,
  subscribe: local.subscribe.bind(local),
  unsubscribe: local.unsubscribe.bind(local),
  publish: local.publish.bind(local),
  size: local.size.bind(local)
};
