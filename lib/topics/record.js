'use strict';

/** A connection with the topics that it is in, all of which it leaves when it closes. */

const { takesWithoutAsking } = require('../faye/broadcast');
const { connectionOf } = require('../faye/connection_of');
const { field } = require('../faye/eventsource/format');
const WebSocket = require('../faye/websocket');
const { idOf } = require('./last_event_id');
const { OPEN } = require('../transport/ready_state');

/** A member that gets what comes. */
const LIVE = 'live';
/** A member that first gets what it missed, from what the broker keeps. */
const BEHIND = 'behind';
const GONE = 'gone';

/** After these events a connection takes more: a client's sends wait until it is open. */
const RELIEF = ['drain', 'open'];

/** The methods `send` of this package. */
/** @type {unknown[]} */
const SENDS = [WebSocket.prototype.send, WebSocket.Client.prototype.send];

/** The close code of a connection that takes its messages too slowly, out of those that are for applications. */
const TOO_SLOW = 4008;

/** @typedef {import('./types').Connection} Connection */
/** @typedef {import('./types').Feed} Feed */

class Record {
  /**
   * @param {Connection|Feed} connection a WebSocket or an EventSource
   * @param {(record: Record) => void} onClose
   */
  constructor(connection, onClose) {
    this.connection = connection;
    /** The connection if it is an EventSource, which takes text only and remembers where it was; null for a WebSocket. */
    this.feed = feedOf(connection);
    /** Whether it is a WebSocket of this package, which takes what is framed already. */
    this._isOwn = connection instanceof WebSocket || connection instanceof WebSocket.Client;
    /** @type {import('../transport/connection').Connection | null} */
    this._inner = this._isOwn ? connectionOf(connection) || null : null;
    /** Its members by the names of their topics. */
    /** @type {Map<string, Member>} */
    this.members = new Map();
    /** Whether the last `send` asked to wait: only then does anybody look how much is waiting. */
    this.full = false;
    /** Whether messages to it are being dropped, so that this is told once and not for each. */
    this.dropping = false;
    /** @type {(() => void)[]|null} */
    this._waiting = null;
    this._onClose = () => onClose(this);
    this._onDrain = () => this._goOn();
    connection.on('close', this._onClose);
  }

  /** Whether it is there to be sent to, now or once it has opened. */
  get isOpen() {
    return this.connection.readyState <= OPEN;
  }

  /**
   * The connection inside, where one call of the native side can send to it and to others; null where it is asked alone.
   *
   * @returns {import('../transport/connection').Connection | null}
   */
  get oneOfMany() {
    const { connection, _inner: inner } = this;
    if (inner === null || !takesWithoutAsking(inner)) return null;
    // A class or an application may have a `send` of its own, which has to be asked.
    return SENDS.includes(connection.send) ? inner : null;
  }

  /** How many bytes were sent to it and have not left the process. */
  get bufferedAmount() {
    const { connection, feed } = this;
    if (feed === null) return connection.bufferedAmount || 0;
    return (feed._stream && feed._stream.writableLength) || 0;
  }

  /** Sends it a message. @param {import('./wire').Wire} wire */
  send(wire) {
    const { connection, feed } = this;
    let taken;
    if (feed !== null) taken = feed._write(wire.eventFor(this));
    else taken = connection.send(this._isOwn ? wire.prepared : wire.data);
    // What is sent to a client before it is open waits, however much it is, and `send` does not say so.
    this.full = !taken || connection.readyState < OPEN;
  }

  /** Tells an EventSource where it is: without an event, so that its page does not see anything. */
  mark() {
    const { feed } = this;
    const id = feed === null ? '' : idOf(this);
    if (feed !== null && id !== '') feed._write(field('id', id) + '\r\n');
  }

  /** Resolves once it can be sent to again, or is gone. @returns {Promise<void>} */
  drained() {
    if (!this.full || this.bufferedAmount === 0) return Promise.resolve();
    return new Promise((resolve) => {
      if (this._waiting === null) {
        this._waiting = [];
        for (const name of RELIEF) this.connection.on(name, this._onDrain);
      }
      this._waiting.push(resolve);
    });
  }

  /** Lets those go on who wait for `drain`. */
  _goOn() {
    if (this._waiting === null) return;
    const waiting = this._waiting;
    this._waiting = null;
    this.full = false;
    for (const name of RELIEF) this.connection.removeListener(name, this._onDrain);
    for (const resolve of waiting) resolve();
  }

  /** Ends it, since it takes its messages too slowly. */
  end() {
    const { connection, feed } = this;
    if (feed === null) {
      connection.close(TOO_SLOW, 'Too slow');
      return;
    }
    // What waits for it would wait on, in the socket. It comes back, and says with its last event ID what it has had.
    connection.close();
    if (feed._stream) feed._stream.destroy();
  }

  /** Takes our listeners off the connection. */
  letGo() {
    this.connection.removeListener('close', this._onClose);
    this._goOn();
  }
}

/**
 * The connection if it is an EventSource, or else null.
 *
 * @param {Connection|Feed} connection
 * @returns {Feed|null}
 */
function feedOf(connection) {
  return 'lastEventId' in connection && typeof connection.lastEventId === 'string' ? connection : null;
}

/** @typedef {import('../../topics').Subscribed} Subscribed */

/** A connection in a topic. */
class Member {
  /**
   * @param {Record} record
   * @param {import('./topic').Topic} topic
   */
  constructor(record, topic) {
    this.record = record;
    this.topic = topic;
    this.state = LIVE;
    /** The offset of the last message that it got; null while that is the topic's. */
    /** @type {string|null} */
    this.position = null;
    /** Resolves once it is no longer behind; null while it is not. */
    /** @type {Promise<void>|null} */
    this.catchingUp = null;
    /** Whether what `subscribe` returned is settled. */
    this.isSettled = false;
    /** @type {(subscribed: Subscribed|null) => void} */
    this.resolve = () => {};
    /** @type {(error: unknown) => void} */
    this.reject = () => {};
    /** @type {Promise<Subscribed|null>} what `subscribe` returns */
    this.subscribed = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** The offset of the last message that it got, or null if the messages have none, or nobody knows it yet. */
  get offset() {
    return this.position === null ? this.topic.position : this.position;
  }
}

module.exports = { BEHIND, GONE, LIVE, Member, Record };
