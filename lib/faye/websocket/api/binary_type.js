'use strict';

/** `binaryType`: as what a binary message comes with the event `message`. */

const { Blob } = require('buffer');

const TYPES = ['nodebuffer', 'arraybuffer', 'blob'];

/** The accessor, to be copied onto a prototype. */
const binaryType = {
  get binaryType() {
    return this._binaryType || 'nodebuffer';
  },

  set binaryType(type) {
    if (!TYPES.includes(type)) {
      throw new TypeError(`binaryType must be 'nodebuffer', 'arraybuffer' or 'blob', not ${String(type)}`);
    }
    this._binaryType = type === 'nodebuffer' ? null : type;
  }
};

/**
 * A message as its receiver wants it.
 *
 * @param {'arraybuffer'|'blob'} type
 * @param {string|Buffer} data
 * @returns {string|ArrayBuffer|Blob}
 */
function converted(type, data) {
  if (typeof data === 'string') return data;
  if (type === 'blob') return new Blob([data]);
  const { buffer, byteOffset, byteLength } = data;
  return buffer.byteLength === byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
}

module.exports = { binaryType, converted };
