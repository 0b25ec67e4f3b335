'use strict';

/**
 * The newest messages of the topics of a process, for those who come back within seconds, as all do when a process goes
 * down: nobody has to ask the broker for what this process has just delivered.
 */

/** Messages of one topic. */
const MOST = 64;

/** How many bytes there are, in all topics. */
class Budget {
  /** @param {number} most */
  constructor(most) {
    this.left = most;
    this.isEmpty = most === 0;
  }
}

/** What one topic has had, without a hole. */
class Recent {
  /** @param {Budget} budget */
  constructor(budget) {
    this._budget = budget;
    /** @type {{data: string|Buffer, offset: string, before: string|null, size: number}[]} */
    this._messages = [];
    this._isBroken = false;
  }

  /**
   * Adds a message.
   *
   * @param {{data: string|Buffer, offset: string}} message
   * @param {string|null} before the offset of the one before it
   */
  add({ data, offset }, before) {
    if (this._budget.isEmpty) return;
    // A text takes two bytes for a unit at most, and every message something for itself.
    const size = 100 + 2 * data.length;
    this._budget.left -= size;
    this._messages.push({ data, offset, before: this._isBroken ? null : before, size });
    this._isBroken = false;
    while (this._messages.length > MOST || this._budget.left < 0) {
      const oldest = this._messages.shift();
      if (oldest === undefined) break;
      this._budget.left += oldest.size;
    }
  }

  /**
   * What came behind an offset.
   *
   * @param {string} offset
   * @returns {Array<{data: string|Buffer, offset: string}>|null} null if that is not known here
   */
  after(offset) {
    const messages = this._messages;
    for (let i = messages.length; i > 0; i--) {
      if (messages[i - 1].offset === offset) return messages.slice(i);
    }
    return messages.length > 0 && messages[0].before === offset ? messages.slice() : null;
  }

  /** Forgets all of them; what comes next may not follow. */
  clear() {
    for (const { size } of this._messages) this._budget.left += size;
    this._messages = [];
    this._isBroken = true;
  }
}

module.exports = { Budget, Recent };
