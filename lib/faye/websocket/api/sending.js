'use strict';

/** Sending messages: the public method, and a table of methods to be copied onto a prototype. */

const { Later, isBlob } = require('./later');
const { SENT, messages } = require('../../metrics');
const { isBinary, toBuffer } = require('../../../native/bytes');
const brake = require('../../../transport/brake');
const memory = require('../../../transport/memory');
const { OPEN } = require('../../../transport/ready_state');
const { TEXT, BINARY } = require('../../../native/opcodes');

/** The bit FIN, which every frame gets: with it an opcode is that of a message which is framed as it is. */
const AS_IT_IS = 0x80;

/**
 * Sends a message: a Buffer, ArrayBuffer, typed array, DataView or Blob as binary, anything else as text.
 *
 * @param {*} data
 * @param {{compress?: boolean}} [options] `compress: false` leaves it uncompressed
 * @returns {boolean} false once closing, and when the stream is backed up: `drain` follows
 */
function send(data, options = undefined) {
  if (options !== undefined || this._later !== null || (typeof data !== 'string' && !isBinary(data)))
    return this._sendOther(data, options);
  return this._take(data, false);
}

const sending = {
  /** Sends what is not just a string or bytes, or what has to wait for a Blob. */
  _sendOther(data, options) {
    if (this.readyState > OPEN) return false;
    const plain = isPlain(options);
    if (isBlob(data)) {
      if (this._ends || (this._limits !== null && !this._limits.admits())) return false;
      if (this._later === null) this._later = new Later(this);
      return this._later.sendBlob(data, plain);
    }
    // The caller's `toString` may do anything, so that it comes before the look at our state.
    if (typeof data !== 'string' && !isBinary(data)) data = String(data);
    return this._take(data, plain);
  },

  /** Takes a string, or what is binary, for as long as it may be sent. */
  _take(data, plain) {
    const { readyState } = this;
    if (readyState > OPEN || this._closeSent || this._ends) return false;
    if (this._limits !== null && !this._limits.admits()) return false;
    if (this._later !== null) return this._later.send(copyOf(data), plain);
    if (readyState === OPEN) {
      const goesOn = plain ? this._sendPlain(data) : this._send(data);
      if (this._brake !== null) brake.sent(this);
      return goesOn;
    }
    const copy = copyOf(data);
    this._queue.push({
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
    return this._transport.sendBytes(this, BINARY, toBuffer(data));
  },

  /** The same without compressing it, where compression is ours. */
  _sendPlain(data) {
    if (this._coding === null || !this._deflates) return this._send(data);
    messages[SENT]++;
    const opcode = AS_IT_IS | (typeof data === 'string' ? TEXT : BINARY);
    return this._coding.sendPlain(opcode, typeof data === 'string' ? Buffer.from(data) : toBuffer(data));
  }
};

/** Whether options say that a message is not to be compressed. What faye-websocket ignores in their place is ignored. */
function isPlain(options) {
  if (typeof options !== 'object' || options === null || options.compress === undefined) return false;
  if (typeof options.compress !== 'boolean') {
    throw new TypeError('The option compress must be true or false');
  }
  return !options.compress;
}

/** What can wait: the caller's memory is the caller's again. */
function copyOf(data) {
  return typeof data === 'string' ? data : memory.copy(toBuffer(data));
}

/** The bytes of a string, or of a Buffer. */
function sizeOf(data) {
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length;
}

module.exports = { send, sending };
