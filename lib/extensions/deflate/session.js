'use strict';

/**
 * Sessions of permessage-deflate for hosts of the npm package `websocket-extensions`: negotiation and codec are
 * native, large messages are worked on elsewhere (`lib/transport/jobs.js`), and a session does one message after the other.
 */

const native = require('../../native');
const { bytesOf } = require('../../native/bytes');
const { give } = require('../reader');
const offload = require('../../transport/jobs');
const { later } = require('../../transport/line');
const { Queue } = require('../../transport/queue');
const { TURN } = require('../../transport/turns');
const { INTERNAL } = require('../../native/close_codes');
const { surface } = require('../../native/surface');

/** @typedef {import('../../native').DeflateSettings} DeflateSettings */
/** @typedef {import('../../native').Flag} Flag */
/** @typedef {import('../../../types/extension').ExtensionMessage} ExtensionMessage */
/** @typedef {import('../../../types/extension').ExtensionCallback} ExtensionCallback */
/** @typedef {import('../../../types/extension').ExtensionParams} ExtensionParams */
/** @typedef {{code: number, text: string}} Fault */

const NAME = 'permessage-deflate';
/** What `codecRun` returns for a message that another thread has to go on with. */
const LONG = -2;
/** What a message and a byte of it may cost, in units of `src/protocol/work.rs`. */
const COST = 64 * 1024;
const BYTE = 4;
/** What an error is called that ends a connection with one of these codes. */
const TYPES = new Map([
  [1009, 'too_large'],
  [INTERNAL, 'unexpected_condition']
]);

/** Releases the native codecs of sessions that were collected without having been closed. */
const forgotten = new FinalizationRegistry((handle) => native.codecRelease(handle));

/**
 * Parameters as a host has parsed them, as they stood in the header.
 *
 * @param {ExtensionParams} params
 * @returns {string}
 */
function headerOf(params) {
  const parts = [NAME];
  for (const name of Object.keys(params)) {
    for (const value of [params[name]].flat()) {
      if (value === true) parts.push(name);
      else if (typeof value === 'number') parts.push(`${name}=${value}`);
      else parts.push(`${name}="${String(value).replace(/["\\]/g, '\\$&')}"`);
    }
  }
  return parts.join('; ');
}

/**
 * Parameters of a header that our own native side wrote: flags and whole numbers.
 *
 * @param {string} header
 * @returns {ExtensionParams}
 */
function paramsOf(header) {
  /** @type {ExtensionParams} */
  const params = {};
  for (const part of header.split('; ').slice(1)) {
    const [name, value] = part.split('=');
    params[name] = value === undefined ? true : Number(value);
  }
  return params;
}

/** What both roles do with messages. */
class Session {
  /** @param {number} limit */
  constructor(limit) {
    this._limit = limit;
    this._handle = -1;
    /**
     * Work that waits for the codec: a direction, a message and a callback each.
     *
     * @type {Queue<[compress: Flag, message: ExtensionMessage, callback: ExtensionCallback]>}
     */
    this._queue = new Queue();
    this._working = false;
    this._closed = false;
    /**
     * The fault by which the codec was lost: every later message fails with it.
     *
     * @type {Fault | null}
     */
    this._lost = null;
  }

  /** @param {number} handle */
  _own(handle) {
    this._handle = handle;
    forgotten.register(this, handle, this);
  }

  /**
   * Inflates a message with RSV1.
   *
   * @param {ExtensionMessage} message
   * @param {ExtensionCallback} callback
   */
  processIncomingMessage(message, callback) {
    if (message.rsv1) this._process(0, message, callback);
    else callback(null, message);
  }

  /**
   * Compresses a message.
   *
   * @param {ExtensionMessage} message
   * @param {ExtensionCallback} callback
   */
  processOutgoingMessage(message, callback) {
    this._process(1, message, callback);
  }

  /** Ends the session, behind the work that it has begun. */
  close() {
    this._closed = true;
    this._releaseIfOver();
  }

  _releaseIfOver() {
    if (!this._closed || this._working || this._handle === -1) return;
    forgotten.unregister(this);
    native.codecRelease(this._handle);
    this._handle = -1;
  }

  /**
   * @param {Flag} compress
   * @param {ExtensionMessage} message
   * @param {ExtensionCallback} callback
   */
  _process(compress, message, callback) {
    if (this._working || this._queue.length > 0) {
      this._queue.push([compress, message, callback]);
    } else {
      this._run(compress, message, callback);
    }
  }

