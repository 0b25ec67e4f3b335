'use strict';

/**
 * A topic that somebody of this process listens to: its members, and how far they are.
 *
 * Where messages have offsets, each also tells the one before it. A message that does not follow the last one is
 * not delivered; what is missing between them is read from what the broker keeps, and so is everything behind it until
 * both meet. That is the same after the broker was lost, and in the same way a single member catches up: it reads until
 * it is where the topic is, and in that moment, with nothing in between, becomes one of those who get what comes.
 */

const { Interest } = require('./interest');
const { Recent } = require('./recent');
const { BEHIND, GONE, LIVE, Member } = require('./record');
const { Queue } = require('../transport/queue');
const { Wire } = require('./wire');

/** For how long messages may come that were read already, in milliseconds. */
const LATE = 10000;

/** @typedef {import('./types').LiveMessage} LiveMessage */
/** @typedef {import('./types').Page} Page */

class Topic {
  /**
   * @param {string} name
   * @param {import('./hub').Hub} hub
   */
  constructor(name, hub) {
    this.name = name;
    this.encodedName = encodeURIComponent(name);
    /** @type {Map<import('./types').Connection, Member>} */
    this.members = new Map();
    /** The offset of the last message that live members got; null if messages have none or that is not known yet. */
    /** @type {string|null} */
    this.position = null;
    this._hub = hub;
    /** @type {import('./types').Adapter} is there wherever messages have offsets, and not looked at elsewhere */
    this._adapter = /** @type {import('./types').Adapter} */ (hub.adapter);
    this._interest = hub.adapter === null ? null : new Interest(name, hub.adapter, this);
    /** What it has had of late; null if messages have no offsets. */
    this.recent = hub.keeps ? new Recent(hub.budget) : null;
    /** The newest message that could not be delivered, for what is missing before it. */
    /** @type {string|null} */
    this._newest = null;
    this._resuming = false;
    this._asksAgain = false;
    /** When that ended last. */
    this._readAt = Date.now();
    /** Messages that came while one was being delivered. */
    /** @type {Queue<LiveMessage>|null} */
    this._later = null;
  }

  /** Whether those who come are live at once. */
  get isHeld() {
    return this._interest === null || (this._interest.subscribed === true && this._interest.isOpen);
  }

  /**
   * Takes a connection in.
   *
   * @param {import('./record').Record} record
   * @param {string|null} after the offset behind which it wants what it missed
   * @returns {Member}
   */
  add(record, after) {
    const member = new Member(record, this);
    if (after !== null) {
      member.state = BEHIND;
      member.position = after;
    }
    this.members.set(record.connection, member);
    record.members.set(this.name, member);
    if (this._interest !== null) this._interest.want(true);
    if (this.isHeld) this._begin(member);
    return member;
  }

  /** Lets a connection go. @param {Member} member */
  remove(member) {
    member.state = GONE;
    this.members.delete(member.record.connection);
    member.record.members.delete(this.name);
    member.resolve(null);
    if (this.members.size > 0) return;
    this.position = null;
    this._newest = null;
    if (this.recent !== null) this.recent.clear();
    if (this._interest === null) this.onIdle();
    else this._interest.want(false);
  }

  /**
   * The broker has us subscribed: what was published up to `offset` did not come, and all behind it does.
   *
   * @param {string|null} offset
   */
  onSubscribed(offset) {
    this._readAt = Date.now();
    if (this.members.size === 0) return;
    if (this.position === null) this.position = offset;
    // Messages of an older subscription have come before; the broker may have been lost since.
    else if (offset !== null && this._adapter.compare(offset, this.position) > 0) this.resume();
    for (const member of [...this.members.values()]) this._begin(member);
  }

  /** The broker will not have us subscribed. @param {unknown} error */
  onRefused(error) {
    for (const member of [...this.members.values()]) {
      member.reject(error);
      this._hub.leave(member);
    }
  }

  /** Something went wrong that may pass. @param {unknown} error */
  onFailed(error) {
    this._hub.fail(error, { topic: this.name });
  }

  /** Nobody listens, here or at the broker. */
  onIdle() {
    if (this.members.size === 0) this._hub.forget(this);
  }

  /** Tells a member that it is live, now or once it has what it missed. @param {Member} member */
  _begin(member) {
    if (member.state === BEHIND) this._hub.catchUp(member).then(() => this._settle(member));
    else this._settle(member);
  }

