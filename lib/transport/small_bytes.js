'use strict';

/**
 * Few bytes that may be in V8's heap are copied to memory of ours before the native side reads them: short typed arrays are
 * made there, and moved as soon as somebody asks for their memory or their address. That takes 210 to 280 ns, and the copy 15.
 */

const { IN_HEAP_UP_TO, isCopied, lengthOf } = require('../native/bytes');
const { Fronts } = require('./views');

const fronts = new Fronts(Buffer.allocUnsafeSlow(IN_HEAP_UP_TO));

/**
 * What the native side is given in the place of bytes.
 *
 * @param {Uint8Array} bytes
 * @returns {Uint8Array} valid until the next call
 */
function readable(bytes) {
  return isCopied(bytes) ? copy(bytes) : bytes;
}

/** @param {Uint8Array} bytes @returns {Uint8Array} */
function copy(bytes) {
  try {
    const view = fronts.of(lengthOf(bytes));
    view.set(bytes);
    return view;
  } catch {
    // It is memory that is shared with another thread, and has just grown.
    return Buffer.from(bytes);
  }
}

module.exports = { readable };
