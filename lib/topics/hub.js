'use strict';

/** Who is in which topic: everything behind the public calls, whose arguments have been checked. */

const { Reader, catchUp } = require('./catch_up');
const { Delivery } = require('./delivery');
const { isFull, parse } = require('./last_event_id');
const { Budget } = require('./recent');
const { GONE, Record } = require('./record');
const { Topic } = require('./topic');

/** How long `close` waits for the broker, in milliseconds. */
const CLOSE_TIMEOUT = 5000;

/** @typedef {import('./types').Connection} Connection */
/** @typedef {import('./types').ErrorContext} ErrorContext */
/** @typedef {import('./record').Member} Member */

class Hub {
  /**
   * @param {import('./types').Settings} settings
   * @param {(event: string, ...values: unknown[]) => void} emit tells the owner
   */
  constructor(settings, emit) {
    const { adapter, format, event } = settings;
    this.adapter = adapter;
    /** Whether the broker keeps messages, so that those who missed some can have them. */
    this.keeps = adapter !== null && adapter.keeps === true;
    this.shapes = { format, event };
    this.delivery = new Delivery(this, settings);
    this.reader =
      adapter !== null && this.keeps
        ? new Reader(adapter, (error, topic) => this.fail(error, { topic }))
        : null;
    this.budget = new Budget(settings.recent);
    this.isClosed = false;
    /** @type {Promise<void>|null} */
    this._closing = null;
    this._emit = emit;
    /** @type {Map<string, Topic>} */
    this._topics = new Map();
    /** @type {Map<Connection, Record>} */
    this._records = new Map();
    this._received = 0;
    this._unread = 0;
    /** @type {(() => void)|null} */
    this._onEmpty = null;
    this._leaveAll = (/** @type {Record} */ record) => this.leaveAll(record);
    if (adapter !== null) {
      adapter.start({
        message: (topic, message) => this._receive(topic, message),
        reconnected: () => this._reconnected(),
        lost: (topic) => this._lost(topic),
        error: (error) => this.fail(error, {})
      });
    }
  }

  /**
   * Takes a connection into a topic.
   *
   * @param {Connection} connection
   * @param {string} name
   * @param {string|null|undefined} after an offset; undefined for what an EventSource says itself
   * @returns {Promise<{offset: string|null}|null>}
   */
  subscribe(connection, name, after) {
    const known = this._records.get(connection);
    const member = known && known.members.get(name);
    if (member) return member.subscribed;
    if (!(connection.readyState <= 1)) return Promise.resolve(null);

    const topic = this._topics.get(name) || new Topic(name, this);
    const record = known || new Record(connection, this._leaveAll);
    if (this.keeps && record.feed !== null && isFull(record, topic)) {
      if (!known) record.letGo();
      const error = new RangeError(
        `An EventSource cannot be in so many topics: its last event ID, which says where it is in each, is full`
      );
      return Promise.reject(error);
    }
    this._topics.set(name, topic);
    this._records.set(connection, record);
    const offset = after === undefined && this.keeps ? this._positionOf(record, topic) : after;
    return topic.add(record, offset === undefined ? null : offset).subscribed;
  }

  /**
   * Where an EventSource that comes back was in a topic.
   *
   * @param {Record} record
   * @param {Topic} topic
   * @returns {string|undefined} undefined if it does not say
   */
  _positionOf(record, topic) {
    if (record.feed === null || record.feed.lastEventId === '') return undefined;
    const offsets = parse(record.feed.lastEventId);
    const offset = offsets.get(topic.name);
    if (offset !== undefined && this.adapter !== null && this.adapter.isOffset(offset)) return offset;
    // It was in other topics, and comes to this one for the first time.
    if (offset === undefined && offsets.size > 0) return undefined;
    this.tellGap(topic, record.connection, null, 'unknown');
    return undefined;
  }

  /**
   * Takes a connection out of one topic, or of all.
   *
   * @param {Connection} connection
   * @param {string} [name]
   * @returns {boolean} whether it was in
   */
  unsubscribe(connection, name) {
    const record = this._records.get(connection);
    if (!record) return false;
    if (name === undefined) {
      this.leaveAll(record);
      return true;
    }
    const member = record.members.get(name);
    if (!member) return false;
    this.leave(member);
    return true;
  }

  /** Ends a membership. @param {Member} member */
  leave(member) {
    const { record, topic } = member;
    topic.remove(member);
    if (record.members.size > 0) return;
    this._records.delete(record.connection);
    record.letGo();
  }

  /** Ends all memberships of a connection. @param {Record} record */
  leaveAll(record) {
    for (const member of [...record.members.values()]) this.leave(member);
  }

