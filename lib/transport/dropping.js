'use strict';

/**
 * Reads a socket and drops what comes, without a chunk of memory for each read: Node reads into one piece of memory that all
 * such sockets share, as it does for sockets that are made with the option `onread`, which can be given to no socket that
 * exists.
 */

const { isHandle } = require('./untouched');
const memory = require('./memory');
const { onreadOf } = require('./shared_reads');
const { IS_NODE } = require('../native/runtime');

/** @typedef {import('./connection').OwnedStream} OwnedStream */

/** Bytes that one read takes. The loop makes up to 32 for each socket in a turn, and others have to wait meanwhile. */
const SIZE = 16 * 1024;

/** @type {Buffer | null} */
let scratch = null;

/**
 * Has what a socket reads from now on dropped. The end and failures are Node's, as ever.
 *
 * @param {OwnedStream} stream which nobody listens to, and which Node reads
 * @param {number} most bytes, behind which nothing more is read
 * @param {() => void} onMost is called then
 * @returns {boolean} false if that cannot be, since others hear it or it is none of Node's own
 */
function drop(stream, most, onMost) {
  const handle = /** @type {any} */ (stream)._handle;
  if (!canDrop(stream, handle)) return false;
  if (scratch === null) {
    scratch = Buffer.allocUnsafeSlow(SIZE);
    memory.share(scratch.buffer);
  }
  const onread = onreadOf(handle);
  const last = handle.bytesRead + most;
  let before = handle.bytesRead;
  handle.useUserBuffer(scratch);
  /** @this {any} */
  handle.onread = function () {
    const { bytesRead } = this;
    if (bytesRead === before) {
      onread.call(this);
      return;
    }
    before = bytesRead;
    if (bytesRead < last || !this.reading) return;
    this.reading = false;
    this.readStop();
    onMost();
  };
  return true;
}

/**
 * @param {OwnedStream} stream
 * @param {any} handle
 * @returns {boolean}
 */
function canDrop(stream, handle) {
  return (
    IS_NODE &&
    isHandle(handle) &&
    stream.listenerCount('data') === 0 &&
    stream.listenerCount('readable') === 0 &&
    typeof handle.useUserBuffer === 'function' &&
    typeof handle.onread === 'function' &&
    typeof handle.bytesRead === 'number'
  );
}

module.exports = { drop };
