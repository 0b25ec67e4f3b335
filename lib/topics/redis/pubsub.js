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
 * @returns {{clients: object, prefix: string, sharded: boolean|undefined}}
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
  constructor({ clients, prefix, sharded }) {
    this._clients = clients;
    this._prefix = prefix;
    this._sharded = sharded;
    this._preparing = null;
    this._events = null;
  }

  start(events) {
    if (this._events !== null) throw new Error('An adapter is for one object of Topics: make another one');
    this._events = events;
    this._clients.start(() => this._onReconnected());
  }

  /** All is subscribed again that was. */
  _onReconnected() {
    this._events.reconnected();
  }

  /** Finds out once what the server can do. */
  _prepare() {
    if (this._preparing === null) {
      this._preparing = this._clients.choose(this._sharded);
      this._preparing.catch(() => (this._preparing = null));
    }
    return this._preparing;
  }

  isRefusal(error) {
    return this._clients.isRefusal(error);
  }

  async stop() {
    this._clients.stop();
  }
}

class RedisPubSub extends RedisAdapter {
  constructor(options) {
    super(options);
    this.keeps = false;
    this._publisher = new Publisher();
    this._numbers = new Map();
  }

  async subscribe(topic) {
    await this._prepare();
    let numbers = this._numbers.get(topic);
    if (numbers === undefined) this._numbers.set(topic, (numbers = new Numbers()));
    await this._clients.subscribe(this._prefix + topic, (bytes) => this._receive(topic, numbers, bytes));
    return null;
  }

  async unsubscribe(topic) {
    await this._clients.unsubscribe(this._prefix + topic);
    this._numbers.delete(topic);
  }

  _onReconnected() {
    for (const numbers of this._numbers.values()) numbers.forgive();
    super._onReconnected();
  }

  /** A message has come. */
  _receive(topic, numbers, bytes) {
    const { data, publisher, number } = decode(bytes);
    const place = publisher === null ? 'next' : numbers.take(publisher, number);
    if (place === 'again') return;
    if (place === 'ahead') this._events.lost(topic);
    this._events.message(topic, { data, offset: null, previous: null });
  }

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
 * @param {object} options see `topics.d.ts`
 * @returns {RedisPubSub}
 * @throws {TypeError}
 */
function redis(options) {
  return new RedisPubSub(commonOptions('redis', options, OPTIONS));
}

module.exports = { RedisAdapter, commonOptions, redis };
