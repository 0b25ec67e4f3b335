'use strict';

/**
 * Messages that wait for a Blob. The bytes of one come later than the call that sends it, and what is sent behind it stays
 * behind it, the close frame included.
 */

const { Queue } = require('../transport/queue');
const { enter } = require('../transport/scope');
const { OPEN, CLOSED } = require('../transport/ready_state');
const { INTERNAL } = require('../native/close_codes');

/** @typedef {import('../transport/connection').Connection} Connection */

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

/**
 * The bytes of a Blob. One that is not the platform's may throw instead of rejecting, or give what are no bytes.
 *
 * @param {Blob} blob
 * @returns {Promise<Buffer>}
 */
async function bytesOf(blob) {
  return Buffer.from(await blob.arrayBuffer());
}

/** What one connection has waiting, from the first Blob on until nothing waits. */
class Later {
  /** @param {Connection} ws */
  constructor(ws) {
    this._ws = ws;
    /** @type {Queue<Item>} */
    this._items = new Queue();
    this._reads = false;
    /** Bytes that wait. */
    this.size = 0;
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
    return this._push({ blob, plain, size: blob.size });
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
  }

  /** @param {Item} item @returns {false} */
  _push(item) {
    this._items.push(item);
    this.size += item.size;
    if (!this._reads) this._goOn();
    return false;
  }

  /** Does what there is to do, up to the next Blob. */
  _goOn() {
    while (this._items.length > 0) {
      const item = /** @type {Item} */ (this._items.first);
      if (item.blob !== undefined) {
        this._reads = true;
        bytesOf(item.blob).then(
          (bytes) => this._read(item, bytes),
          (error) => this._fail(error instanceof Error ? error : new Error(String(error)))
        );
        return;
      }
      this._items.shift();
      this.size -= item.size;
      if (item.action !== undefined) item.action();
      else this._give(item.data, item.plain);
    }
    this._finish();
  }

  /** The bytes of a Blob have come. @param {Item} item @param {Buffer} bytes */
  _read(item, bytes) {
    this._reads = false;
    if (this._items.first !== item) return;
    item.data = bytes;
    item.blob = undefined;
    enter(this._ws, () => this._goOn());
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
   * A Blob could not be read, such as one of a file that has changed: the peer is told, and what is behind it does not leave.
   *
   * @param {any} cause
   */
  _fail(cause) {
    const ws = this._ws;
    this._reads = false;
    if (this._items.length === 0 || ws.readyState === CLOSED) return;
    const text = `A Blob could not be read: ${cause.message}`;
    this.end();
    ws._later = null;
    enter(ws, () => {
      const isOpen = ws.readyState === OPEN;
      if (ws._queue === null && ws._slot !== -1)
        ws._transport.sendClose(ws, INTERNAL, 'A Blob could not be read');
      ws._refuseMore();
      if (isOpen || ws._queue !== null) ws._fail(text, { code: 'ERR_WEBSOCKET_BLOB', cause }, INTERNAL, text);
      else ws._beginClose(INTERNAL, text, true);
    });
  }
}

module.exports = { Later, isBlob };
