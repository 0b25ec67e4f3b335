'use strict';

/** The requests of JetStream that the adapter makes, over the caller's connection: JSON both ways, under `$JS.API`. */

const { randomBytes } = require('crypto');

const TIMEOUT = 5000;
/** How long a consumer of ours outlives its use, in nanoseconds. */
const INACTIVE = 5e9;

/** Codes of the server for what is not there. */
const NO_MESSAGE = 10037;
const NO_STREAM = 10059;

/** What the server answers instead of what was asked for. */
class ApiError extends Error {
  /** @param {{code: number, err_code: number, description: string}} answer */
  constructor({ code, err_code: number, description }) {
    super(`JetStream: ${description}`);
    this.name = 'JetStreamError';
    this.number = number;
    /** A server without a leader, or one that has no room at the moment, may say something else later. */
    this.isRefusal = code !== 503 && code !== 500;
  }
}

/** @typedef {import('../types').JetStreamAnswer} Answer */
/** @typedef {{offset: string, bytes: Uint8Array}} Stored */

class Api {
  /** @param {import('../types').NatsConnection} connection */
  constructor(connection) {
    this._connection = connection;
  }

  /**
   * Asks.
   *
   * @param {string} subject below `$JS.API`
   * @param {string|object} [question]
   * @returns {Promise<Answer>}
   * @throws {ApiError} for an answer that is an error
   */
  async _ask(subject, question = '') {
    const text = typeof question === 'string' ? question : JSON.stringify(question);
    const reply = await this._connection.request(`$JS.API.${subject}`, Buffer.from(text), {
      timeout: TIMEOUT
    });
    return answerOf(reply);
  }

  /**
   * What a stream is.
   *
   * @param {string} name
   * @returns {Promise<Answer|null>} null if there is none of that name
   */
  async stream(name) {
    try {
      return await this._ask(`STREAM.INFO.${name}`);
    } catch (error) {
      if (error instanceof ApiError && error.number === NO_STREAM) return null;
      throw error;
    }
  }

  /**
   * Makes a stream.
   *
   * @param {import('../types').StreamConfig} config
   * @returns {Promise<Answer>}
   */
  create(config) {
    return this._ask(`STREAM.CREATE.${config.name}`, config);
  }

  /**
   * Stores a message under a name that the stream takes once.
   *
   * @param {string} subject
   * @param {Buffer} bytes
   * @param {string} name
   * @returns {Promise<string>} its number in the stream
   */
  async store(subject, bytes, name) {
    const head = Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${name}\r\n\r\n`);
    const options = { timeout: TIMEOUT, headers: { encode: () => head } };
    const reply = await this._connection.request(subject, bytes, options);
    return String(answerOf(reply).seq);
  }

  /**
   * The number of the last message with a subject.
   *
   * @param {string} stream
   * @param {string} subject
   * @returns {Promise<string>} `'0'` if the stream has none
   */
  async last(stream, subject) {
    try {
      const { message } = await this._ask(`STREAM.MSG.GET.${stream}`, { last_by_subj: subject });
      return String(message.seq);
    } catch (error) {
      if (error instanceof ApiError && error.number === NO_MESSAGE) return '0';
      throw error;
    }
  }

  /**
   * Reads messages with a subject.
   *
   * @param {string} stream
   * @param {string} subject
   * @param {string} from the number at which to begin
   * @param {number} limit
   * @returns {Promise<{messages: Stored[], pending: number}>} and how many there are
   */
  async read(stream, subject, from, limit) {
    // A number may be too large for one of JavaScript's.
    const begin =
      from === '0'
        ? '"deliver_policy":"all"'
        : `"deliver_policy":"by_start_sequence","opt_start_seq":${from}`;
    const settings = {
      filter_subject: subject,
      ack_policy: 'none',
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: INACTIVE
    };
    const config = `{${begin},${JSON.stringify(settings).slice(1)}`;
    const consumer = await this._ask(
      `CONSUMER.CREATE.${stream}`,
      `{"stream_name":${JSON.stringify(stream)},"config":${config}}`
    );
    const pending = consumer.num_pending;
    if (pending === 0) return { messages: [], pending };
    const messages = await this._fetch(stream, consumer.name, Math.min(pending, limit));
    this._connection.publish(`$JS.API.CONSUMER.DELETE.${stream}.${consumer.name}`);
    return { messages, pending };
  }

  /**
   * Gets messages that a consumer has.
   *
   * @param {string} stream
   * @param {string} consumer
   * @param {number} count
   * @returns {Promise<Stored[]>} fewer, if others were trimmed meanwhile
   */
  _fetch(stream, consumer, count) {
    const connection = this._connection;
    const { inboxPrefix = '_INBOX' } = connection.options || {};
    const inbox = `${inboxPrefix}.${randomBytes(12).toString('hex')}`;
    return new Promise((resolve, reject) => {
      /** @type {Stored[]} */
      const messages = [];
      const finish = (/** @type {Error|undefined} */ error) => {
        clearTimeout(timer);
        if (!connection.isClosed()) subscription.unsubscribe();
        if (error) reject(error);
        else resolve(messages);
      };
      const timer = setTimeout(() => finish(new Error('JetStream does not send what it has')), TIMEOUT);
      const subscription = connection.subscribe(inbox, {
        callback: (error, message) => {
          if (error) return finish(error);
          // Nothing more is there, though there was: the rest has been trimmed meanwhile.
          if (message.headers && message.headers.code >= 400) return finish(undefined);
          messages.push({ offset: numberOf(String(message.reply)), bytes: message.data });
          if (messages.length === count) finish(undefined);
        }
      });
      const question = JSON.stringify({ batch: count, no_wait: true });
      connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, Buffer.from(question), {
        reply: inbox
      });
    });
  }
}

/**
 * The answer in a message.
 *
 * @param {import('../types').NatsMessage} message
 * @returns {Answer}
 * @throws {ApiError} if it is an error
 */
function answerOf(message) {
  const answer = JSON.parse(Buffer.from(message.data).toString());
  if (answer.error) throw new ApiError(answer.error);
  return answer;
}

/**
 * The number of a message in its stream, from what an acknowledgement would be sent to.
 *
 * @param {string} reply
 * @returns {string}
 */
function numberOf(reply) {
  const tokens = reply.split('.');
  // Newer servers put a domain and an account before the name of the stream.
  return tokens[tokens.length >= 11 ? 7 : 5];
}

module.exports = { Api };
