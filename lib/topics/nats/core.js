'use strict';

/**
 * Topics over the publish/subscribe of NATS, each on a subject. NATS keeps nothing: what is published while a process has
 * lost its connection is lost to it, which is told when the connection is back; what is lost otherwise, with the next
 * message of the same publisher.
 */

const { optionsOf } = require('../checks');
const { decode, encode } = require('../envelope');
const { Numbers, Publisher } = require('../numbering');
const { NatsAdapter, bufferOf, connectionOf, prefixOf, subjectOf } = require('./connection');

const OPTIONS = ['connection', 'prefix'];
const PREFIX = 'topic.';

class NatsCore extends NatsAdapter {
  /**
   * @param {import('../types').NatsConnection} connection
   * @param {string} prefix of subjects
   */
  constructor(connection, prefix) {
    super(connection);
    this.keeps = false;
    this._prefix = prefix;
    this._publisher = new Publisher();
    /** @type {Map<string, Numbers>} */
    this._numbers = new Map();
  }

  /** @param {string} topic */
  async subscribe(topic) {
    const numbers = this._numbers.get(topic) || new Numbers();
    this._numbers.set(topic, numbers);
    await this._listen(topic, this._prefix + subjectOf(topic), ({ data: bytes }) => {
      const { data, publisher, number } = decode(bufferOf(bytes));
      const place = publisher === null ? 'next' : numbers.take(publisher, number);
      if (place === 'again') return;
      if (place === 'ahead') this._sink().lost(topic);
      this._sink().message(topic, { data, offset: null, previous: null });
    });
    return null;
  }

  /** @param {string} topic */
  async unsubscribe(topic) {
    await super.unsubscribe(topic);
    this._numbers.delete(topic);
  }

  _onReconnected() {
    for (const numbers of this._numbers.values()) numbers.forgive();
    super._onReconnected();
  }

  /**
   * @param {string} topic
   * @param {string|Buffer} data
   * @returns {Promise<null>}
   */
  async publish(topic, data) {
    const number = this._publisher.next(topic);
    const bytes = encode(data, this._publisher.name, number);
    this._connection.publish(this._prefix + subjectOf(topic), bytes);
    await this._flush();
    return null;
  }
}

/**
 * Makes the adapter.
 *
 * @param {import('../../../topics').NatsOptions} options
 * @returns {NatsCore}
 * @throws {TypeError}
 */
function nats(options) {
  const { connection, prefix } = optionsOf('nats', options, OPTIONS);
  return new NatsCore(connectionOf('nats', connection), prefixOf('prefix', prefix, PREFIX));
}

module.exports = { nats };
