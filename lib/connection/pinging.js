'use strict';

/** Pings and their pongs, as a table of methods of a connection. */

const states = require('./states');
const { isBinary, toBuffer } = require('../native/bytes');
const { PING } = require('../native/opcodes');
const { LONGEST_DELAY } = require('../opening/options');
const memory = require('../transport/memory');
const { CONNECTING, OPEN } = require('../transport/ready_state');
const { enter } = require('../transport/scope');
const timers = require('../transport/timers');

/** @typedef {import('../transport/connection').Connection} Connection */

const MAX_CONTROL = 125;
/** The message of a ping that has none. To ask a new Buffer each time where its bytes are would take the most of a ping. */
const NOTHING = Buffer.alloc(0);

/** Whether a ping without a pong ends a connection. @param {Connection} ws */
function waitsForPongs(ws) {
  return ws._limits !== null && ws._limits.waitsForPongs;
}

/** @type {import('../transport/connection').Methods} */
const pinging = {
  /**
   * Sends a ping of at most 125 bytes; false if it was not sent. `callback` is called once, when the pong with the same
   * message arrives.
   *
   * @throws {RangeError|TypeError} for a message that is too long, and a callback that is no function
   */
  ping(message, callback) {
    if (this.readyState > OPEN || this._draft !== null) return false;
    if (typeof message === 'function') {
      throw new TypeError("A callback stands where the message of a ping belongs: write ping('', callback)");
    }
    const payload = isBinary(message) ? toBuffer(message) : message ? Buffer.from(String(message)) : NOTHING;
    if (this._state > states.OPEN) return false;
    if (payload.length > MAX_CONTROL) {
      throw new RangeError(
        `The message of a ping must have at most ${MAX_CONTROL} bytes, not ${payload.length}`
      );
    }
    if (callback) {
      if (typeof callback !== 'function') {
        throw new TypeError('The callback of a ping must be a function: write ping(message, callback)');
      }
      if (this._pingCallbacks === null) this._pingCallbacks = new Map();
      this._pingCallbacks.set(payload.latin1Slice(), callback);
    }
    if (this.readyState === CONNECTING) {
      const copy = memory.copy(payload);
      /** @type {import('../transport/connection').Queued[]} */ (this._queue).push({
        size: copy.length,
        replay: () => this._sendPing(copy)
      });
    } else {
      this._sendPing(payload);
    }
    return true;
  },

  /** Sends a ping at each interval. */
  _startPings() {
    let id = 0;
    const delay = Math.min(this._pingSeconds * 1000, LONGEST_DELAY);
    this._pingTimer = timers.every(() => {
      // Behind so much that waits a ping says nothing that this does not, and pings would pile up for a peer that reads nothing.
      if (this._backedUp && !waitsForPongs(this)) return false;
      enter(this, this._pingByItself, String(++id));
      return false;
    }, delay);
  },

  /** Sends a ping that nobody has asked for, by the target's own method. */
  _pingByItself(message) {
    try {
      this._face.ping(this._target, message);
    } catch (error) {
      this._giveUpFor(error);
    }
  },

  /** Writes a ping. While somebody subscribes to its channel, what stands in this place publishes it (`channels.js`). */
  _sendPing(payload) {
    this._hasPinged = true;
    // Over a stream that is not of the system the pong may come within the call that sends the ping.
    if (this._limits !== null) this._limits.pinged(payload.latin1Slice());
    this._transport.sendBytes(this, PING, payload);
  },

  _receivePong(payload) {
    if (this._pingCallbacks === null && this._limits === null) return;
    // Payloads are told apart by their bytes, which need not be UTF-8.
    const key = payload.latin1Slice();
    if (this._limits !== null) this._limits.ponged(key);
    if (this._pingCallbacks === null) return;
    const callback = this._pingCallbacks.get(key);
    if (!callback) return;
    this._pingCallbacks.delete(key);
    callback();
  }
};

module.exports = { pinging };
