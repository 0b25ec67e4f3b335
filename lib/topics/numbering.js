'use strict';

/**
 * Numbers of messages, for brokers that keep none: who receives a number twice has got the message twice, and who
 * misses one has lost a message.
 */

const { newPublisher } = require('./envelope');

/** Topics that a publisher knows its last number of; then it begins anew, under another name. */
const MOST_TOPICS = 100_000;
/** Publishers that are known in a topic; the one that was quiet longest is forgotten. */
const MOST_PUBLISHERS = 1000;

/** Gives the messages of this process their numbers. */
class Publisher {
  constructor() {
    this.name = newPublisher();
    /** @type {Map<string, number>} */
    this._numbers = new Map();
  }

  _begin() {
    this.name = newPublisher();
    this._numbers = new Map();
  }

  /**
   * The number of the next message in a topic, under the name that `name` is from then on.
   *
   * @param {string} topic
   * @returns {number}
   */
  next(topic) {
    if (this._numbers.size >= MOST_TOPICS) this._begin();
    const number = (this._numbers.get(topic) || 0) + 1;
    this._numbers.set(topic, number);
    return number;
  }
}

/** The numbers that have come in one topic. */
class Numbers {
  constructor() {
    /** @type {Map<string, number>} */
    this._last = new Map();
    /** @type {Set<string>} */
    this._forgiven = new Set();
  }

  /** What has been lost up to now is known: of each publisher, the next number may be any. */
  forgive() {
    this._forgiven = new Set(this._last.keys());
  }

  /**
   * Takes a number.
   *
   * @param {string} publisher
   * @param {number} number
   * @returns {'next'|'again'|'ahead'} whether it follows the last one, has come before, or leaves some out
   */
  take(publisher, number) {
    const last = this._last.get(publisher);
    if (last !== undefined && number <= last) return 'again';
    if (last === undefined && this._last.size >= MOST_PUBLISHERS) {
      const [quietest] = this._last.keys();
      this._last.delete(quietest);
    }
    this._last.delete(publisher);
    this._last.set(publisher, number);
    const isForgiven = this._forgiven.delete(publisher);
    return last === undefined || number === last + 1 || isForgiven ? 'next' : 'ahead';
  }
}

module.exports = { Numbers, Publisher };
