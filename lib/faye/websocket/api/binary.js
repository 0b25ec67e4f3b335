'use strict';

/** What counts as binary when it is sent: everything else goes out as text. */

/**
 * Whether `data` is bytes: a Buffer, typed array, DataView, ArrayBuffer or SharedArrayBuffer.
 *
 * @param {*} data
 * @returns {boolean}
 */
function isBinary(data) {
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer || data instanceof SharedArrayBuffer;
}

/**
 * A Buffer on the memory of `data`; a copy if that memory is shared, for it may change while we look.
 *
 * @param {*} data of which `isBinary` is true
 * @returns {Buffer}
 */
function toBuffer(data) {
  if (Buffer.isBuffer(data)) return data;
  if (!ArrayBuffer.isView(data)) {
    return data instanceof ArrayBuffer ? Buffer.from(data) : Buffer.from(new Uint8Array(data));
  }
  if (data.buffer instanceof ArrayBuffer) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

module.exports = { isBinary, toBuffer };
