'use strict';

/**
 * The one subscription of this process at the broker for one topic, which follows whether anybody here listens.
 *
 * Calls to the broker are made one at a time, and each time for what is wanted by then: whoever comes while an
 * unsubscribe is under way is subscribed after it, and a hundred that come and go meanwhile cost one call or none.
 * A call that failed with its connection is made again after a pause that grows. One that the broker refused is not.
 */

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5000;

/**
 * How long to wait before another attempt, at random within the upper half of a bound that doubles: so that a
 * thousand processes that lost the same broker do not come back in one moment.
 *
 * @param {number} failures in a row, from 1 on
 * @returns {number} milliseconds
 */
function pauseAfter(failures) {
  const bound = Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE);
  return bound * (0.5 + Math.random() / 2);
}

class Interest {
  /**
   * @param {string} topic
   * @param {import('./types').Adapter} adapter
   * @param {import('./types').InterestOwner} owner
   */
  constructor(topic, adapter, owner) {
    this._topic = topic;
    this._adapter = adapter;
    this._owner = owner;
    this.wanted = false;
    /** Whether the broker has us subscribed; null while nobody knows. */
    /** @type {boolean|null} */
    this.subscribed = false;
    this._running = false;
    this._unsubscribing = false;
    /** Ends the pause before another attempt. */
    /** @type {(() => void)|null} */
    this._goOn = null;
  }

  /** Whether messages of the topic are awaited: those that come otherwise are late ones, of a subscription that ends. */
  get isOpen() {
    return this.wanted && !this._unsubscribing;
  }

  /** Somebody listens from now on, or nobody does. @param {boolean} wanted */
  want(wanted) {
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    if (!this._running) this._follow();
    else if (this._goOn !== null) this._goOn();
  }

  /** Subscribes or unsubscribes until the broker has what is wanted. */
  async _follow() {
    this._running = true;
    for (let failures = 0; this.wanted !== this.subscribed;) {
      const error = this.wanted ? await this._subscribe() : await this._unsubscribe();
      failures = error === null ? 0 : failures + 1;
      if (error !== null && this.wanted !== this.subscribed) await this._pause(failures);
    }
    this._running = false;
    if (!this.subscribed) this._owner.onIdle();
  }

  /** Subscribes; resolves to what went wrong and may pass, or null. */
  async _subscribe() {
    let offset;
    try {
      offset = await this._adapter.subscribe(this._topic);
    } catch (error) {
      // The broker may have half of the subscription; unsubscribing gives it back when nothing is wanted any more.
      this.subscribed = null;
      if (!this._adapter.isRefusal(/** @type {Error} */ (error))) {
        this._owner.onFailed(error);
        return error;
      }
      this.wanted = false;
      this._owner.onRefused(error);
      return null;
    }
    this.subscribed = true;
    this._owner.onSubscribed(offset || null);
    return null;
  }

  /** Unsubscribes; resolves to what went wrong and may pass, or null. */
  async _unsubscribe() {
    this._unsubscribing = true;
    try {
      await this._adapter.unsubscribe(this._topic);
      this.subscribed = false;
      return null;
    } catch (error) {
      this._owner.onFailed(error);
      // What the broker will not end, another attempt does not end either.
      this.subscribed = this._adapter.isRefusal(/** @type {Error} */ (error)) ? false : null;
      return error;
    } finally {
      this._unsubscribing = false;
    }
  }

  /**
   * Waits, though not when something else is wanted meanwhile.
   *
   * @param {number} failures in a row
   * @returns {Promise<void>}
   */
  _pause(failures) {
    return new Promise((resolve) => {
      const goOn = () => {
        clearTimeout(timer);
        this._goOn = null;
        resolve();
      };
      const timer = setTimeout(goOn, pauseAfter(failures));
      this._goOn = goOn;
    });
  }
}

module.exports = { Interest, pauseAfter };
