'use strict';

/**
 * A connection with native permessage-deflate: large messages are compressed and inflated on other threads, and all
 * messages stay in order.
 *
 * Small messages take one branch here: they are compressed and inflated on the event-loop thread. While a job on
 * another thread has the codec of the connection, messages to send and the close frame queue here, and chunks that
 * arrive are not parsed (`lib/transport/turns.js`). Pings and pongs are sent at once.
 */

const { lookForIdle } = require('./hibernation');
const { stage } = require('./staging');
const { isLong } = require('./threshold');
const dispatch = require('../../transport/dispatch');
const memory = require('../../transport/memory');
const native = require('../../native');
const offload = require('../../transport/jobs');
const { later } = require('../../transport/line');
const { Queue } = require('../../transport/queue');
const { enter } = require('../../transport/scope');
const turns = require('../../transport/turns');
const { isFault } = require('../../native/fault');
const { TEXT, BINARY } = require('../../native/opcodes');
const { INTERNAL } = require('../../native/close_codes');

/** @typedef {import('../../transport/connection').Connection} Connection */
/** @typedef {{code: number, text: string}} Fault */
/** @typedef {string | Buffer | {length: number, send: () => void} | (() => void)} Queued */

/** RSV1 as a part of an opcode argument, and FIN, which marks a message that is not to be compressed any more. */
const RSV1 = 0x40;
const FIN = 0x80;
/** What compressing a byte costs, and a queued message, in units of `src/protocol/work.rs`. */
const COMPRESSED = 16;
const QUEUED = 512;
/** It is not known yet which parameters a connection has. */
const UNKNOWN = -2;

/** The `_coding` of a connection with native permessage-deflate. */
class Deflating {
  /**
   * @param {Connection} ws the connection
   * @param {number} threshold the length in bytes below which messages leave uncompressed
   */
  constructor(ws, threshold) {
    this._ws = ws;
    this._threshold = threshold;
    /** What the native side calls parameters without context takeover, once that was asked for. */
    this._sharing = UNKNOWN;
    this._working = false;
    /**
     * A large text that is on its way to the native side, and whether it has got there.
     *
     * @type {string | null}
     */
    this._staged = null;
    this._isStaged = false;
    /** Whether a compressed message waits for the codec. */
    this._inflates = false;
    /**
     * The work on a message for many that this connection waits for.
     *
     * @type {object | null}
     */
    this._awaited = null;
    /**
     * The queue: messages to compress, messages that know how they are sent, and functions to call in their turn.
     *
     * @type {Queue<Queued>}
     */
    this._queue = new Queue();
    /** Whether the queue waits for a turn of the loop. */
    this._inLine = false;
    /**
     * The size of what is queued or being compressed, in bytes; of texts, whose bytes are not known yet, in UTF-16
     * units.
     */
    this.queued = 0;
    /** Whether senders were told to wait. */
    this.isFull = false;
    lookForIdle();
  }

  /** Sends a message. @param {string|Buffer} data @returns {boolean} false while there is back-pressure */
  send(data) {
    if (!this.isIdle) {
      const bytes = typeof data === 'string' ? data : Buffer.from(data);
      this._queue.push(bytes);
      this.queued += bytes.length;
      this.isFull = true;
      return false;
    }
    return this.compress(data);
  }

  /**
   * Sends a message uncompressed.
   *
   * @param {number} opcode of which the transport knows that it is not to be compressed
   * @param {Buffer} bytes
   * @returns {boolean} false while there is back-pressure
   */
  sendPlain(opcode, bytes) {
    if (this.isIdle) return this._ws._transport.sendBytes(this._ws, opcode, bytes);
    const copy = Buffer.from(bytes);
    this.queue(copy.length, () => this._ws._transport.sendBytes(this._ws, opcode, copy));
    return false;
  }

  /** The length in bytes below which messages leave uncompressed. */
  get threshold() {
    return this._threshold;
  }

  /** With which parameters messages are compressed, as a number, if none depends on those before; or else -1. */
  get sharing() {
    if (this._sharing === UNKNOWN) this._sharing = native.sharedCoding(this._ws._slot);
    return this._sharing;
  }

