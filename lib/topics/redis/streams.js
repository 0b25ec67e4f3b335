'use strict';

/**
 * Topics over Redis that keep their messages: each topic is a stream, whose IDs are the offsets, and what is added to it
 * is published as well. A process subscribes to what is published, as ever; it reads the stream only for what somebody
 * has missed.
 */

const { optionsOf, seconds, wholeNumber } = require('../checks');
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

/** @typedef {import('../types').Reply} Reply */

class RedisStreams extends RedisAdapter {
  /** @param {import('../types').RedisStreamsSettings} options */
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

  /**
   * The names of a topic at the broker, which are all of one slot of a cluster.
   *
   * @param {string} topic
   * @returns {{channel: string, log: string, register: string}}
   */
  _namesOf(topic) {
    const channel = `${this._prefix}{${topic.replace(/[%{}]/g, encodeURIComponent)}}`;
    return { channel, log: `${channel}:log`, register: `${channel}:register` };
  }

  /** @param {string} topic */
  async subscribe(topic) {
    await this._prepare();
    const { channel, log, register } = this._namesOf(topic);
    await this._clients.subscribe(channel, (bytes) => this._receive(topic, bytes));
    return this._tail(log, register);
  }

  /** @param {string} topic */
  async unsubscribe(topic) {
    await this._clients.unsubscribe(this._namesOf(topic).channel);
  }

  /**
   * A message has come: its ID, the one before it, and itself.
   *
   * @param {string} topic
   * @param {Buffer} bytes
   */
  _receive(topic, bytes) {
    const end = bytes.indexOf(LINE_FEED);
    const [offset, previous] = bytes.latin1Slice(0, Math.max(end, 0)).split(' ');
    if (!this.isOffset(offset) || !this.isOffset(previous || '')) {
      this._sink().error(
        new Error(`A message in the topic ${JSON.stringify(topic)} was published by something else`)
      );
      return;
    }
    const { data } = decode(bytes.subarray(end + 1));
    this._sink().message(topic, { data, offset, previous });
  }

  /**
   * @param {string} topic
   * @param {string|Buffer} data
   * @returns {Promise<string|null>} its offset
   */
  publish(topic, data) {
    return this._outgoing.publish(topic, encode(data));
  }

  /**
   * Has the script take a message.
   *
   * @param {string} topic
   * @param {import('../types').Item} item
   * @returns {Promise<string|null>} its offset
   */
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
      if (!(/** @type {Error} */ (error).message.startsWith('NOSCRIPT'))) throw error;
      reply = await this._clients.command(log, ['EVAL', SCRIPT, ...keys, ...values]);
    }
    const [status, value] = listOf(reply).map(String);
    if (status === 'behind' && isBehind(value, number)) throw new Behind(Number(value));
    if (status === 'taken' && this.isOffset(value)) return value;
    if (status === 'known' && (value === '' || this.isOffset(value))) return value || null;
    throw new TypeError(`Redis has answered with something else than what became of the message: ${status}`);
  }

  /**
   * The ID of the last message that was ever in a topic.
   *
   * @param {string} log
   * @param {string} register
   * @returns {Promise<string>}
   */
  async _tail(log, register) {
    const [newest] = listOf(await this._clients.command(register, ['HMGET', register, '']));
    if (newest !== null) return String(newest);
    const [last] = listOf(await this._clients.command(log, ['XREVRANGE', log, '+', '-', 'COUNT', '1']));
    return last ? String(listOf(last)[0]) : BEGINNING;
  }

  /**
   * Reads messages that are kept.
   *
   * @param {string} topic
   * @param {string} after the offset behind which they begin
   * @param {number} limit
   * @returns {Promise<import('../types').Page>}
   */
  async read(topic, after, limit) {
    await this._prepare();
    const { log, register } = this._namesOf(topic);
    // Behind the tail, so that nothing comes in between that would seem to be trimmed.
    const tail = await this._tail(log, register);
    const entries = await this._clients.command(log, ['XRANGE', log, after, '+', 'COUNT', String(limit + 1)]);
    const messages = listOf(entries).map((entry) => {
      const [id, fields] = listOf(entry);
      return messageOf(String(id), listOf(fields || []));
    });
    const isKnown = messages.length > 0 && messages[0].offset === after;
    const isFull = messages.length > limit;
    if (isKnown) messages.shift();
    else messages.length = Math.min(messages.length, limit);
    const isWhole = isKnown || (messages.length > 0 ? messages[0].previous === after : tail === after);
    return { messages, isWhole, isFull, tail };
  }

  /**
   * Compares two IDs: numbers without leading zeros, of which the longer is the larger.
   *
   * @param {string} a
   * @param {string} b
   * @returns {number}
   */
  compare(a, b) {
    if (a === b) return 0;
    const [i, j] = [a.indexOf('-'), b.indexOf('-')];
    return compareNumbers(a.slice(0, i), b.slice(0, j)) || compareNumbers(a.slice(i + 1), b.slice(j + 1));
  }

  /**
   * @param {string} text
   * @returns {boolean}
   */
  isOffset(text) {
    const match = OFFSET.exec(text);
    return match !== null && match.slice(1).every((number) => compareNumbers(number, LARGEST) <= 0);
  }
}

/**
 * Whether numbers are missing between one that was taken last, as the script has it, and one that has come.
 *
 * @param {string} last
 * @param {number} number
 * @returns {boolean}
 */
function isBehind(last, number) {
  return /^\d{1,15}$/.test(last) && Number(last) + 1 < number;
}

/**
 * An answer that is a list.
 *
 * @param {Reply} reply
 * @returns {Reply[]}
 */
function listOf(reply) {
  return /** @type {Reply[]} */ (reply);
}

/**
 * Compares numbers that are written without leading zeros.
 *
 * @param {string} a
 * @param {string} b
 * @returns {number}
 */
function compareNumbers(a, b) {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/**
 * A message of the log. One that something else has added is what its first field says.
 *
 * @param {string} offset
 * @param {Reply[]} fields names and values alternately
 * @returns {{data: string|Buffer, offset: string, previous: string|null}}
 */
function messageOf(offset, fields) {
  let body = fields[1];
  /** @type {string|null} */
  let previous = null;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = String(fields[i]);
    if (name === 'message') body = fields[i + 1];
    else if (name === 'previous') previous = String(fields[i + 1]);
  }
  return { data: decode(/** @type {Buffer} */ (body || Buffer.alloc(0))).data, offset, previous };
}

/**
 * Makes the adapter.
 *
 * @param {import('../../../topics').RedisStreamsOptions} options
 * @returns {RedisStreams}
 * @throws {TypeError}
 */
function redisStreams(options) {
  const common = commonOptions('redisStreams', options, OPTIONS);
  const { maxLength, expireAfter, patience, maxQueued } = optionsOf('redisStreams', options, OPTIONS);
  return new RedisStreams({
    ...common,
    maxLength: wholeNumber('maxLength', maxLength, 1, 10_000),
    life: seconds('expireAfter', expireAfter, 24 * 3600),
    patience: seconds('patience', patience, 30),
    maxQueued: wholeNumber('maxQueued', maxQueued, 1, 16 * 1024 * 1024)
  });
}

module.exports = { redisStreams };
