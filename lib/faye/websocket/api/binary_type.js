'use strict';

/** `binaryType`: as what a binary message comes with the event `message`. */

const { Blob } = require('buffer');

const TYPES = ['nodebuffer', 'arraybuffer', 'blob'];

/** Where it is kept if it is not that of Node: a property that no listing shows. */
const BINARY_TYPE = Symbol('faye-websocket-native binary type');

/** The accessor, to be copied onto a prototype. */
/** @type {ThisType<any> & {binaryType: 'nodebuffer' | 'arraybuffer' | 'blob', [BINARY_TYPE]: null}} */
const binaryType = {
  [BINARY_TYPE]: null,

  get binaryType() {
    return this[BINARY_TYPE] || 'nodebuffer';
  },

  set binaryType(type) {
    if (!TYPES.includes(type)) {
      throw new TypeError(`binaryType must be 'nodebuffer', 'arraybuffer' or 'blob', not ${String(type)}`);
    }
    const value = type === 'nodebuffer' ? null : type;
    Object.defineProperty(this, BINARY_TYPE, { configurable: true, writable: true, value });
  }
};

/**
 * A message as its receiver wants it.
 *
 * @param {'arraybuffer'|'blob'} type
 * @param {string|Buffer} data
 * @returns {string|ArrayBufferLike|import('buffer').Blob}
 */
function converted(type, data) {
  if (typeof data === 'string') return data;
  if (type === 'blob') return new Blob([data]);
  const { buffer } = data;
  // `slice` of the memory takes up to twice as long.
  return buffer.byteLength === data.byteLength ? buffer : new Uint8Array(data).buffer;
}

module.exports = { BINARY_TYPE, binaryType, converted };
