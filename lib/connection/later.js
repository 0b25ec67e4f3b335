'use strict';

/**
 * Messages that wait for a Blob. The bytes of one come later than the call that sends it, and what is sent behind it stays
 * behind it, the close frame included.
 */

const { bytesOf } = require('../native/bytes');
const { isFault } = require('../native/fault');
const { callFromTick } = require('../transport/posting');
const { Queue } = require('../transport/queue');
const { later } = require('../transport/line');
const { now } = require('../transport/prompt');
const { enter, raise } = require('../transport/scope');
const turns = require('../transport/turns');
const { OPEN, CLOSED } = require('../transport/ready_state');
const { INTERNAL } = require('../native/close_codes');

/** @typedef {import('../transport/connection').Connection} Connection */

/** How long Blobs are sent one behind the other before everything else has its turn, in milliseconds. */
const LONGEST = 1;
/** What it takes to make and to read one, in units of `src/protocol/work.rs`. */
const BLOB = 16 * 1024;

/**
 * What waits: a Blob, the message that it or something else has become, or a call.
 *
 * @typedef {{size: number, blob?: Blob, data?: string | Buffer, plain?: boolean, action?: () => void}} Item
 */

/**
 * Whether a value is a Blob or a File, of any realm.
 *
 * @param {*} data
 * @returns {boolean}
 */
function isBlob(data) {
  if (typeof data !== 'object' || data === null || typeof data.arrayBuffer !== 'function') return false;
  const tag = Object.prototype.toString.call(data);
  return tag === '[object Blob]' || tag === '[object File]';
}

/** What one connection has waiting, from the first Blob on until nothing waits. */
class Later {
  /** @param {Connection} ws */
  constructor(ws) {
    this._ws = ws;
    /** @type {Queue<Item>} */
    this._items = new Queue();
    this._reads = false;
    /** When the Blobs began to come that have come one behind the other. */
    this._since = 0;
    /** Bytes that wait, and how many Blobs. */
    this.size = 0;
    this.blobs = 0;
  }

  /** How many wait. */
  get messages() {
    return this._items.length;
  }

  /**
   * Sends a Blob.
   *
   * @param {Blob} blob
   * @param {boolean} plain whether it is not to be compressed
   * @returns {boolean} false: `drain` follows when nothing waits any more
   */
  sendBlob(blob, plain) {
    this.blobs++;
    turns.spend(BLOB);
    return this._push({ blob, plain, size: Number(blob.size) || 0 });
  }

  /**
   * Sends a message behind what waits.
   *
   * @param {string|Buffer} data that nobody else changes
   * @param {boolean} plain
   * @returns {boolean} the same
   */
  send(data, plain) {
    return this._push({
      data,
      plain,
      size: typeof data === 'string' ? Buffer.byteLength(data) : data.length
    });
  }

  /**
   * Calls `action` behind what waits.
   *
   * @param {function(): void} action
   */
  call(action) {
    this._push({ action, size: 0 });
  }

  /** The connection is over. */
  end() {
    this._items.takeAll();
    this.size = 0;
    this.blobs = 0;
  }

  /** @param {Item} item @returns {false} */
  _push(item) {
    this._items.push(item);
    this.size += item.size;
    if (!this._reads) {
      this._since = now();
      this._goOn();
    }
    return false;
  }

  /** Does what there is to do, up to the next Blob. */
  _goOn() {
    while (this._items.length > 0) {
      const item = /** @type {Item} */ (this._items.first);
      if (item.blob !== undefined) {
        this._reads = true;
        bytesIn(item.blob).then(
          (bytes) => this._read(item, bytes),
          (error) => this._fail('A Blob could not be read', error)
        );
        return;
      }
      this._items.shift();
      this.size -= item.size;
      if (!this._does(item)) return;
    }
    this._finish();
  }

  /**
   * Does what an item stands for; false if nothing that is behind it can leave any more.
   *
   * @param {Item} item
   * @returns {boolean}
   */
  _does(item) {
    try {
      if (item.action !== undefined) item.action();
      else this._give(item.data, item.plain);
    } catch (error) {
      if (isFault(error)) {
        this._fail('A message could not be sent', error);
        return false;
      }
      // The stream, which is its owner's, has thrown: that keeps nothing that is behind it.
      raise(this._ws, error);
    }
    return true;
  }

  /** The bytes of a Blob have come. @param {Item} item @param {Buffer} bytes */
  _read(item, bytes) {
    this._reads = false;
    if (this._items.first !== item) return;
    item.data = bytes;
    item.blob = undefined;
    this.blobs--;
    // Blobs in memory come in one microtask behind the other, and the loop would wait for the last of them.
    if (now() - this._since < LONGEST) {
      callFromTick(() => enter(this._ws, () => this._goOn()));
      return;
    }
    this._reads = true;
    later(() => {
      this._reads = false;
      this._since = now();
      if (this._items.first === item) enter(this._ws, () => this._goOn());
    });
  }

  /**
   * Sends a message, now. A connection that is closing has not sent its close frame yet, which waits with the others.
   *
   * @param {any} data
   * @param {boolean | undefined} plain
   */
  _give(data, plain) {
    const ws = this._ws;
    if (ws._queue !== null) {
      ws._queue.push({ size: data.length, replay: () => (plain ? ws._sendPlain(data) : ws._send(data)) });
    } else if (ws._slot !== -1 || ws._draft !== null) {
      if (plain) ws._sendPlain(data);
      else ws._send(data);
    }
  }

  /** Nothing waits any more. */
  _finish() {
    const ws = this._ws;
    if (ws._later !== this) return;
    ws._later = null;
    // If the transport is backed up, its own `drain` is the one that counts.
    if (ws.readyState === OPEN) ws._tellDrain();
    else ws._liftBrake();
  }

  /**
   * Something that was accepted cannot be sent, such as a Blob of a file that has changed: the peer is told, and what is
   * behind it does not leave.
   *
   * @param {string} reason for the peer
   * @param {any} cause
   */
  _fail(reason, cause) {
    const ws = this._ws;
    const text = `${reason}: ${textOf(cause)}`;
    const isEmpty = this._reads && this._items.length === 0;
    this._reads = false;
    if (isEmpty || ws.readyState === CLOSED) return;
    this.end();
    ws._later = null;
    enter(ws, () => {
      const isOpen = ws.readyState === OPEN;
      if (ws._queue === null && ws._slot !== -1) ws._writeClose(INTERNAL, reason);
      ws._refuseMore();
      if (isOpen || ws._queue !== null) ws._fail(text, { code: 'ERR_WEBSOCKET_BLOB', cause }, INTERNAL, text);
      else ws._beginClose(INTERNAL, text, true);
    });
  }
}

/**
 * The bytes of a Blob. One that is not the platform's may throw instead of rejecting, or give what are no bytes, or memory that
 * may change.
 *
 * @param {Blob} blob
 * @returns {Promise<Buffer>}
 */
async function bytesIn(blob) {
  return bytesOf(await blob.arrayBuffer());
}

/** What an error says, or whatever else was thrown. @param {any} error @returns {string} */
function textOf(error) {
  return error instanceof Error ? error.message : String(error);
}

module.exports = { Later, isBlob };
