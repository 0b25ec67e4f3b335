'use strict';

/** Messages for many connections: encoded and framed once, and compressed once for all that compress in the same way. */

const { SENT, messages } = require('./counters');
const { hasSubscribers } = require('./channels');
const states = require('./states');
const native = /** @type {import('../native').Core & import('../native').Direct} */ (require('../native'));
const { TEXT } = require('../native/opcodes');
const brake = require('../transport/brake');
const { setFields } = require('../transport/fields');
const memory = require('../transport/memory');
const outbox = require('../transport/stream');

/** @typedef {import('../transport/connection').Connection} Connection */
/** @typedef {{opcode: number, bytes: Buffer}} Form what a connection's transport is given */

/** FIN, which tells the native side that a message is framed as it is, and RSV1 of compressed ones. */
const AS_IT_IS = 0x80;
const RSV1 = 0x40;
/** The longest header of a frame. */
const MAX_HEADER = 14;
/** Payloads from this size up are written to streams from memory that all of them share. */
const SHARED_FROM = 16 * 1024;
/** Messages from this size up are compressed by other threads, for each connection in its turn. */
const OFFLOAD_FROM = 64 * 1024;

/** The memory of a frame that has been written is not used again. */
const stays = () => {};

/** What became of a message. */
const REFUSED = 0;
const BACKED_UP = 1;
const TAKEN = 2;

class Prepared {
  /**
   * @param {number} opcode TEXT or BINARY
   * @param {Buffer} payload
   * @param {string | null} text the text that the payload is
   * @param {boolean} isOwn whether nobody else changes the payload
   */
  constructor(opcode, payload, text, isOwn) {
    setFields(this, {
      _opcode: opcode,
      _payload: payload,
      _text: text,
      _isOwn: isOwn,
      _plain: { opcode: opcode | AS_IT_IS, bytes: payload },
      _frame: null,
      _packed: null
    });
  }

  /** Whether it is a binary message. @returns {boolean} */
  get binary() {
    return /** @type {any} */ (this)._opcode !== TEXT;
  }

  /** The bytes of the message before it is framed or compressed. @returns {number} */
  get size() {
    return /** @type {any} */ (this)._payload.length;
  }
}

/** The memory of a message is its own from now on. @param {any} message */
function own(message) {
  if (message._isOwn) return;
  message._isOwn = true;
  message._payload = memory.copy(message._payload);
  message._plain = { opcode: message._plain.opcode, bytes: message._payload };
}

/** What `send` would be given in its place. @param {any} message @returns {string | Buffer} */
function dataOf(message) {
  if (message._opcode !== TEXT) return message._payload;
  if (message._text === null) message._text = message._payload.toString();
  return message._text;
}

/** The whole frame, without a mask. @param {any} message @param {Connection} ws @returns {Buffer} */
function frameOf(message, ws) {
  if (message._frame === null) {
    const target = Buffer.allocUnsafeSlow(message._payload.length + MAX_HEADER);
    const size = native.frameBytes(ws._slot, message._opcode, message._payload, target);
    message._frame = target.subarray(0, size);
  }
  return message._frame;
}

/**
 * With which parameters a connection compresses a message, as a number of the native side; -1 where it does not, and null
 * where the message depends on those before it, has to wait for them, or takes long.
 *
 * @param {any} message
 * @param {Connection} ws an open connection
 * @returns {number | null}
 */
function codingFor(message, ws) {
  const coding = /** @type {any} */ (ws._coding);
  if (ws._draft !== null) return null;
  if (coding === null) return -1;
  if (!ws._deflates || !coding.isIdle) return null;
  const { length } = message._payload;
  if (length < coding.threshold) return -1;
  if (length >= OFFLOAD_FROM) return null;
  const number = coding.sharing;
  return number === -1 ? null : number;
}

/**
 * The form of a message for connections that compress in one way; null if it could not be made, which has ended the
 * connection.
 *
 * @param {any} message
 * @param {number} number from {@link codingFor}
 * @param {Connection} ws one of them
 * @returns {Form | null}
 */
function formOf(message, number, ws) {
  if (number === -1) return message._plain;
  if (message._packed === null) message._packed = new Map();
  let form = message._packed.get(number);
  if (form === undefined) {
    const bytes = /** @type {any} */ (ws._coding).packShared(message._opcode, message._payload);
    if (bytes === null) return null;
    form = bytes === undefined ? message._plain : { opcode: message._opcode | RSV1, bytes };
    message._packed.set(number, form);
  }
  return form;
}

/**
 * Sends a message on an open connection.
 *
 * @param {any} message
 * @param {Connection} ws
 * @param {boolean} plain whether it is not to be compressed
 * @returns {boolean} false while there is back-pressure
 */
function give(message, ws, plain) {
  const number = hasSubscribers('message:sent') ? null : codingFor(message, ws);
  if (number === null) return plain ? ws._sendPlain(dataOf(message)) : ws._send(dataOf(message));
  const form = formOf(message, plain ? -1 : number, ws);
  if (form === null) return false;
  messages[SENT]++;
  if (ws._coding !== null) return /** @type {any} */ (ws._coding).sendPlain(form.opcode, form.bytes);
  if (ws._transport === outbox && !ws._masks && form.bytes.length >= SHARED_FROM) {
    outbox.sendAlone(ws, frameOf(message, ws), stays);
    return !ws._backedUp;
  }
  return ws._transport.sendBytes(ws, form.opcode, form.bytes);
}

/**
 * Sends a message as `send` does, whatever the state of the connection.
 *
 * @param {any} message
 * @param {Connection} ws
 * @param {boolean} plain
 * @returns {number} REFUSED, BACKED_UP or TAKEN
 */
function sendPrepared(message, ws, plain) {
  if (ws._state > states.OPEN) return REFUSED;
  if (ws._limits !== null && !ws._limits.admits()) return REFUSED;
  if (ws._later !== null) {
    own(message);
    return ws._later.send(dataOf(message), plain) ? TAKEN : BACKED_UP;
  }
  if (ws._state === states.OPEN) {
    const goesOn = give(message, ws, plain);
    if (ws._brake !== null) brake.sent(/** @type {any} */ (ws));
    return goesOn ? TAKEN : BACKED_UP;
  }
  own(message);
  /** @type {import('../transport/connection').Queued[]} */ (ws._queue).push({
    size: message._payload.length,
    replay: () => give(message, ws, plain)
  });
  return TAKEN;
}

module.exports = { Prepared, REFUSED, TAKEN, codingFor, dataOf, formOf, own, sendPrepared };
