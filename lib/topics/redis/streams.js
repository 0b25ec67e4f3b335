'use strict';

/**
 * Topics over Redis that keep their messages: each topic is a stream, whose IDs are the offsets, and what is added to it
 * is published as well. A process subscribes to what is published, as ever; it reads the stream only for what somebody
 * has missed.
 */

const { seconds, wholeNumber } = require('../checks');
const { decode, encode } = require('../envelope');
const { Behind, Outgoing } = require('../outgoing');
const { RedisAdapter, commonOptions } = require('./pubsub');
const { SCRIPT, SHA } = require('./script');

const OPTIONS = [
  'publisher',
  'subscriber',
  'prefix',
  'sharded',
  'maxLength',
  'expireAfter',
  'patience',
  'maxQueued'
];

const BEGINNING = '0-0';
const OFFSET = /^(0|[1-9]\d{0,19})-(0|[1-9]\d{0,19})$/;
const LARGEST = '18446744073709551615';
const LINE_FEED = 10;

/** Messages of a topic that are under way at a time. */
const WINDOW = 256;

class RedisStreams extends RedisAdapter {
  constructor(options) {
    super(options);
    this.keeps = true;
    this._maxLength = String(options.maxLength);
    this._life = String(options.life);
    this._outgoing = new Outgoing({
      send: (topic, item) => this._send(topic, item),
      isRefusal: (error) => this.isRefusal(error),
      window: WINDOW,
      maxQueued: options.maxQueued,
      patience: options.patience
    });
  }

  /** The names of a topic at the broker, which are all of one slot of a cluster. */
  _namesOf(topic) {
    const channel = `${this._prefix}{${topic.replace(/[%{}]/g, encodeURIComponent)}}`;
    return { channel, log: `${channel}:log`, register: `${channel}:register` };
  }

  async subscribe(topic) {
    await this._prepare();
    const { channel, log, register } = this._namesOf(topic);
    await this._clients.subscribe(channel, (bytes) => this._receive(topic, bytes));
    return this._tail(log, register);
  }

  async unsubscribe(topic) {
    await this._clients.unsubscribe(this._namesOf(topic).channel);
  }

  /** A message has come: its ID, the one before it, and itself. */
  _receive(topic, bytes) {
    const end = bytes.indexOf(LINE_FEED);
    const [offset, previous] = bytes.latin1Slice(0, Math.max(end, 0)).split(' ');
    if (!this.isOffset(offset) || !this.isOffset(previous || '')) {
      this._events.error(
        new Error(`A message in the topic ${JSON.stringify(topic)} was published by something else`)
      );
      return;
    }
    const { data } = decode(bytes.subarray(end + 1));
    this._events.message(topic, { data, offset, previous });
  }

  publish(topic, data) {
    return this._outgoing.publish(topic, encode(data));
  }

  /** Has the script take a message. */
  async _send(topic, { data, publisher, number, first }) {
    await this._prepare();
    const { channel, log, register } = this._namesOf(topic);
    const publish = this._clients.isSharded ? 'SPUBLISH' : 'PUBLISH';
    const keys = ['2', log, register];
    const values = [
      channel,
      publish,
      publisher,
      String(number),
      data,
      this._maxLength,
      this._life,
      String(first)
    ];
    let reply;
    try {
      reply = await this._clients.command(log, ['EVALSHA', SHA, ...keys, ...values]);
    } catch (error) {
      if (!error.message.startsWith('NOSCRIPT')) throw error;
      reply = await this._clients.command(log, ['EVAL', SCRIPT, ...keys, ...values]);
    }
    const [status, value] = reply.map(String);
    if (status === 'behind') throw new Behind(Number(value));
    return value || null;
  }

  /** The ID of the last message that was ever in a topic. */
  async _tail(log, register) {
    const [newest] = await this._clients.command(register, ['HMGET', register, '']);
    if (newest !== null) return String(newest);
    const [last] = await this._clients.command(log, ['XREVRANGE', log, '+', '-', 'COUNT', '1']);
    return last ? String(last[0]) : BEGINNING;
  }

  async read(topic, after, limit) {
    await this._prepare();
    const { log, register } = this._namesOf(topic);
    // Behind the tail, so that nothing comes in between that would seem to be trimmed.
    const tail = await this._tail(log, register);
    const entries = await this._clients.command(log, ['XRANGE', log, after, '+', 'COUNT', String(limit + 1)]);
    const messages = entries.map(([id, fields]) => messageOf(String(id), fields || []));
    const isKnown = messages.length > 0 && messages[0].offset === after;
    const isFull = messages.length > limit;
    if (isKnown) messages.shift();
    else messages.length = Math.min(messages.length, limit);
    const isWhole = isKnown || (messages.length > 0 ? messages[0].previous === after : tail === after);
    return { messages, isWhole, isFull, tail };
  }

  /** Compares two IDs: numbers without leading zeros, of which the longer is the larger. */
  compare(a, b) {
    if (a === b) return 0;
    const [i, j] = [a.indexOf('-'), b.indexOf('-')];
    return compareNumbers(a.slice(0, i), b.slice(0, j)) || compareNumbers(a.slice(i + 1), b.slice(j + 1));
  }

  isOffset(text) {
    const match = OFFSET.exec(text);
    return match !== null && match.slice(1).every((number) => compareNumbers(number, LARGEST) <= 0);
  }
}

/** Compares numbers that are written without leading zeros. */
function compareNumbers(a, b) {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** A message of the log. One that something else has added is what its first field says. */
function messageOf(offset, fields) {
  let [body, previous] = [fields[1], null];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = String(fields[i]);
    if (name === 'message') body = fields[i + 1];
    else if (name === 'previous') previous = String(fields[i + 1]);
  }
  return { data: decode(body || Buffer.alloc(0)).data, offset, previous };
}

/**
 * Makes the adapter.
 *
 * @param {object} options see `topics.d.ts`
 * @returns {RedisStreams}
 * @throws {TypeError}
 */
function redisStreams(options) {
  const common = commonOptions('redisStreams', options, OPTIONS);
  const { maxLength, expireAfter, patience, maxQueued } = options;
  return new RedisStreams({
    ...common,
    maxLength: wholeNumber('maxLength', maxLength, 1, 10_000),
    life: seconds('expireAfter', expireAfter, 24 * 3600),
    patience: seconds('patience', patience, 30),
    maxQueued: wholeNumber('maxQueued', maxQueued, 1, 16 * 1024 * 1024)
  });
}

module.exports = { redisStreams };
