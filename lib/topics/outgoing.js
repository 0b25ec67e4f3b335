'use strict';

/**
 * Messages on their way to a broker that keeps them, one line for each topic: in order, and each once, although
 * connections are lost in between.
 *
 * Several of a line are under way at a time. When one fails, nothing more is sent until the broker, or the lost
 * connection, has answered for all that are; then everything that was not taken is sent again in its order. What was
 * taken without an answer is recognised by the broker, from its number or its name.
 */

const { randomBytes } = require('crypto');

const { pauseAfter } = require('./interest');
const { Queue } = require('../transport/queue');

/** Topics whose last numbers are known; beyond, the one that was quiet longest begins anew, under another name. */
const MOST_LINES = 100_000;

/** What keeping a message takes besides its bytes, about. */
const ITEM = 512;

/** The answer of a broker that has not taken the message before. */
class Behind extends Error {
  /** @param {number} last the number of the last message that it has taken */
  constructor(last) {
    super(`The broker has taken message ${last} and none behind it`);
    this.last = last;
  }
}

/** @typedef {import('./types').Item} Item */

class Outgoing {
  /**
   * @param {object} settings
   * @param {(topic: string, item: Item) => Promise<string|null>} settings.send sends a message of a topic; rejects with
   *   `Behind` if numbers of that publisher are missing before it
   * @param {(error: Error) => boolean} settings.isRefusal
   * @param {number} settings.window messages of one topic that are under way at a time
   * @param {number} settings.maxQueued bytes that may wait altogether, with what keeping messages takes
   * @param {number} settings.patience how long a message is sent again, in milliseconds
   * @param {number} [settings.mostLines]
   */
  constructor({ send, isRefusal, window, maxQueued, patience, mostLines = MOST_LINES }) {
    this._send = send;
    this._isRefusal = isRefusal;
    this.window = window;
    this._maxQueued = maxQueued;
    this._patience = patience;
    this._mostLines = mostLines;
    /** @type {Map<string, Line>} */
    this._lines = new Map();
    this._queued = 0;
    this._process = randomBytes(8).toString('hex');
    this._made = 0;
  }

  /**
   * Sends a message, behind those of its topic that were given before.
   *
   * @param {string} topic
   * @param {Buffer} data
   * @returns {Promise<string|null>} what `send` resolved to, once the broker has taken it
   */
  publish(topic, data) {
    if (this._queued + ITEM + data.length > this._maxQueued && this._queued > 0) {
      const waiting = `${this._queued} bytes of messages, with ${ITEM} for each to be kept,`;
      return Promise.reject(new Error(`The broker does not keep up: ${waiting} wait for it`));
    }
    this._queued += ITEM + data.length;
    return this._lineOf(topic).add(data);
  }

  /**
   * The line of a topic.
   *
   * @param {string} topic
   * @returns {Line}
   */
  _lineOf(topic) {
    let line = this._lines.get(topic);
    if (line === undefined) {
      if (this._lines.size >= this._mostLines) this._forgetOne();
      line = new Line(topic, `${this._process}.${(this._made++).toString(36)}`, this);
    } else {
      this._lines.delete(topic);
    }
    // The one that was quiet longest stands first.
    this._lines.set(topic, line);
    return line;
  }

  /** Forgets the line that was quiet longest, unless messages wait in each. */
  _forgetOne() {
    for (const [topic, line] of this._lines) {
      if (!line.isIdle) continue;
      this._lines.delete(topic);
      return;
    }
  }

  /** Takes a message out of the count of queued bytes. @param {Buffer} data */
  uncount(data) {
    this._queued -= ITEM + data.length;
  }
}

/** The messages of one topic. */
class Line {
  /**
   * @param {string} topic
   * @param {string} publisher the name of the line, which is nobody else's
   * @param {Outgoing} outgoing
   */
  constructor(topic, publisher, outgoing) {
    this._topic = topic;
    this._publisher = publisher;
    this._outgoing = outgoing;
    /** What was sent, in order, from the first on that is not settled. */
    /** @type {Item[]} */
    this._sent = [];
    /** What comes behind it. */
    /** @type {Queue<Item>} */
    this._waiting = new Queue();
    /** How many were sent and are not answered. */
    this._underWay = 0;
    this._number = 0;
    /** The highest number that was taken. */
    this._taken = 0;
    this._failures = 0;
    /** What went wrong, until all that is under way is answered. */
    /** @type {Error|null} */
    this._fault = null;
    /** @type {NodeJS.Timeout|null} */
    this._timer = null;
  }

