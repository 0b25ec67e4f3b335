'use strict';

/**
 * Topics over a stream of JetStream, which keeps their messages: all topics share a stream, and the offsets are the numbers
 * of the messages in it. The stream republishes what it has stored, with its number and that of the message before it on
 * the same subject; a process subscribes to that, as ever, and reads the stream only for what somebody has missed.
 */

const { describe, oneOf, optionsOf, seconds, wholeNumber } = require('../checks');
const { decode, encode } = require('../envelope');
const { Outgoing } = require('../outgoing');
const { Api } = require('./api');
const { NatsAdapter, bufferOf, connectionOf, prefixOf, refusal, subjectOf } = require('./connection');

const OPTIONS = [
  'connection',
  'stream',
  'prefix',
  'create',
  'maxLength',
  'maxAge',
  'replicas',
  'storage',
  'patience',
  'maxQueued'
];

const PREFIX = 'topics.';
/** What stands before the subjects on which the stream republishes. */
const LIVE = 'live.';
const BEGINNING = '0';
const OFFSET = /^(0|[1-9]\d{0,18})$/;

/** Messages of a topic that are under way at a time. */
const WINDOW = 256;
/** For how long the stream knows the names of messages, in nanoseconds. */
const DUPLICATES = 120e9;

class JetStream extends NatsAdapter {
  /** @param {import('../types').JetStreamSettings} options */
  constructor(options) {
    super(options.connection);
    this.keeps = true;
    this._options = options;
    this._prefix = options.prefix;
    this._stream = options.stream;
    this._api = new Api(options.connection);
    /** @type {Promise<void>|null} */
    this._preparing = null;
    /** @type {Map<string, {last: string, life: number}>} what was delivered last, and in which life of the connection */
    this._delivered = new Map();
    this._outgoing = new Outgoing({
      send: (topic, item) => this._send(topic, item),
      isRefusal: (error) => this.isRefusal(error),
      window: 1,
      maxQueued: options.maxQueued,
      patience: options.patience
    });
  }

  /** Finds the stream, or makes it, once. */
  _prepare() {
    if (this._preparing === null) {
      const preparing = this._findStream();
      this._preparing = preparing;
      preparing.catch(() => (this._preparing = null));
    }
    return this._preparing;
  }

  async _findStream() {
    const wanted = this._configuration();
    let found = await this._api.stream(this._stream);
    if (found === null && this._options.create) {
      // Another process may make it in the same moment.
      await this._api.create(wanted).catch(() => {});
      found = await this._api.stream(this._stream);
    }
    if (found === null)
      throw refusal(`There is no stream ${this._stream}; make it, or leave out create: false`);
    const { republish, subjects, num_replicas: replicas } = found.config;
    const { src, dest } = wanted.republish;
    if (!subjects.includes(src) || !republish || republish.src !== src || republish.dest !== dest) {
      throw refusal(
        `The stream ${this._stream} has to have the subject ${src}, and to republish from ${src} to ${dest}; ` +
          'give it that, or use another one'
      );
    }
    // With replicas another server may take over and, of two messages under way, store the second alone.
    this._outgoing.window = replicas > 1 ? 1 : WINDOW;
  }

  /** The stream as it is made. */
  _configuration() {
    const { maxLength, maxAge, replicas, storage } = this._options;
    const all = `${this._prefix}>`;
    return {
      name: this._stream,
      subjects: [all],
      republish: { src: all, dest: LIVE + all },
      retention: 'limits',
      discard: 'old',
      max_msgs_per_subject: maxLength,
      max_age: maxAge * 1e6,
      num_replicas: replicas,
      storage,
      duplicate_window: Math.min(DUPLICATES, maxAge * 1e6),
      allow_direct: true
    };
  }

  /** @param {string} topic */
  async subscribe(topic) {
    await this._prepare();
    const subject = this._prefix + subjectOf(topic);
    const life = this._life;
    await this._listen(topic, LIVE + subject, (message) => this._receive(topic, message));
    const last = await this._api.last(this._stream, subject);
    if (!this._delivered.has(topic)) this._delivered.set(topic, { last, life });
    return last;
  }