  /**
   * Publishes a message.
   *
   * @param {string} name
   * @param {string|Buffer} data
   * @returns {Promise<string|null>} its offset, if the broker keeps messages
   */
  publish(name, data) {
    if (this.adapter !== null) return this.adapter.publish(name, data);
    const topic = this._topics.get(name);
    if (topic) topic.deliver({ data, offset: null, previous: null });
    return Promise.resolve(null);
  }

  /**
   * The connections in a topic.
   *
   * @param {string} name
   * @returns {Connection[]}
   */
  connections(name) {
    const topic = this._topics.get(name);
    return topic ? [...topic.members.keys()] : [];
  }

  /**
   * How many connections are in a topic.
   *
   * @param {string} name
   * @returns {number}
   */
  size(name) {
    const topic = this._topics.get(name);
    return topic ? topic.members.size : 0;
  }

  /**
   * The topics that a connection is in.
   *
   * @param {Connection} connection
   * @returns {string[]}
   */
  topicsOf(connection) {
    const record = this._records.get(connection);
    return record ? [...record.members.keys()] : [];
  }

  /** Counts of what there is, and of what has been since the start. */
  metrics() {
    const { delivered, dropped } = this.delivery;
    return {
      topics: this._topics.size,
      connections: this._records.size,
      received: this._received,
      unread: this._unread,
      delivered,
      dropped
    };
  }

  /**
   * Lets all connections go, gives back what is held at the broker, and lets the adapter's clients go. Asked again, it is the
   * same.
   *
   * @returns {Promise<void>}
   */
  close() {
    if (this._closing === null) this._closing = this._close();
    return this._closing;
  }

  async _close() {
    this.isClosed = true;
    for (const record of [...this._records.values()]) this.leaveAll(record);
    if (this.adapter === null) return;
    if (this._topics.size > 0) {
      await new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
        const timer = setTimeout(resolve, CLOSE_TIMEOUT);
        this._onEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await this.adapter.stop();
  }

  /** A topic has neither members nor anything at the broker. @param {Topic} topic */
  forget(topic) {
    this._topics.delete(topic.name);
    if (this._topics.size === 0 && this._onEmpty !== null) this._onEmpty();
  }

  /**
   * A message has come from the broker.
   *
   * @param {string} name
   * @param {import('./types').LiveMessage} message
   */
  _receive(name, message) {
    this._received += 1;
    const topic = this._topics.get(name);
    if (topic !== undefined && topic.members.size > 0) topic.receive(message);
    else this._unread += 1;
  }

  /** The broker was lost, and all that is held there is held again: what was published between may be missing. */
  _reconnected() {
    for (const topic of this._topics.values()) {
      if (topic.members.size === 0 || !topic.isHeld) continue;
      if (this.keeps) topic.resume();
      else this.tellGap(topic, null, null, 'broker');
    }
  }

  /** A message of a topic was lost, and the broker keeps none. @param {string} name */
  _lost(name) {
    const topic = this._topics.get(name);
    if (topic !== undefined && topic.members.size > 0) this.tellGap(topic, null, null, 'broker');
  }

  /**
   * Sends a member what it missed; resolves once it is live or gone. It may be asked again meanwhile.
   *
   * @param {Member} member
   * @returns {Promise<void>}
   */
  catchUp(member) {
    if (member.catchingUp === null) {
      member.catchingUp = catchUp(member, this).catch((error) => this._giveUp(member, error));
    }
    return member.catchingUp;
  }

  /**
   * Takes a member out that cannot have what it missed, since something of the caller's has thrown.
   *
   * @param {Member} member
   * @param {unknown} error
   */
  _giveUp(member, error) {
    const { record, topic } = member;
    if (member.isSettled) this.fail(error, { topic: topic.name, connection: record.connection });
    else member.reject(error);
    try {
      if (member.state !== GONE) this.leave(member);
    } catch (failed) {
      // So may what takes our listeners off it.
      this.fail(failed, { topic: topic.name, connection: record.connection });
    }
  }

  /**
   * Tells that messages may have been lost.
   *
   * @param {import('./topic').Topic} topic
   * @param {Connection|null} connection whose; null if all of the topic
   * @param {string|null} after the offset behind which they were
   * @param {'trimmed'|'broker'|'unknown'} reason
   */
  tellGap(topic, connection, after, reason) {
    this.tell('gap', { topic: topic.name, connection, after, reason });
  }

  /**
   * Tells of an error that no call can throw.
   *
   * @param {unknown} error
   * @param {ErrorContext} context whose it is
   */
  fail(error, context) {
    this.tell('error', error, { topic: null, connection: null, ...context });
  }

  /**
   * Emits an event in the next tick, so that no handler of it runs within a delivery, or within a client of the broker.
   *
   * @param {string} event
   * @param {unknown[]} values
   */
  tell(event, ...values) {
    process.nextTick(this._emit, event, ...values);
  }
}

module.exports = { Hub };