  /** The member's `subscribe` is done. @param {Member} member */
  _settle(member) {
    if (member.state === GONE || member.isSettled) return;
    member.isSettled = true;
    member.record.mark();
    member.resolve({ offset: member.offset });
  }

  /** Takes a message from the broker. @param {LiveMessage} message */
  receive(message) {
    if (this._interest !== null && !this._interest.isOpen) return;
    const { offset, previous } = message;
    if (offset !== null && this.position !== null) {
      if (this._adapter.compare(offset, this.position) <= 0) {
        this._suspect();
        return;
      }
      if (previous !== this.position) {
        if (this._newest === null || this._adapter.compare(offset, this._newest) > 0) this._newest = offset;
        if (!this._resuming) this.resume();
        return;
      }
    }
    this.deliver(message);
  }

  /** Sends a message to all live members. @param {LiveMessage} message */
  deliver(message) {
    if (this._later !== null) {
      // By then, whoever has published it may have written something else to its bytes.
      const { data } = message;
      this._later.push(Buffer.isBuffer(data) ? { ...message, data: Buffer.from(data) } : message);
      return;
    }
    /** @type {Queue<LiveMessage>} */
    const later = new Queue();
    this._later = later;
    try {
      /** @type {LiveMessage|undefined} */
      let next = message;
      for (; next !== undefined; next = later.shift()) this._deliver(next);
    } finally {
      this._later = null;
    }
  }

  /** @param {LiveMessage} message */
  _deliver(message) {
    const before = this.position === null ? message.previous || null : this.position;
    const { offset } = message;
    this.position = offset;
    if (this.recent !== null) this.recent.add(/** @type {Page['messages'][0]} */ (message), before);
    const wire = new Wire(this, message, this._hub.shapes);
    const { delivery } = this._hub;
    // Of this message alone: a `send` of the caller's may publish in another topic meanwhile.
    /** @type {Member[]} */
    const together = [];
    for (const member of this.members.values()) {
      if (member.state !== LIVE) continue;
      if (member.position !== null) {
        // It has read further than the topic was.
        if (offset !== null && this._adapter.compare(offset, member.position) <= 0) continue;
        member.position = null;
      }
      delivery.send(member, wire, before, together);
    }
    delivery.sendTogether(together, wire);
    delivery.finish(wire);
  }

  /**
   * A message came that was delivered already. That happens for a moment after what was missing has been read; later it
   * means that the broker has begun to count anew.
   */
  _suspect() {
    if (!this._resuming && Date.now() - this._readAt > LATE) this.resume();
  }

  /** Delivers what is missing, from what the broker keeps. */
  async resume() {
    // An answer that is on its way may be older than the reason to ask.
    this._asksAgain = true;
    if (this._resuming || this.position === null) return;
    this._resuming = true;
    try {
      while (this._asksAgain) {
        this._asksAgain = false;
        while (await this._readOn());
      }
    } catch (error) {
      // The broker will not have us read.
      this.onFailed(error);
    }
    this._resuming = false;
    this._readAt = Date.now();
    if (this._isMissing()) {
      this._tellGap();
      this.position = this._newest;
    }
    this._newest = null;
  }

  /** Delivers the next page of it. @returns {Promise<boolean>} whether there may be another */
  async _readOn() {
    const announced = this._newest;
    const { reader } = this._hub;
    if (reader === null || this.position === null) return false;
    const page = await reader.read(this.name, this.position, () => this.members.size > 0);
    if (page === null || this.position === null) return false;
    if (!page.isWhole) this._tellGap();
    for (const message of page.messages) {
      if (this.position === null) return false;
      if (this._adapter.compare(message.offset, this.position) > 0) this.deliver(message);
    }
    if (page.messages.length > 0) return page.isFull || this._isMissing();
    if (!page.isWhole) this.position = page.tail;
    // One that has come since the question may be missing in the answer; one that had come before is not kept.
    return this._newest !== announced && this._isMissing();
  }

  /** Tells that messages may be missing behind the last one. */
  _tellGap() {
    if (this.recent !== null) this.recent.clear();
    this._hub.tellGap(this, null, this.position, 'trimmed');
  }

  /** Whether a message has come that is still to be read. */
  _isMissing() {
    return (
      this._newest !== null &&
      this.position !== null &&
      this._adapter.compare(this._newest, this.position) > 0
    );
  }
}

module.exports = { Topic };
