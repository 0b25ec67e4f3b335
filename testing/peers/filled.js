'use strict';

/** What the makers of floods have in common. */

const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;
/** The reserved bit that says "compressed". */
const RSV1 = 4;
const NO_MASK = Buffer.alloc(4);

/**
 * So many copies of some frames as come to about `size` bytes, and one at least.
 *
 * @param {Buffer|Buffer[]} frames
 * @param {number} [size]
 * @returns {Buffer}
 */
function filled(frames, size = 64 * KILOBYTE) {
  const once = Buffer.concat([].concat(frames));
  return Buffer.concat(Array(Math.max(1, Math.round(size / once.length))).fill(once));
}

module.exports = { KILOBYTE, MEGABYTE, NO_MASK, RSV1, filled };