  /** How many messages are queued. */
  get messages() {
    return this._queue.length;
  }

  /** Whether what is sent now leaves behind nothing that waits here. */
  get isIdle() {
    return !this._isBusy() && this._queue.length === 0;
  }

  /**
   * Queues a message that is made in its turn.
   *
   * @param {number} length in bytes
   * @param {() => void} send makes and sends it
   */
  queue(length, send) {
    this._queue.push({ length, send });
    this.queued += length;
    this.isFull = true;
  }

  /**
   * From now on what is sent waits for a message that is compressed for other connections, too.
   *
   * @param {object} work by which {@link arrived} knows it
   * @param {number} length in bytes
   */
  await(work, length) {
    this._awaited = work;
    this.queued += length;
    this.isFull = true;
  }

  /**
   * The message has been compressed. Nothing happens if the connection has given it up since then.
   *
   * @param {object} work
   * @param {number} length
   * @param {() => void} send
   */
  arrived(work, length, send) {
    if (this._awaited !== work) return;
    this._awaited = null;
    this.queued -= length;
    if (this._ws._slot === -1) return;
    this._sendAccepted(send);
    this._advance();
  }

  /** Whether what is sent now has to wait. */
  _isBusy() {
    return this._working || this._staged !== null || this._awaited !== null;
  }

  /**
   * Compresses and sends a message whose turn it is.
   *
   * @param {string | Buffer} data
   * @returns {boolean} false while there is back-pressure
   */
  compress(data) {
    const ws = this._ws;
    if (data.length >= offload.OFFLOAD_FROM && isLong(data, this._threshold)) {
      this._sendLarge(data);
      return false;
    }
    turns.spend(data.length * COMPRESSED);
    try {
      if (typeof data === 'string') return ws._transport.sendText(ws, data);
      return ws._transport.sendBytes(ws, BINARY, data);
    } catch (error) {
      this._giveUpFor(error);
      return false;
    }
  }

  /**
   * An error of the native side ends the connection: the message is lost, and if it was compressed, the peer could not
   * inflate those behind it. Any other exception comes from a stream of the owner's, and is thrown on.
   *
   * @param {any} error
   */
  _giveUpFor(error) {
    if (!isFault(error)) throw error;
    this._giveUp({ code: INTERNAL, text: error.message });
  }

  /** Compresses a message elsewhere. A text is handed over in pieces, one a turn of the loop. @param {string | Buffer} data */
  _sendLarge(data) {
    memory.touch();
    this.isFull = true;
    this.queued += data.length;
    if (typeof data === 'string') {
      this._staged = data;
      stage(this._ws, data, {
        // A fault may end it meanwhile.
        isWanted: () => this._staged !== null,
        done: () => this._compressStaged(),
        fail: (error) => this._giveUpFor(error)
      });
    } else {
      this._compress(BINARY, data, data.length);
    }
  }

  /** Compresses the text that was handed over, once the codec is back. */
  _compressStaged() {
    this._isStaged = true;
    if (this._working) return;
    const { length } = /** @type {string} */ (this._staged);
    this._staged = null;
    this._isStaged = false;
    this._compress(TEXT, undefined, length);
  }

  /**
   * @param {number} opcode
   * @param {Buffer | undefined} bytes
   * @param {number} length
   */
  _compress(opcode, bytes, length) {
    const ws = this._ws;
    const done = offload.takeBytes((fault, payload, asItIs) => {
      this.queued -= length;
      this._working = false;
      if (ws._slot === -1) return;
      if (fault) {
        enter(ws, () => this._giveUp(fault));
        return;
      }
      this._sendAccepted(() =>
        ws._transport.sendBytes(ws, opcode | (asItIs ? FIN : RSV1), /** @type {Buffer} */ (payload))
      );
      this._advance();
    }, true);
    try {
      this._working = offload.run((id) => native.deflateElsewhere(id, ws._slot, bytes), done);
    } catch (error) {
      this._giveUpFor(error);
    }
  }

