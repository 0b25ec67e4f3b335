'use strict';

/**
 * Topics over the publish/subscribe of Redis: sharded from Redis 7 on, so that in a cluster a message goes to one node
 * instead of to all, plain below.
 *
 * Redis keeps nothing. A message that is published while a process has lost its connection is lost to that process.
 * That is told when the connection is back; and each message has a number, so that one that was lost without a word is
 * told with the next, and one that a client repeated is delivered once.
 */

const { describe, optionsOf } = require('../checks');
const { decode, encode } = require('../envelope');
const { Numbers, Publisher } = require('../numbering');
const { clientsOf } = require('./clients');

const OPTIONS = ['publisher', 'subscriber', 'prefix', 'sharded'];
const PREFIX = 'topic:';

/**
 * The options that both adapters of Redis have.
 *
 * @param {string} call
 * @param {*} options
 * @param {string[]} known
 * @returns {import('../types').RedisSettings}
 * @throws {TypeError}
 */
function commonOptions(call, options, known) {
  const { publisher, subscriber, prefix = PREFIX, sharded } = optionsOf(call, options, known);
  if (typeof prefix !== 'string') {
    throw new TypeError(`The option prefix is a string, not ${describe(prefix)}`);
  }
  if (sharded !== undefined && typeof sharded !== 'boolean') {
    throw new TypeError(`The option sharded is true or false, not ${describe(sharded)}`);
  }
  return { clients: clientsOf(call, { publisher, subscriber }), prefix, sharded };
}

/** What both adapters of Redis do. */
class RedisAdapter {
  /** @param {import('../types').RedisSettings} settings */
  constructor({ clients, prefix, sharded }) {
    this._clients = clients;
    this._prefix = prefix;
    this._sharded = sharded;
    /** @type {Promise<void>|null} */
    this._preparing = null;
    /** @type {import('../types').AdapterEvents|null} null before it is started */
    this._events = null;
  }

  /** @param {import('../types').AdapterEvents} events */
  start(events) {
    if (this._events !== null) throw new Error('An adapter is for one object of Topics: make another one');
    this._events = events;
    this._clients.start(() => this._onReconnected());
  }

  /** @returns {import('../types').AdapterEvents} the topics that started it, which take its messages and faults */
  _sink() {
    return /** @type {import('../types').AdapterEvents} */ (this._events);
  }

  /** All is subscribed again that was. */
  _onReconnected() {
    this._sink().reconnected();
  }

  /** Finds out once what the server can do. */
  _prepare() {
    if (this._preparing === null) {
      const preparing = this._clients.choose(this._sharded);
      this._preparing = preparing;
      preparing.catch(() => (this._preparing = null));
    }
    return this._preparing;
  }

  /**
   * @param {Error} error
   * @returns {boolean}
   */
  isRefusal(error) {
    return this._clients.isRefusal(error);
  }

  async stop() {
    this._clients.stop();
  }
}

class RedisPubSub extends RedisAdapter {
  /** @param {import('../types').RedisSettings} options */
  constructor(options) {
    super(options);
    this.keeps = false;
    this._publisher = new Publisher();
    /** @type {Map<string, Numbers>} */
    this._numbers = new Map();
  }

  /** @param {string} topic */
  async subscribe(topic) {
    await this._prepare();
    const numbers = this._numbers.get(topic) || new Numbers();
    this._numbers.set(topic, numbers);
    await this._clients.subscribe(this._prefix + topic, (bytes) => this._receive(topic, numbers, bytes));
    return null;
  }

  /** @param {string} topic */
  async unsubscribe(topic) {
    await this._clients.unsubscribe(this._prefix + topic);
    this._numbers.delete(topic);
  }

  _onReconnected() {
    for (const numbers of this._numbers.values()) numbers.forgive();
    super._onReconnected();
  }

  /**
   * A message has come.
   *
   * @param {string} topic
   * @param {Numbers} numbers of the topic
   * @param {Buffer} bytes
   */
  _receive(topic, numbers, bytes) {
    const { data, publisher, number } = decode(bytes);
    const place = publisher === null ? 'next' : numbers.take(publisher, number);
    if (place === 'again') return;
    if (place === 'ahead') this._sink().lost(topic);
    this._sink().message(topic, { data, offset: null, previous: null });
  }

  /**
   * @param {string} topic
   * @param {string|Buffer} data
   * @returns {Promise<null>}
   */
  async publish(topic, data) {
    const number = this._publisher.next(topic);
    const bytes = encode(data, this._publisher.name, number);
    await this._prepare();
    const channel = this._prefix + topic;
    const [name, key] = this._clients.isSharded ? ['SPUBLISH', channel] : ['PUBLISH', undefined];
    await this._clients.command(key, [name, channel, bytes]);
    return null;
  }
}

/**
 * Makes the adapter.
 *
 * @param {import('../../../topics').RedisOptions} options
 * @returns {RedisPubSub}
 * @throws {TypeError}
 */
function redis(options) {
  return new RedisPubSub(commonOptions('redis', options, OPTIONS));
}

module.exports = { RedisAdapter, commonOptions, redis };
