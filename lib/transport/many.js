'use strict';

/** One frame to many connections of the direct transport, in one call of the native side. */

const direct = require('./direct');
/** Of the direct transport, which these connections use. */
const native = /** @type {import('../native').Core & import('../native').Direct} */ (require('../native'));
const { hasMore } = require('./prompt');

/** @typedef {import('./connection').Connection} Connection */

/** So many slots the native side is given at a time. */
const MOST = 1024;
const slots = new Int32Array(MOST);
const bytes = Buffer.from(slots.buffer);

/**
 * Whether a frame for a connection can be one of many: nothing is to be masked, and Rust writes.
 *
 * @param {Connection} ws an open connection
 * @returns {boolean}
 */
function isOneOfMany(ws) {
  return ws._transport === direct && !ws._masks && !direct.isSeen();
}

/**
 * Sends a frame. Where one connection cannot get it, the others do all the same, and then the first exception is thrown.
 *
 * @param {Connection[]} connections of which {@link isOneOfMany} is true
 * @param {number} opcode with the RSV bits from bit 4 up
 * @param {Buffer} payload
 * @returns {number} how many of them are not backed up
 */
function sendToMany(connections, opcode, payload) {
  const { length } = connections;
  let full = 0;
  /** @type {{error: unknown} | null} */
  let failure = null;
  for (let start = 0; start < length; start += MOST) {
    const count = Math.min(MOST, length - start);
    for (let i = 0; i < count; i++) {
      const ws = connections[start + i];
      if (ws._timed) ws._stream._unrefTimer();
      slots[i] = hasMore(ws) ? ~ws._slot : ws._slot;
    }
    let some = 0;
    try {
      some = native.directMany(bytes, count, opcode, payload);
    } catch (error) {
      failure = failure || { error };
    }
    for (let i = 0; i < some; i++) connections[start + slots[i]]._backedUp = true;
    full += some;
  }
  if (failure !== null) throw failure.error;
  return length - full;
}

module.exports = { isOneOfMany, sendToMany };
