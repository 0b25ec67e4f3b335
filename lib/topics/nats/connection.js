'use strict';

/**
 * The caller's connection to NATS (`@nats-io/transport-node`, or `nats` of version 2), and what both adapters do with it.
 * It reconnects and subscribes again by itself; here it is noticed when it has.
 */

const { describe } = require('../checks');

/** What a connection has that this uses. */
const METHODS = ['subscribe', 'publish', 'request', 'flush', 'status', 'isClosed'];

/** What another attempt would bring again, by the name or the code of the error. */
const REFUSAL = /permission|authoriz|authentic|invalid_?(argument|subject|payload)|max_payload|bad_subject/i;

/**
 * @param {string} call whose option it is, for the error's text
 * @param {*} connection
 * @returns {object} the same
 * @throws {TypeError}
 */
function connectionOf(call, connection) {
  const isOne =
    connection !== null &&
    typeof connection === 'object' &&
    METHODS.every((method) => typeof connection[method] === 'function');
  if (isOne) return connection;
  throw new TypeError(
    `${call} needs the option connection: what connect() of @nats-io/transport-node resolves to, not ` +
      describe(connection)
  );
}

/**
 * The beginning of subjects: tokens, each with a dot behind it.
 *
 * @param {string} name of the option
 * @param {*} prefix
 * @param {string} otherwise
 * @returns {string}
 * @throws {TypeError}
 */
function prefixOf(name, prefix, otherwise) {
  if (prefix === undefined) return otherwise;
  if (typeof prefix !== 'string' || !/^([^\s.*>]+\.)+$/.test(prefix)) {
    throw new TypeError(
      `The option ${name} is the beginning of a subject, such as '${otherwise}', not ${describe(prefix)}`
    );
  }
  return prefix;
}

/**
 * The part of a subject for a topic. Dots stay, so that `news.sport` can be had with `news.*`, unless they would make an
 * empty token; whatever else a subject cannot hold is percent-encoded.
 *
 * @param {string} topic
 * @returns {string}
 */
function subjectOf(topic) {
  const subject = encodeURIComponent(topic).replace(/[!~*'()]/g, encoded);
  return subject.split('.').includes('') ? subject.replace(/\./g, encoded) : subject;
}

/** A character as a percent sign and its code. */
function encoded(character) {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** A view of bytes as a Buffer on the same memory. */
function bufferOf(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What both adapters of NATS do. */
class NatsAdapter {
  /** @param {object} connection */
  constructor(connection) {
    this._connection = connection;
    this._events = null;
    this._isStopped = false;
    this._flushing = null;
    /** The subscriptions, by topic. */
    this._subscriptions = new Map();
    /** How often the connection was lost: what came in one life of it has no holes. */
    this._life = 0;
    this._isUp = true;
    /** What waits until it is up, and what fails when it is lost. */
    this._waiting = [];
    this._underWay = new Set();
  }

  start(events) {
    if (this._events !== null) throw new Error('An adapter is for one object of Topics: make another one');
    this._events = events;
    this._watch();
  }

  /** Follows what becomes of the connection. */
  async _watch() {
    this._statuses = this._connection.status();
    for await (const { type } of this._statuses) {
      if (this._isStopped) return;
      if (type === 'disconnect') this._lose();
      else if (type === 'reconnect') this._regain();
    }
  }

  /** It is lost, and with it what was on its way: the client forgets that, without a word. */
  _lose() {
    this._life += 1;
    this._isUp = false;
    for (const reject of this._underWay) reject(new Error('The connection to NATS was lost'));
    this._underWay.clear();
  }

  /** It is there again; its subscriptions are once the server has answered. */
  async _regain() {
    this._isUp = true;
    for (const goOn of this._waiting.splice(0)) goOn();
    try {
      await this._connection.flush();
    } catch {
      // It is lost again, and comes back again.
      return;
    }
    this._onReconnected();
  }

  _onReconnected() {
    this._events.reconnected();
  }

  /**
   * Subscribes; resolves once the server has.
   *
   * @param {string} topic
   * @param {string} subject
   * @param {function(object): void} onMessage
   */
  async _listen(topic, subject, onMessage) {
    let held = this._subscriptions.get(topic);
    if (held === undefined) {
      held = { subscription: null, fault: null, isAwaited: true };
      this._subscriptions.set(topic, held);
      held.subscription = this._connection.subscribe(subject, {
        callback: (error, message) => {
          if (!error) onMessage(message);
          else if (held.isAwaited) held.fault = error;
          else this._events.error(error);
        }
      });
    }
    await this._flush();
    held.isAwaited = false;
    if (held.fault === null) return;
    this._subscriptions.delete(topic);
    throw held.fault;
  }

  async unsubscribe(topic) {
    const held = this._subscriptions.get(topic);
    if (held === undefined) return;
    this._subscriptions.delete(topic);
    // It is over for us at once, and for the server when it reads on; a lost connection has ended it too.
    if (!this._connection.isClosed()) held.subscription.unsubscribe();
  }

  /**
   * Makes a request once the connection is up; rejects if it is lost before the answer.
   *
   * @template T
   * @param {function(): Promise<T>} request
   * @returns {Promise<T>}
   */
  async _whileUp(request) {
    while (!this._isUp) await new Promise((resolve) => this._waiting.push(resolve));
    let reject;
    try {
      return await new Promise((resolve, rejected) => {
        reject = rejected;
        this._underWay.add(reject);
        request().then(resolve, reject);
      });
    } finally {
      this._underWay.delete(reject);
    }
  }

  /** Resolves once the server has read all that was sent; one question serves all who ask in the same turn. */
  _flush() {
    if (this._flushing === null) {
      this._flushing = Promise.resolve().then(() => {
        this._flushing = null;
        return this._connection.flush();
      });
    }
    return this._flushing;
  }

  isRefusal(error) {
    if (error.isRefusal === true || error instanceof TypeError || this._connection.isClosed()) return true;
    return [error, error.cause].some((each) => each && REFUSAL.test(`${each.name} ${each.code}`));
  }

  async stop() {
    this._isStopped = true;
    if (this._statuses && typeof this._statuses.stop === 'function') this._statuses.stop();
  }
}

module.exports = { NatsAdapter, bufferOf, connectionOf, prefixOf, subjectOf };
