'use strict';

/**
 * Whether a message is long enough to be compressed. The bytes of a text are counted only if its units do not decide
 * that.
 *
 * @param {string | Buffer} data
 * @param {number} threshold bytes
 * @returns {boolean}
 */
function isLong(data, threshold) {
  if (data.length >= threshold) return true;
  // A UTF-16 unit takes at most three bytes of UTF-8.
  return typeof data === 'string' && data.length * 3 >= threshold && Buffer.byteLength(data) >= threshold;
}

module.exports = { isLong };