  /**
   * @param {Flag} compress
   * @param {ExtensionMessage} message
   * @param {ExtensionCallback} callback
   */
  _run(compress, message, callback) {
    // What waited is taken behind an error of what was before it, for which a host may have closed the session.
    if (this._handle === -1) {
      callback(new Error('The session is closed'));
      return;
    }
    if (this._lost !== null) {
      fail(callback, this._lost);
      return;
    }
    const data = bytesOf(message.data);
    if (data.length >= offload.OFFLOAD_FROM && this._runElsewhere(compress, message, data, callback)) return;
    /** @type {[code: number, result: any]} */
    let outcome;
    try {
      const { _handle: handle, _limit: limit } = this;
      outcome = /** @type {typeof outcome} */ (native.codecRun(handle, compress, data, limit));
    } catch (error) {
      // There is no memory for what the codec has made, so that it has gone on without its host.
      this._lost = { code: INTERNAL, text: /** @type {Error} */ (error).message };
      fail(callback, this._lost);
      return;
    }
    const [code, result] = outcome;
    if (code === LONG) {
      if (this._runElsewhere(compress, message, data, callback)) return;
      this._lost = { code: INTERNAL, text: 'The codec is away' };
      fail(callback, this._lost);
      return;
    }
    if (code === -INTERNAL) this._lost = { code: INTERNAL, text: result };
    if (code < -1) fail(callback, { code: -code, text: result });
    else deliver(compress, message, callback, code === -1 ? null : result);
  }

  /**
   * @param {Flag} compress
   * @param {ExtensionMessage} message
   * @param {Buffer} data
   * @param {ExtensionCallback} callback
   * @returns {boolean}
   */
  _runElsewhere(compress, message, data, callback) {
    const start = (/** @type {number} */ id) =>
      native.codecElsewhere(id, this._handle, compress, data, this._limit);
    /** @type {(fault: Fault | null, bytes?: Buffer, asItIs?: boolean) => void} */
    const done = (fault, bytes, asItIs) => {
      this._working = false;
      if (fault && fault.code === INTERNAL) this._lost = fault;
      if (bytes) give(bytes);
      try {
        if (fault) fail(callback, fault);
        else deliver(compress, message, callback, asItIs ? null : /** @type {Buffer} */ (bytes));
      } finally {
        this._advance();
      }
    };
    try {
      this._working = offload.run(start, offload.takeBytes(done));
    } catch (error) {
      // The codec may be in the middle of the message, so that it cannot be used any more.
      this._lost = { code: INTERNAL, text: /** @type {Error} */ (error).message };
      fail(callback, this._lost);
      return true;
    }
    return this._working;
  }

  /** Works on what waits, for as long as one turn of the loop allows. */
  _advance() {
    let left = TURN;
    while (!this._working && this._queue.length > 0) {
      if (left <= 0) {
        this._working = true;
        later(() => {
          this._working = false;
          this._advance();
        });
        return;
      }
      const [compress, message, callback] =
        /** @type {[compress: Flag, message: ExtensionMessage, callback: ExtensionCallback]} */ (
          this._queue.shift()
        );
      try {
        this._run(compress, message, (error, result) => {
          left -= workOf(compress ? message : result);
          callback(error, result);
        });
      } catch (error) {
        // What a handler of the host has thrown must not keep the others waiting.
        surface(error);
      }
    }
    this._releaseIfOver();
  }
}

/**
 * An upper estimate of the work for a message, from its length before or after.
 *
 * @param {ExtensionMessage} [message]
 */
function workOf(message) {
  return COST + (message ? message.data.length * BYTE : 0);
}

/**
 * Passes a message on to the host; without `bytes`, uncompressed.
 *
 * @param {Flag} compress
 * @param {ExtensionMessage} message
 * @param {ExtensionCallback} callback
 * @param {Buffer | null} bytes
 */
function deliver(compress, message, callback, bytes) {
  if (bytes !== null) {
    message.data = bytes;
    if (compress === 1) message.rsv1 = true;
  }
  callback(null, message);
}

/**
 * @param {ExtensionCallback} callback
 * @param {Fault} fault
 */
function fail(callback, { code, text }) {
  /** @type {Error & {type?: string}} */
  const error = new Error(text);
  if (TYPES.has(code)) error.type = TYPES.get(code);
  callback(error);
}

/** A client's session. */
class ClientSession extends Session {
  /**
   * @param {DeflateSettings} settings
   * @param {number} limit
   */
  constructor(settings, limit) {
    super(limit);
    this._settings = settings;
  }

  /** @returns {object} the parameters to offer */
  generateOffer() {
    return paramsOf(native.codecOffer(this._settings));
  }

  /**
   * @param {ExtensionParams} params
   * @returns {boolean} whether the server's response is acceptable
   */
  activate(params) {
    const handle = native.codecActivate(this._settings, headerOf(params));
    if (handle !== -1) this._own(handle);
    return handle !== -1;
  }
}

/** A server's session. */
class ServerSession extends Session {
  /** @param {number} limit the most bytes that a message may come to */
  constructor(limit) {
    super(limit);
    this._response = '';
  }

  /**
   * @param {ExtensionParams[]} offers
   * @param {DeflateSettings} settings
   * @param {number} limit
   * @returns {ServerSession | null} null if no offer is acceptable
   */
  static accept(offers, settings, limit) {
    const accepted = native.codecAccept(settings, offers.map(headerOf).join(', '));
    if (!accepted) return null;
    const session = new ServerSession(limit);
    session._own(accepted[0]);
    session._response = accepted[1];
    return session;
  }

  /** @returns {object} the parameters to answer */
  generateResponse() {
    return paramsOf(this._response);
  }
}

module.exports = { ClientSession, ServerSession };