  /** Whether nothing waits. */
  get isIdle() {
    return this._sent.length === 0 && this._waiting.length === 0;
  }

  /**
   * Adds a message.
   *
   * @param {Buffer} data
   * @returns {Promise<string|null>} resolves once the broker has taken it
   */
  add(data) {
    const number = ++this._number;
    return new Promise((resolve, reject) => {
      const since = Date.now();
      const publisher = this._publisher;
      this._waiting.push({
        data,
        publisher,
        number,
        first: number,
        since,
        isSettled: false,
        resolve,
        reject
      });
      this._pump();
    });
  }

  /** Sends what may be sent. */
  _pump() {
    const { _outgoing: outgoing } = this;
    while (this._fault === null && this._timer === null && this._underWay < outgoing.window) {
      const item = this._waiting.shift();
      if (item === undefined) return;
      this._sent.push(item);
      const first = /** @type {Item} */ (this._sent.find(({ isSettled }) => !isSettled));
      item.first = first.number;
      this._underWay += 1;
      outgoing._send(this._topic, item).then(
        (offset) => this._onTaken(item, offset),
        (error) => this._onFailed(item, error)
      );
    }
  }

  /**
   * The broker has taken a message.
   *
   * @param {Item} item
   * @param {string|null} offset
   */
  _onTaken(item, offset) {
    this._failures = 0;
    this._taken = Math.max(this._taken, item.number);
    this._settle(item, () => item.resolve(offset));
    this._onAnswer();
  }

  /**
   * A message was not taken, or nobody knows.
   *
   * @param {Item} item
   * @param {Error} error
   */
  _onFailed(item, error) {
    if (this._outgoing._isRefusal(error)) this._settle(item, () => item.reject(error));
    else if (!(this._fault instanceof Behind) || isFurther(error, this._fault)) this._fault = error;
    this._onAnswer();
  }

  /**
   * A message is done with: its promise is settled, once.
   *
   * @param {Item} item
   * @param {() => void} settle
   */
  _settle(item, settle) {
    if (item.isSettled) return;
    item.isSettled = true;
    this._outgoing.uncount(item.data);
    settle();
  }

  /** One that was under way is so no longer. */
  _onAnswer() {
    this._underWay -= 1;
    if (this._fault === null) {
      let first = 0;
      while (first < this._sent.length && this._sent[first].isSettled) first += 1;
      if (first > 0) this._sent.splice(0, first);
      this._pump();
    } else if (this._underWay === 0) {
      this._goBack();
    }
  }

  /** Nothing is under way, and something failed: what is not settled is sent again. */
  _goBack() {
    const fault = this._fault;
    this._fault = null;
    const items = [...this._sent.filter((item) => !item.isSettled), ...this._waiting.takeAll()];
    this._sent = [];
    if (fault instanceof Behind) {
      // What is missing was given up or refused; what is here follows what the broker has.
      this._renumber(items, Math.max(fault.last, this._taken));
      this._wait(items);
      this._pump();
      return;
    }
    const oldest = Date.now() - this._outgoing._patience;
    for (const item of items) {
      if (item.since < oldest) this._settle(item, () => item.reject(fault));
    }
    this._wait(items);
    this._failures += 1;
    this._timer = setTimeout(() => {
      this._timer = null;
      this._pump();
    }, pauseAfter(this._failures));
  }

  /** Lets those wait, in front of what comes, that are not settled. @param {Item[]} items */
  _wait(items) {
    for (const item of items) if (!item.isSettled) this._waiting.push(item);
  }

  /**
   * Lets the numbers follow the last one that the broker has taken.
   *
   * @param {Item[]} items that are to be sent
   * @param {number} last
   */
  _renumber(items, last) {
    if (items.length === 0) {
      this._number = last;
      return;
    }
    const excess = items[0].number - (last + 1);
    if (excess <= 0) return;
    for (const item of items) item.number -= excess;
    this._number -= excess;
  }
}

/**
 * Whether an error says that the broker has taken more than another one says.
 *
 * @param {Error} error
 * @param {Behind} other
 * @returns {boolean}
 */
function isFurther(error, other) {
  return error instanceof Behind && error.last > other.last;
}

module.exports = { Behind, Outgoing };
