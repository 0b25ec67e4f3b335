'use strict';

/**
 * The compressed forms of one message for many connections: one for each set of parameters without context takeover.
 *
 * A small message is compressed at once. A large one is compressed by another thread: that job belongs to the message and to
 * none of the connections, which wait for it and may come and go meanwhile. A form that could not be made is made no more,
 * and each connection compresses the message for itself.
 */

const native = require('../native');
const { post } = require('../transport/posting');
const jobs = require('../transport/jobs');
const turns = require('../transport/turns');

/** @typedef {import('../transport/connection').Connection} Connection */
/** @typedef {import('./prepared').Form} Form */
/** @typedef {{_opcode: number, _payload: Buffer, _plain: Form}} Message of `lib/connection/prepared.js` */
/** @typedef {(form: Form | null) => void} Taker is told of the form, or of null if it could not be made */

/** RSV1 as a part of an opcode argument. */
const RSV1 = 0x40;
/** What compressing a byte costs, in units of `src/protocol/work.rs`. */
const COMPRESSED = 16;
/** What `codecRun` returns for a message that leaves as it is. */
const AS_IT_IS = -1;

class Forms {
  constructor() {
    /**
     * By the number of a set of parameters.
     *
     * @type {Map<number, Form | null>}
     */
    this._made = new Map();
    /**
     * Whom to tell of the forms that other threads are making.
     *
     * @type {Map<number, Taker[]>}
     */
    this._awaited = new Map();
  }

  /** What the form for a set of parameters is; undefined if it has not been made. @param {number} number */
  find(number) {
    return this._made.get(number);
  }

  /**
   * The form of a message for a set of parameters. If another thread has to make it, `take` is called later.
   *
   * @param {Message} message
   * @param {number} number
   * @param {Connection} ws one with these parameters, whose codec is not away
   * @param {Taker} take
   * @returns {Form | null | undefined} null if it could not be made, undefined if `take` will be called
   */
  make(message, number, ws, take) {
    const form = this._made.get(number);
    if (form !== undefined) return form;
    const takers = this._awaited.get(number);
    if (takers !== undefined) {
      takers.push(take);
      return undefined;
    }
    const isLarge = message._payload.length >= jobs.OFFLOAD_FROM;
    if (!isLarge) return this._keep(number, compress(message, ws));
    this._awaited.set(number, [take]);
    if (compressElsewhere(message, ws, (made) => this._tell(number, made))) return undefined;
    this._awaited.delete(number);
    return this._keep(number, null);
  }

  /**
   * @param {number} number
   * @param {Form | null} form
   */
  _keep(number, form) {
    this._made.set(number, form);
    return form;
  }

  /**
   * A form has been made. Each of those who wait is told in a call of its own, since handlers follow.
   *
   * @param {number} number
   * @param {Form | null} form
   */
  _tell(number, form) {
    const takers = /** @type {Taker[]} */ (this._awaited.get(number));
    this._awaited.delete(number);
    this._keep(number, form);
    for (const take of takers) post(() => take(form));
  }
}

/**
 * Compresses a message.
 *
 * @param {Message} message
 * @param {Connection} ws with the parameters
 * @returns {Form | null}
 */
function compress(message, ws) {
  const payload = message._payload;
  const handle = native.codecAlike(ws._slot);
  if (handle === -1) return null;
  turns.spend(payload.length * COMPRESSED);
  try {
    const [code, bytes] = /** @type {[number, any]} */ (native.codecRun(handle, 1, payload, 0));
    if (code === AS_IT_IS) return message._plain;
    return code < 0 ? null : formOf(message, bytes);
  } finally {
    native.codecRelease(handle);
  }
}

/**
 * Has another thread compress a message.
 *
 * @param {Message} message
 * @param {Connection} ws with the parameters
 * @param {Taker} tell is called later with the form
 * @returns {boolean} false if that cannot be
 */
function compressElsewhere(message, ws, tell) {
  const handle = native.codecAlike(ws._slot);
  if (handle === -1) return false;
  const take = jobs.takeBytes((fault, bytes, asItIs) => {
    if (fault) tell(null);
    else tell(asItIs ? message._plain : formOf(message, /** @type {Buffer} */ (bytes)));
  }, true);
  /** @type {import('../transport/jobs').Done} */
  const done = (id, kind, length, extra) => {
    try {
      if (length === -1) tell(null);
      else take(id, kind, length, extra);
    } finally {
      native.codecRelease(handle);
    }
  };
  try {
    if (jobs.run((id) => native.codecElsewhere(id, handle, 1, message._payload, 0), done)) return true;
  } catch {
    // What is wrong each connection is told, when it tries for itself.
  }
  native.codecRelease(handle);
  return false;
}

/** @param {Message} message @param {Buffer} bytes @returns {Form} */
function formOf(message, bytes) {
  return { opcode: message._opcode | RSV1, bytes, frame: null };
}

module.exports = { Forms };