  /** Sends what was accepted before. @param {() => void} send */
  _sendAccepted(send) {
    try {
      send();
    } catch (error) {
      enter(this._ws, () => this._giveUpFor(error));
    }
  }

  /** A large compressed message has arrived; the connection holds until it is inflated. */
  inflate() {
    const ws = this._ws;
    // Native code may have the codec back already, of which we are told later.
    if (this._working) {
      this._inflates = true;
      return;
    }
    const start = (/** @type {number} */ id) => native.inflateElsewhere(id, ws._slot);
    /** @type {import('../../transport/jobs').Done} */
    const done = (id, kind, length, extra) => {
      this._working = false;
      if (ws._slot === -1 || length === -1) return;
      if (kind === offload.FAULT) dispatch.fail(ws, id, extra);
      else dispatch.goOn(ws, kind, length, extra);
      this._advance();
    };
    try {
      this._inflates = !offload.run(start, done);
      this._working = true;
    } catch (error) {
      this._inflates = true;
      this._giveUpFor(error);
    }
  }

  /**
   * A message could not be compressed: the messages that wait behind it are dropped, and the connection is closed with
   * the fault's code and text.
   *
   * @param {Fault} fault
   */
  _giveUp({ code, text }) {
    const ws = this._ws;
    // A close frame in the queue counts as sent, but was not.
    const closes = this._queue.takeAll().some((next) => typeof next === 'function');
    const holds = this._inflates;
    this.end();
    if (closes) ws._writeClose(code, text);
    ws._receiveViolation(code, text);
    // The message that has waited for the codec is not going to be inflated.
    if (holds) turns.endHold(ws);
  }

  /** The codec is back: what waits for it goes on. */
  _advance() {
    if (this._inflates && this._ws._slot !== -1) this.inflate();
    if (this._isStaged && this._ws._slot !== -1) this._compressStaged();
    this._sendQueued();
    if (this.isFull && !this._isBusy() && this._queue.length === 0 && this._ws._slot !== -1) {
      this.isFull = false;
      // If the transport is backed up as well, only its own `drain` is emitted.
      this._ws._tellDrain();
    }
  }

  /** Goes on in a later turn, behind other connections. */
  _standInLine() {
    if (this._inLine) return;
    this._inLine = true;
    later(() => {
      this._inLine = false;
      if (this._ws._slot !== -1) enter(this._ws, () => this._advance());
    });
  }

  /** Sends what waits for the codec, for as long as one turn of the loop allows. */
  _sendQueued() {
    let left = turns.TURN;
    while (!this._isBusy() && this._queue.length > 0 && this._ws._slot !== -1) {
      if (left <= 0) {
        this._standInLine();
        return;
      }
      left -= QUEUED;
      const next = /** @type {Queued} */ (this._queue.shift());
      if (typeof next === 'function') {
        enter(this._ws, next);
      } else {
        this.queued -= next.length;
        left -= next.length * COMPRESSED;
        const isData = typeof next === 'string' || Buffer.isBuffer(next);
        this._sendAccepted(isData ? () => this.compress(next) : next.send);
      }
    }
  }

  /** Calls `callback` behind everything that was sent. @param {() => void} callback */
  close(callback) {
    if (this.isIdle) callback();
    else this._queue.push(callback);
  }

  /**
   * Whether nothing waits here that is to be sent, if `both` are asked for. For what has come the connection holds.
   *
   * @param {boolean} both
   * @returns {boolean}
   */
  isSettled(both) {
    return !both || this.isIdle;
  }

  /** Calls `callback` as soon as that is so. @param {boolean} both @param {() => void} callback */
  settled(both, callback) {
    if (!both || this.isIdle) callback();
    else this._queue.push({ length: 0, send: callback });
  }

  /** The connection is over. */
  end() {
    this._queue.takeAll();
    this._awaited = null;
    this._staged = null;
    this._isStaged = false;
    this._inflates = false;
    this.queued = 0;
  }
}

module.exports = { Deflating };
