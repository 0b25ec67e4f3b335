'use strict';

/** How a connection sends messages, as a table of methods of a connection. */

const { SENT, messages } = require('./totals');
const { Later, isBlob } = require('./later');
const { Prepared, TAKEN, sendPrepared } = require('./prepared');
const states = require('./states');
const { isBinary, toBuffer, toBytes } = require('../native/bytes');
const { TEXT, BINARY } = require('../native/opcodes');
const { withoutEverybodys } = require('../opening/names');
const brake = require('../transport/brake');
const memory = require('../transport/memory');
const { OPEN } = require('../transport/ready_state');

/** The bit FIN, which every frame gets: with it an opcode is that of a message which is framed as it is. */
const AS_IT_IS = 0x80;

/** What may be said of one message. */
const COMPRESS = ['compress'];

/** @typedef {import('../transport/connection').Queued} Queued */

/** @type {import('../transport/connection').Methods} */
const sending = {
  /**
   * Sends a message: a Buffer, ArrayBuffer, typed array, DataView or Blob as binary, anything else as text. False once
   * closing, and when the stream is backed up: `drain` follows.
   */
  send(data, options) {
    if (options !== undefined || this._later !== null || (typeof data !== 'string' && !isBinary(data)))
      return this._sendOther(data, options);
    return this._take(data, false);
  },

  /** Sends what is not just a string or bytes, or what has to wait for a Blob. */
  _sendOther(data, options) {
    if (this.readyState > OPEN) return false;
    const plain = isPlain(options);
    if (data instanceof Prepared) return sendPrepared(data, this, plain) === TAKEN;
    if (isBlob(data)) {
      if (this._state > states.OPEN || (this._limits !== null && !this._limits.admits())) return false;
      if (this._later === null) this._later = new Later(this);
      this._later.sendBlob(/** @type {Blob} */ (data), plain);
      if (this._brake !== null) brake.sent(this);
      return false;
    }
    // The caller's `toString` may do anything, so that it comes before the look at our state.
    if (typeof data !== 'string' && !isBinary(data)) data = String(data);
    return this._take(data, plain);
  },

  /** Takes a string, or what is binary, for as long as it may be sent. */
  _take(data, plain) {
    if (this._state > states.OPEN) return false;
    if (this._limits !== null && !this._limits.admits()) return false;
    if (this._later !== null) return this._later.send(copyOf(data), plain);
    if (this._state === states.OPEN) {
      const goesOn = plain ? this._sendPlain(data) : this._send(data);
      if (this._brake !== null) brake.sent(this);
      return goesOn;
    }
    const copy = copyOf(data);
    /** @type {Queued[]} */ (this._queue).push({
      size: sizeOf(copy),
      replay: () => (plain ? this._sendPlain(copy) : this._send(copy))
    });
    return true;
  },

  /** Sends a string, or what is binary, of an open connection. */
  _send(data) {
    messages[SENT]++;
    if (this._coding !== null) {
      return this._coding.send(typeof data === 'string' ? data : toBuffer(data));
    }
    if (typeof data === 'string') return this._transport.sendText(this, data);
    return this._transport.sendBytes(this, BINARY, toBytes(data));
  },

  /** The same without compressing it, where compression is ours. */
  _sendPlain(data) {
    if (this._coding === null || !this._deflates) return this._send(data);
    messages[SENT]++;
    const opcode = AS_IT_IS | (typeof data === 'string' ? TEXT : BINARY);
    const coding = /** @type {import('../extensions/deflate/coding').Deflating} */ (this._coding);
    return coding.sendPlain(opcode, typeof data === 'string' ? Buffer.from(data) : toBuffer(data));
  }
};

/**
 * Whether options say that a message is not to be compressed. What faye-websocket ignores in their place is ignored.
 *
 * @param {any} options
 * @returns {boolean}
 */
function isPlain(options) {
  if (typeof options !== 'object' || options === null) return false;
  const { compress } = withoutEverybodys(options, COMPRESS);
  if (compress === undefined) return false;
  if (typeof compress !== 'boolean') {
    throw new TypeError('The option compress must be true or false');
  }
  return !compress;
}

/** What can wait: the caller's memory is the caller's again. @param {any} data @returns {string | Buffer} */
function copyOf(data) {
  return typeof data === 'string' ? data : memory.copy(toBuffer(data));
}

/** The bytes of a string, or of a Buffer. @param {string | Buffer} data */
function sizeOf(data) {
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length;
}

module.exports = { sending };
