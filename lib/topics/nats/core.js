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
  constructor(connection, prefix) {
    super(connection);
    this.keeps = false;
    this._prefix = prefix;
    this._publisher = new Publisher();
    this._numbers = new Map();
  }

  async subscribe(topic) {
    let numbers = this._numbers.get(topic);
    if (numbers === undefined) this._numbers.set(topic, (numbers = new Numbers()));
    await this._listen(topic, this._prefix + subjectOf(topic), ({ data: bytes }) => {
      const { data, publisher, number } = decode(bufferOf(bytes));
      const place = publisher === null ? 'next' : numbers.take(publisher, number);
      if (place === 'again') return;
      if (place === 'ahead') this._events.lost(topic);
      this._events.message(topic, { data, offset: null, previous: null });
    });
    return null;
  }

  async unsubscribe(topic) {
    await super.unsubscribe(topic);
    this._numbers.delete(topic);
  }

  _onReconnected() {
    for (const numbers of this._numbers.values()) numbers.forgive();
    super._onReconnected();
  }

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
 * @param {object} options see `topics.d.ts`
 * @returns {NatsCore}
 * @throws {TypeError}
 */
function nats(options) {
  const { connection, prefix } = optionsOf('nats', options, OPTIONS);
  return new NatsCore(connectionOf('nats', connection), prefixOf('prefix', prefix, PREFIX));
}

module.exports = { nats };
