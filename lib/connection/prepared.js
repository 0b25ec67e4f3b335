'use strict';

/** Messages for many connections: encoded and framed once, and compressed once for all that compress in the same way. */

const { SENT, messages } = require('./totals');
const { hasSubscribers } = require('./channels');
const { Forms } = require('./forms');
const states = require('./states');
const native = require('../native');
const { MAX_HEADER } = require('../native/header');
const { TEXT } = require('../native/opcodes');
const brake = require('../transport/brake');
const { setFields } = require('../transport/fields');
const { OFFLOAD_FROM } = require('../transport/jobs');
const memory = require('../transport/memory');
const outbox = require('../transport/stream');

/** @typedef {import('../transport/connection').Connection} Connection */
/** @typedef {import('../extensions/deflate/coding').Deflating} Deflating */
/**
 * What a connection's transport is given, and its whole frame without a mask, once that was asked for.
 *
 * @typedef {{opcode: number, bytes: Buffer, frame: Buffer | null}} Form
 */

/** FIN, which tells the native side that a message is framed as it is. */
const AS_IT_IS = 0x80;
/** The number of the parameters of connections that send a message as it is. */
const PLAIN = -1;
/** Payloads from this size up are written to streams from memory that all of them share. */
const SHARED_FROM = 16 * 1024;

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
      _plain: { opcode: opcode | AS_IT_IS, bytes: payload, frame: null },
      _forms: null
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
  message._plain = { opcode: message._plain.opcode, bytes: message._payload, frame: null };
}

/** What `send` would be given in its place. @param {any} message @returns {string | Buffer} */
function dataOf(message) {
  if (message._opcode !== TEXT) return message._payload;
  if (message._text === null) message._text = message._payload.toString();
  return message._text;
}

/**
 * Sends a form on a connection to which nothing is being sent before.
 *
 * @param {Form} form
 * @param {Connection} ws
 * @returns {boolean} false while there is back-pressure
 */
function sendForm(form, ws) {
  if (ws._transport !== outbox || ws._masks || form.bytes.length < SHARED_FROM)
    return ws._transport.sendBytes(ws, form.opcode, form.bytes);
  if (form.frame === null) {
    const target = Buffer.allocUnsafeSlow(form.bytes.length + MAX_HEADER);
    const size = native.frameBytes(ws._slot, form.opcode, form.bytes, target);
    form.frame = target.subarray(0, size);
  }
  outbox.sendAlone(ws, form.frame, stays);
  return !ws._backedUp;
}

/**
 * With which parameters a connection compresses a message, as a number of the native side; PLAIN where it does not, and null
 * where the message depends on those before it, or on an extension of the application's.
 *
 * @param {any} message
 * @param {Connection} ws an open connection
 * @returns {number | null}
 */
function parametersFor(message, ws) {
  if (ws._draft !== null) return null;
  const coding = /** @type {Deflating | null} */ (ws._coding);
  if (coding === null) return PLAIN;
  if (!ws._deflates) return null;
  if (message._payload.length < coding.threshold) return PLAIN;
  const number = coding.sharing;
  return number === -1 ? null : number;
}

/**
 * The form of a message that a connection can be sent at once together with others; null if there is none, or the
 * connection has to be sent something else before.
 *
 * @param {any} message
 * @param {Connection} ws an open connection
 * @returns {Form | null}
 */
function formNow(message, ws) {
  const number = parametersFor(message, ws);
  if (number === null) return null;
  const coding = /** @type {Deflating | null} */ (ws._coding);
  if (coding !== null && !coding.isIdle) return null;
  if (number === PLAIN) return message._plain;
  const form = formMade(message, number);
  if (form !== undefined) return form;
  return message._payload.length < OFFLOAD_FROM ? makeForm(message, number, ws, noForm) || null : null;
}

/** A small message is compressed at once. */
const noForm = () => {};

/**
 * The form of a message that was made for connections with some parameters; null if that could not be done, undefined if it
 * was not tried.
 *
 * @param {any} message
 * @param {number} number
 * @returns {Form | null | undefined}
 */
function formMade(message, number) {
  return message._forms === null ? undefined : message._forms.find(number);
}

/**
 * Makes it, at once or on another thread (`Forms`).
 *
 * @param {any} message
 * @param {number} number
 * @param {Connection} ws
 * @param {import('./forms').Taker} take
 * @returns {Form | null | undefined} undefined if `take` will be called
 */
function makeForm(message, number, ws, take) {
  if (message._forms === null) message._forms = new Forms();
  return message._forms.make(message, number, ws, take);
}

/**
 * Sends a message in a form that is compressed, on a connection whose codec is not away.
 *
 * @param {any} message
 * @param {number} number of the parameters
 * @param {Connection} ws
 * @returns {boolean} false while there is back-pressure
 */
function sendCompressed(message, number, ws) {
  const coding = /** @type {Deflating} */ (ws._coding);
  let form = formMade(message, number);
  if (form === undefined) {
    const { length } = message._payload;
    const work = {};
    form = makeForm(message, number, ws, (made) =>
      coding.arrived(work, length, () => sendMade(made, message, ws))
    );
    if (form === undefined) {
      own(message);
      coding.await(work, length);
      return false;
    }
  }
  return sendMade(form, message, ws);
}

/**
 * Sends a form, or has the connection compress the message for itself if there is none.
 *
 * @param {Form | null} form
 * @param {any} message
 * @param {Connection} ws
 * @returns {boolean}
 */
function sendMade(form, message, ws) {
  if (form !== null) return sendForm(form, ws);
  return /** @type {Deflating} */ (ws._coding).compress(dataOf(message));
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
  const number = hasSubscribers('message:sent') ? null : parametersFor(message, ws);
  if (number === null) return plain ? ws._sendPlain(dataOf(message)) : ws._send(dataOf(message));
  messages[SENT]++;
  const coding = /** @type {Deflating | null} */ (ws._coding);
  if (coding === null) return sendForm(message._plain, ws);
  const isPlain = plain || number === PLAIN;
  if (coding.isIdle) return isPlain ? sendForm(message._plain, ws) : sendCompressed(message, number, ws);
  own(message);
  coding.queue(message._payload.length, () => {
    if (isPlain) sendForm(message._plain, ws);
    else sendCompressed(message, number, ws);
  });
  return false;
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
    if (ws._brake !== null) brake.sent(ws);
    return goesOn ? TAKEN : BACKED_UP;
  }
  own(message);
  /** @type {import('../transport/connection').Queued[]} */ (ws._queue).push({
    size: message._payload.length,
    replay: () => give(message, ws, plain)
  });
  return TAKEN;
}

module.exports = { Prepared, REFUSED, TAKEN, formNow, own, sendPrepared };
