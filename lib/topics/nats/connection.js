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

/** @typedef {import('../types').NatsConnection} NatsConnection */
/** @typedef {import('../types').NatsMessage} NatsMessage */
/** @typedef {{subscription: import('../types').NatsSubscription|null, fault: Error|null, isAwaited: boolean}} Held */

/**
 * @param {string} call whose option it is, for the error's text
 * @param {any} connection
 * @returns {NatsConnection} the same
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

/**
 * A character as a percent sign and its code.
 *
 * @param {string} character
 * @returns {string}
 */
function encoded(character) {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/**
 * A view of bytes as a Buffer on the same memory.
 *
 * @param {Uint8Array} bytes
 * @returns {Buffer}
 */
function bufferOf(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * An error that another attempt would bring again.
 *
 * @param {string} message
 * @returns {Error & {isRefusal: true}}
 */
function refusal(message) {
  return Object.assign(new Error(message), { isRefusal: /** @type {const} */ (true) });
}

/** What both adapters of NATS do. */
class NatsAdapter {
  /** @param {NatsConnection} connection */
  constructor(connection) {
    this._connection = connection;
    /** @type {import('../types').AdapterEvents|null} null before it is started */
    this._events = null;
    this._isStopped = false;
    /** @type {Promise<void>|null} */
    this._flushing = null;
    /** @type {ReturnType<NatsConnection['status']>|undefined} */
    this._statuses = undefined;
    /** @type {Map<string, Held>} the subscriptions, by topic */
    this._subscriptions = new Map();
    /** How often the connection was lost: what came in one life of it has no holes. */
    this._life = 0;
    this._isUp = true;
    /** @type {Set<() => void>} what waits until it is up */
    this._waiting = new Set();
    /** @type {Set<(error: Error) => void>} what fails when it is lost */
    this._underWay = new Set();
  }

  /** @param {import('../types').AdapterEvents} events */
  start(events) {
    if (this._events !== null) throw new Error('An adapter is for one object of Topics: make another one');
    this._events = events;
    this._watch();
  }

  /** @returns {import('../types').AdapterEvents} the topics that started it, which take its messages and faults */
  _sink() {
    return /** @type {import('../types').AdapterEvents} */ (this._events);
  }

  /** Follows what becomes of the connection, until it is closed. */
  async _watch() {
    try {
      this._statuses = this._connection.status();
      for await (const { type } of this._statuses) {
        if (this._isStopped) return;
        if (type === 'disconnect') this._lose();
        else if (type === 'reconnect') this._regain();
      }
    } catch (error) {
      this._sink().error(/** @type {Error} */ (error));
    }
    // The client has given up: requests that wait are made, and refused by it.
    this._letGo();
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
    this._letGo();
    try {
      await this._connection.flush();
    } catch {
      // It is lost again, and comes back again.
      return;
    }
    this._onReconnected();
  }

  /** Lets requests go on that wait for the connection. */
  _letGo() {
    this._isUp = true;
    for (const goOn of this._waiting) goOn();
  }

  _onReconnected() {
    this._sink().reconnected();
  }

  /**
   * Subscribes; resolves once the server has.
   *
   * @param {string} topic
   * @param {string} subject
   * @param {(message: NatsMessage) => void} onMessage
   */
  async _listen(topic, subject, onMessage) {
    const held = this._subscriptions.get(topic) || this._subscribe(topic, subject, onMessage);
    await this._flush();
    held.isAwaited = false;
    if (held.fault === null) return;
    this._subscriptions.delete(topic);
    throw held.fault;
  }

  /**
   * Asks the client for what comes on a subject.
   *
   * @param {string} topic
   * @param {string} subject
   * @param {(message: NatsMessage) => void} onMessage
   * @returns {Held}
   */
  _subscribe(topic, subject, onMessage) {
    /** @type {Held} */
    const held = { subscription: null, fault: null, isAwaited: true };
    this._subscriptions.set(topic, held);
    held.subscription = this._connection.subscribe(subject, {
      callback: (error, message) => {
        if (!error) onMessage(message);
        else if (held.isAwaited) held.fault = error;
        else this._sink().error(error);
      }
    });
    return held;
  }

  /** @param {string} topic */
  async unsubscribe(topic) {
    const held = this._subscriptions.get(topic);
    if (held === undefined) return;
    this._subscriptions.delete(topic);
    // It is over for us at once, and for the server when it reads on; a lost connection has ended it too.
    if (held.subscription !== null && !this._connection.isClosed()) held.subscription.unsubscribe();
  }

  /**
   * Makes a request once the connection is up; rejects if it is lost before the answer. One for which it is not up in time
   * is not made.
   *
   * @template T
   * @param {() => Promise<T>} request
   * @param {number} until when it has to be up, as `Date.now()` tells it
   * @returns {Promise<T>}
   */
  async _whileUp(request, until) {
    while (!this._isUp) {
      const left = until - Date.now();
      if (left <= 0) throw refusal('The connection to NATS was lost, and is not back in time');
      await this._change(left);
    }
    /** @type {(error: Error) => void} */
    let reject = () => {};
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

  /**
   * Waits until the connection is up, or for some time.
   *
   * @param {number} most in milliseconds
   * @returns {Promise<void>}
   */
  _change(most) {
    return new Promise((resolve) => {
      const goOn = () => {
        clearTimeout(timer);
        this._waiting.delete(goOn);
        resolve();
      };
      const timer = setTimeout(goOn, most);
      this._waiting.add(goOn);
    });
  }

  /**
   * Resolves once the server has read all that was sent; one question serves all who ask in the same turn of the loop.
   *
   * @returns {Promise<void>}
   */
  _flush() {
    if (this._flushing === null) {
      this._flushing = Promise.resolve().then(() => {
        this._flushing = null;
        return this._connection.flush();
      });
    }
    return this._flushing;
  }

  /**
   * Whether another attempt would fail in the same way.
   *
   * @param {Error & {isRefusal?: boolean, code?: unknown, cause?: any}} error
   * @returns {boolean}
   */
  isRefusal(error) {
    if (error.isRefusal === true || error instanceof TypeError || this._connection.isClosed()) return true;
    return [error, error.cause].some((each) => each && REFUSAL.test(`${each.name} ${each.code}`));
  }

  async stop() {
    this._isStopped = true;
    if (this._statuses && typeof this._statuses.stop === 'function') this._statuses.stop();
  }
}

module.exports = { NatsAdapter, bufferOf, connectionOf, prefixOf, refusal, subjectOf };
