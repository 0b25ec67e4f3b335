'use strict';

/** One message on its way to the members of a topic: what is sent is made once, however many they are. */

const { Prepared } = require('../connection/prepared');
const { field, frame } = require('../faye/eventsource/format');
const WebSocket = require('../faye/websocket');
const { describe } = require('./checks');
const { entry, idOf } = require('./last_event_id');

/**
 * What a call has brought: a value, or what it threw.
 *
 * @template T
 * @typedef {{made: true, value: T}|{made: false, value: unknown}} Attempt
 */

class Wire {
  /**
   * @param {{name: string, encodedName: string}} topic
   * @param {{data: string|Buffer, offset: string|null}} message
   * @param {import('./types').Shapes} shapes
   */
  constructor(topic, message, shapes) {
    this._topic = topic;
    this._message = message;
    this._shapes = shapes;
    /** @type {Attempt<string|Buffer>|null} */
    this._data = null;
    /** @type {{isFramed: boolean, value: unknown}|null} */
    this._prepared = null;
    /** @type {Attempt<string>|null} */
    this._event = null;
    /** @type {string|null} */
    this._id = null;
    /** Members that were found too slow for it, with whom something is to be done once all have had it; null for none. */
    /** @type {import('./record').Member[]|null} */
    this.slow = null;
    /** What has been thrown by a `send` of it; null for nothing. */
    /** @type {Set<unknown>|null} */
    this._thrown = null;
  }

  /** A member is too slow for it. @param {import('./record').Member} member */
  setAside(member) {
    if (this.slow === null) this.slow = [];
    this.slow.push(member);
  }

  /** Whether that has not been thrown for it before. @param {unknown} error @returns {boolean} */
  isNew(error) {
    if (this._thrown === null) this._thrown = new Set();
    const { size } = this._thrown;
    return this._thrown.add(error).size > size;
  }

  /** What WebSockets are sent. */
  get data() {
    if (this._data === null) this._data = attempt(() => this._formatted());
    return valueOf(this._data);
  }

  /** The same for WebSockets of this package: framed once, if more than one asks and the package can do that. */
  get prepared() {
    const { data } = this;
    /** @type {{name: string, prepare?: (data: string|Buffer) => unknown}} */
    const framer = WebSocket;
    if (this._prepared === null) {
      this._prepared = { isFramed: typeof framer.prepare !== 'function', value: data };
    } else if (!this._prepared.isFramed && framer.prepare) {
      this._prepared = { isFramed: true, value: framer.prepare(data) };
    }
    return this._prepared.value;
  }

  /** The same for several WebSockets at once; null if the package cannot frame. @returns {Prepared | null} */
  get framed() {
    // Framed when it is asked for again.
    let { prepared } = this;
    if (!(prepared instanceof Prepared)) prepared = this.prepared;
    return prepared instanceof Prepared ? prepared : null;
  }

  /**
   * What an EventSource is sent: bytes as base64, since an event is text.
   *
   * @param {import('./record').Record} record
   * @returns {string}
   */
  eventFor(record) {
    if (this._event === null) this._event = attempt(() => this._framed());
    const event = valueOf(this._event);
    const { offset } = this._message;
    if (offset === null) return event;
    if (record.members.size > 1) return field('id', idOf(record)) + event;
    if (this._id === null) this._id = field('id', entry(this._topic, offset));
    return this._id + event;
  }

  /** The message as the caller wants it for WebSockets. */
  _formatted() {
    const { format } = this._shapes;
    const { data, offset } = this._message;
    if (format === null) return data;
    const made = format({ topic: this._topic.name, offset, data });
    if (typeof made !== 'string' && !Buffer.isBuffer(made)) {
      throw new TypeError(`The option format returns a string or a Buffer, not ${describe(made)}`);
    }
    return made;
  }

  /** The message as an event, without an ID. */
  _framed() {
    const { event } = this._shapes;
    const { data } = this._message;
    const type = event === null ? undefined : event(this._topic.name);
    if (type !== undefined && typeof type !== 'string') {
      throw new TypeError(`The option event returns a string or undefined, not ${describe(type)}`);
    }
    return frame(typeof data === 'string' ? data : data.toString('base64'), { event: type });
  }
}

/**
 * Calls a function that may be the caller's: once, even if it throws.
 *
 * @template T
 * @param {() => T} make
 * @returns {Attempt<T>}
 */
function attempt(make) {
  try {
    return { made: true, value: make() };
  } catch (error) {
    return { made: false, value: error };
  }
}

/**
 * What an attempt has brought, for each who asks.
 *
 * @template T
 * @param {Attempt<T>} attempt
 * @returns {T}
 * @throws what the call threw
 */
function valueOf(attempt) {
  if (!attempt.made) throw attempt.value;
  return attempt.value;
}

module.exports = { Wire };