  /** @param {string} topic */
  async unsubscribe(topic) {
    await super.unsubscribe(topic);
    this._delivered.delete(topic);
  }

  /**
   * A message has come.
   *
   * @param {string} topic
   * @param {import('../types').NatsMessage} message
   */
  _receive(topic, { data: bytes, headers }) {
    const offset = headers ? headers.get('Nats-Sequence') : '';
    let previous = headers ? headers.get('Nats-Last-Sequence') : '';
    if (!OFFSET.test(offset) || !OFFSET.test(previous)) {
      const error = new Error(
        `A message in the topic ${JSON.stringify(topic)} was published by something else`
      );
      this._sink().error(error);
      return;
    }
    const delivered = this._delivered.get(topic);
    // The one before it is not kept any more; since nothing can have been lost on the way, it is the one that came.
    if (previous === BEGINNING && delivered && delivered.life === this._life) previous = delivered.last;
    this._delivered.set(topic, { last: offset, life: this._life });
    this._sink().message(topic, { data: decode(bufferOf(bytes)).data, offset, previous });
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
   * Stores a message.
   *
   * @param {string} topic
   * @param {import('../types').Item} item
   * @returns {Promise<string>}
   */
  async _send(topic, { data, publisher, number, since }) {
    await this._prepare();
    const subject = this._prefix + subjectOf(topic);
    const store = () => this._api.store(subject, data, `${publisher}.${number}`);
    return this._whileUp(store, since + this._options.patience);
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
    const subject = this._prefix + subjectOf(topic);
    // From the message itself on: if it is still there, so is all that came after it, since the oldest go first.
    const { messages: found, pending } = await this._api.read(this._stream, subject, after, limit + 1);
    const messages = found.map(({ offset, bytes }) => ({ data: decode(bufferOf(bytes)).data, offset }));
    const isKnown = messages.length > 0 && messages[0].offset === after;
    if (isKnown) messages.shift();
    const isWhole = isKnown || after === BEGINNING;
    const isFull = pending > found.length;
    if (messages.length > 0) return { messages, isWhole, isFull, tail: messages[messages.length - 1].offset };
    return { messages, isWhole, isFull, tail: isKnown ? after : await this._api.last(this._stream, subject) };
  }

  /**
   * Compares two numbers, which have no leading zeros: the longer is the larger.
   *
   * @param {string} a
   * @param {string} b
   * @returns {number}
   */
  compare(a, b) {
    return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
  }

  /**
   * @param {string} text
   * @returns {boolean}
   */
  isOffset(text) {
    return OFFSET.test(text);
  }
}

/**
 * Makes the adapter.
 *
 * @param {import('../../../topics').JetStreamOptions} options
 * @returns {JetStream}
 * @throws {TypeError}
 */
function jetStream(options) {
  const given = optionsOf('jetStream', options, OPTIONS);
  const { connection, stream = 'TOPICS', create = true } = given;
  if (typeof stream !== 'string' || !/^[^\s.*>/\\]+$/.test(stream)) {
    throw new TypeError(`The option stream is the name of a stream, not ${describe(stream)}`);
  }
  if (typeof create !== 'boolean') {
    throw new TypeError(`The option create is true or false, not ${describe(create)}`);
  }
  return new JetStream({
    connection: connectionOf('jetStream', connection),
    stream,
    prefix: prefixOf('prefix', given.prefix, PREFIX),
    create,
    maxLength: wholeNumber('maxLength', given.maxLength, 1, 10_000),
    maxAge: seconds('maxAge', given.maxAge, 24 * 3600),
    replicas: wholeNumber('replicas', given.replicas, 1, 1),
    storage: oneOf('storage', given.storage, ['file', 'memory']),
    patience: seconds('patience', given.patience, 30),
    maxQueued: wholeNumber('maxQueued', given.maxQueued, 1, 16 * 1024 * 1024)
  });
}

module.exports = { jetStream };
