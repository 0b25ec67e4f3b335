'use strict';

/**
 * Which values are sent as binary messages. All others are sent as text.
 *
 * The native side reads memory in place, so it is never given memory that may change, move or be freed during the call.
 * Types are told by internal slots and not by constructors, since objects of another realm (`vm`, Jest) have other
 * constructors.
 */

const { types } = require('util');

/**
 * Whether `data` is bytes: a Buffer, typed array, DataView, ArrayBuffer or SharedArrayBuffer.
 *
 * @param {*} data
 * @returns {boolean}
 */
function isBinary(data) {
  return ArrayBuffer.isView(data) || types.isAnyArrayBuffer(data);
}

/**
 * A Buffer on the memory of `data`; a copy if that memory is shared, since another thread may change it during the
 * call.
 *
 * @param {*} data of which `isBinary` is true
 * @returns {Buffer}
 * @throws {TypeError} for memory that is detached or resizable, as in a browser
 */
function toBuffer(data) {
  const memory = memoryOf(data);
  if (memory.resizable) {
    throw new TypeError('The bytes are in a resizable ArrayBuffer: send a copy in one of a fixed length');
  }
  if (memory.byteLength === 0 && isDetached(memory)) {
    throw new TypeError(
      'The bytes are in a detached ArrayBuffer: send them, or a copy, before it is transferred'
    );
  }
  if (types.isSharedArrayBuffer(memory)) return Buffer.from(viewOf(data));
  return Buffer.isBuffer(data) ? data : viewOf(data);
}

/**
 * A Buffer of the bytes that an extension has returned.
 *
 * @param {*} data binary, or what `Buffer.from` takes
 * @returns {Buffer} a copy where the memory may change, move or go
 */
function bytesOf(data) {
  if (!isBinary(data)) return Buffer.from(data);
  const memory = memoryOf(data);
  const isFixed = !memory.resizable && !types.isSharedArrayBuffer(memory);
  return isFixed ? viewOf(data) : Buffer.from(viewOf(data));
}

/**
 * The ArrayBuffer or SharedArrayBuffer of `data`.
 *
 * @param {any} data
 * @returns {any}
 */
function memoryOf(data) {
  return ArrayBuffer.isView(data) ? data.buffer : data;
}

/**
 * A Buffer on the memory of `data`.
 *
 * @param {any} data
 * @returns {Buffer}
 */
function viewOf(data) {
  if (!ArrayBuffer.isView(data)) return Buffer.from(data);
  // A view on detached memory has no offset any more.
  return data.buffer.byteLength === 0
    ? Buffer.alloc(0)
    : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Whether an ArrayBuffer without bytes had some that were transferred.
 *
 * @param {ArrayBuffer} memory
 * @returns {boolean}
 */
function isDetached(memory) {
  try {
    new Uint8Array(memory);
    return false;
  } catch {
    return true;
  }
}

module.exports = { bytesOf, isBinary, toBuffer };
