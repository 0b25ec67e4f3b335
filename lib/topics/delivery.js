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
    try {
      if (!record.isOpen) return;
      if (record.full && this._isSlow(member, wire, before)) this.dropped += this._onSlow === 'wait' ? 0 : 1;
      else if (record.oneOfMany !== null) together.push(member);
      else this.push(member, wire);
    } catch (error) {
      // A property of the caller's connection has thrown.
      this._fail(error, member, wire);
    }
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
      try {
        if (member.state !== LIVE || !member.record.isOpen) continue;
        const connection = message === null || isWatched ? null : member.record.oneOfMany;
        if (connection === null) {
          this.push(member, wire);
        } else {
          together.push(member);
          connections.push(connection);
        }
      } catch (error) {
        this._fail(error, member, wire);
      }
    }
    if (message === null || connections.length === 0) return;
    try {
      distribute(message, connections, false);
    } catch (error) {
      // All but one, and mostly that one too, have the message.
      this._fail(error, together[0], wire);
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
      this._fail(error, member, wire);
    }
  }

  /**
   * Tells what a member's `send` has thrown. It is told once, though it may be the same for all.
   *
   * @param {unknown} error
   * @param {Member} member
   * @param {import('./wire').Wire} wire
   */
  _fail(error, { topic, record }, wire) {
    if (wire.isNew(error)) this._hub.fail(error, { topic: topic.name, connection: record.connection });
  }

  /** Whether more waits for a connection than may. @param {Record} record @returns {boolean} */
  isOver(record) {
    return record.full && record.bufferedAmount > this._most;
  }

  /**
   * Whether too much waits for a member; if so, it is dealt with.
   *
   * @param {Member} member
   * @param {import('./wire').Wire} wire
   * @param {string|null} before the offset of the message before
   * @returns {boolean}
   */
  _isSlow(member, wire, before) {
    const { record } = member;
    const { bufferedAmount } = record;
    if (bufferedAmount <= this._most) {
      record.dropping = false;
      return false;
    }
    if (this._onSlow === 'wait') {
      member.state = BEHIND;
      member.position = before;
      this._tell(member, bufferedAmount);
      wire.setAside(member);
    } else if (!record.dropping) {
      record.dropping = true;
      this._tell(member, bufferedAmount);
      if (this._onSlow === 'close') wire.setAside(member);
    }
    return true;
  }

  /**
   * Tells that a member is slow.
   *
   * @param {Member} member
   * @param {number} bufferedAmount
   */
  _tell({ record, topic }, bufferedAmount) {
    const { connection } = record;
    this._hub.tell('slow', { connection, topic: topic.name, action: this._onSlow, bufferedAmount });
  }

  /**
   * Does what had to wait until all members had the message, since it changes who they are.
   *
   * @param {import('./wire').Wire} wire
   */
  finish(wire) {
    if (wire.slow === null) return;
    for (const member of wire.slow) {
      if (this._onSlow === 'wait') this._hub.catchUp(member);
      else this._end(member.record);
    }
  }

  /** Ends all memberships of a connection, and the connection. @param {Record} record */
  _end(record) {
    for (const step of [() => this._hub.leaveAll(record), () => record.end()]) {
      try {
        step();
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
