'use strict';

/** Sending to members, and what becomes of one that does not take its messages fast enough. */

const { hasSubscribers } = require('../connection/channels');
const { distribute } = require('../faye/broadcast');
const { BEHIND, LIVE } = require('./record');

/** @typedef {import('../transport/connection').Connection} Connection */
/** @typedef {import('../connection/prepared').Prepared} Prepared */
/** @typedef {import('./record').Member} Member */
/** @typedef {import('./record').Record} Record */

class Delivery {
  /**
   * @param {import('./hub').Hub} hub
   * @param {object} settings
   * @param {'close'|'drop'|'wait'} settings.onSlow
   * @param {number} settings.maxBufferedAmount bytes that may wait for a connection
   */
  constructor(hub, { onSlow, maxBufferedAmount }) {
    this._hub = hub;
    this._onSlow = onSlow;
    this._most = maxBufferedAmount;
    /** What is to be done once all members have had the message. */
    /** @type {Record[]} */
    this._ending = [];
    /** @type {Member[]} */
    this._setAside = [];
    /** @type {Map<unknown, Member>} */
    this._faults = new Map();
    this.delivered = 0;
    this.dropped = 0;
  }

  /**
   * Sends a message to a live member, unless it is too slow.
   *
   * @param {import('./record').Member} member
   * @param {import('./wire').Wire} wire
   * @param {string|null} before the offset of the message before
   * @param {Member[]} together gets it instead, if one call of the native side is to send to it and to others
   */
  send(member, wire, before, together) {
    const { record } = member;
    if (!record.isOpen) return;
    if (record.full && this._isSlow(member, before)) this.dropped += this._onSlow === 'wait' ? 0 : 1;
    else if (record.oneOfMany !== null) together.push(member);
    else this.push(member, wire);
  }

  /**
   * Sends a message to the members for which `send` has left that to one call. What code of the caller's has done to them
   * since then counts.
   *
   * @param {Member[]} members
   * @param {import('./wire').Wire} wire
   */
  sendTogether(members, wire) {
    if (members.length === 0) return;
    const message = members.length === 1 ? null : this._framed(wire);
    const isWatched = hasSubscribers('message:sent');
    /** @type {Member[]} */
    const together = [];
    /** @type {Connection[]} */
    const connections = [];
    for (const member of members) {
      if (member.state !== LIVE || !member.record.isOpen) continue;
      const connection = message === null || isWatched ? null : member.record.oneOfMany;
      if (connection === null) {
        this.push(member, wire);
      } else {
        together.push(member);
        connections.push(connection);
      }
    }
    if (message === null || connections.length === 0) return;
    try {
      distribute(message, connections, false);
    } catch (error) {
      // All but one, and mostly that one too, have the message.
      this._faults.set(error, together[0]);
    }
    for (let i = 0; i < together.length; i++) together[i].record.full = asksToWait(connections[i]);
    this.delivered += together.length;
  }

  /**
   * The message as the native side takes it; null where it could not be made, which each member is told in its turn.
   *
   * @param {import('./wire').Wire} wire
   * @returns {Prepared | null}
   */
  _framed(wire) {
    try {
      return wire.framed;
    } catch {
      return null;
    }
  }

  /**
   * Sends a message to a member, however slow it is.
   *
   * @param {import('./record').Member} member
   * @param {import('./wire').Wire} wire
   */
  push(member, wire) {
    try {
      member.record.send(wire);
      this.delivered += 1;
    } catch (error) {
      // It is told once, though it may be the same for all.
      if (!this._faults.has(error)) this._faults.set(error, member);
    }
  }

  /** Whether more waits for a connection than may. @param {Record} record @returns {boolean} */
  isOver(record) {
    return record.full && record.bufferedAmount > this._most;
  }

  /**
   * Whether too much waits for a member; if so, it is dealt with.
   *
   * @param {Member} member
   * @param {string|null} before the offset of the message before
   * @returns {boolean}
   */
  _isSlow(member, before) {
    const { record } = member;
    if (record.bufferedAmount <= this._most) {
      record.dropping = false;
      return false;
    }
    if (this._onSlow === 'drop') {
      if (!record.dropping) this._tell(member);
      record.dropping = true;
    } else if (this._onSlow === 'wait') {
      member.state = BEHIND;
      member.position = before;
      this._tell(member);
      this._setAside.push(member);
    } else if (!this._ending.includes(record)) {
      this._tell(member);
      this._ending.push(record);
    }
    return true;
  }

  /** Tells that a member is slow. @param {Member} member */
  _tell({ record, topic }) {
    this._hub.tell('slow', {
      connection: record.connection,
      topic: topic.name,
      action: this._onSlow,
      bufferedAmount: record.bufferedAmount
    });
  }

  /** Does what had to wait until all members had the message, since it changes who they are. */
  finish() {
    if (this._faults.size > 0) {
      const faults = this._faults;
      this._faults = new Map();
      for (const [error, { topic, record }] of faults) {
        this._hub.fail(error, { topic: topic.name, connection: record.connection });
      }
    }
    for (let member = this._setAside.pop(); member !== undefined; member = this._setAside.pop()) {
      this._hub.catchUp(member);
    }
    for (let record = this._ending.pop(); record !== undefined; record = this._ending.pop()) {
      this._hub.leaveAll(record);
      try {
        record.end();
      } catch (error) {
        this._hub.fail(error, { connection: record.connection });
      }
    }
  }
}

/**
 * Whether `send` would have asked to wait.
 *
 * @param {Connection} connection
 * @returns {boolean}
 */
function asksToWait(connection) {
  return connection._backedUp || (connection._coding !== null && connection._coding.isFull);
}

module.exports = { Delivery };
