'use strict';

/**
 * Makes strings of large texts that extensions of the caller's have passed, a part in each turn of the loop. It stands behind the
 * last of them, so that nothing overtakes such a text, and the connection closes behind it.
 *
 * Only memory that extensions were given, and have passed on, is read in later turns. One of their own they may write to as soon as
 * they have called back, so that a text in it becomes a string at once.
 */

const { TEXT } = require('../native/opcodes');
const { PARTS_FROM } = require('../transport/copying');
const { decodeInParts } = require('../transport/texts');

/** @typedef {import('../transport/connection').Connection} Connection */

/** Large messages that extensions were given. @type {WeakSet<Buffer>} */
const given = new WeakSet();

/**
 * Notes that extensions get bytes as a message, if they are large.
 *
 * @param {Buffer} bytes
 */
function give(bytes) {
  if (bytes.length >= PARTS_FROM) given.add(bytes);
}

/** A large text that is a string by now, or what is wrong with it. */
class Decoded {
  /** @param {string | undefined | 0 | null} text */
  constructor(text) {
    this.text = text;
  }
}

/** Makes strings of large texts behind all extensions, a part in each turn of the loop. */
class Reader {
  /**
   * @param {Connection} ws
   * @param {number} maxLength
   */
  constructor(ws, maxLength) {
    this._ws = ws;
    this._maxLength = maxLength;
  }

  /**
   * Whether a message is a large text in memory that extensions were given.
   *
   * @param {any} message what the last extension has made
   * @returns {boolean}
   */
  isNeeded(message) {
    try {
      const data = message && message.opcode === TEXT && this._ws._fromLoop ? message.data : null;
      return given.has(data) && data.length >= PARTS_FROM && data.length <= this._maxLength;
    } catch {
      // It is a fault, which whoever takes it finds.
      return false;
    }
  }

  /**
   * @param {any} message
   * @param {(error: null, message: any) => void} next
   */
  processIncomingMessage(message, next) {
    if (!this.isNeeded(message)) {
      next(null, message);
      return;
    }
    decodeInParts(this._ws, message.data, (text) => next(null, new Decoded(text)));
  }
}

module.exports = { Decoded, Reader, give };
