'use strict';

/**
 * Views of what stands at the front of the slab (`lib/transport/stream.js`): most answers do alone, and to make the view of
 * one takes longer than to frame it. So those of small frames are kept for the next frames of their size.
 */

/** The longest frame whose view is kept. */
const LONGEST = 512;

/** The memory that the views are of. @type {Buffer | null} */
let slab = null;
/** The views, each at the index that is its length. @type {(Buffer | null)[]} */
let views = [];

/**
 * The first `length` bytes of `memory`.
 *
 * @param {Buffer} memory
 * @param {number} length
 * @returns {Buffer}
 */
function frontOf(memory, length) {
  if (length > LONGEST) return memory.subarray(0, length);
  if (slab !== memory) {
    slab = memory;
    views = new Array(LONGEST + 1).fill(null);
  }
  const known = views[length];
  // Memory that was taken away leaves views without bytes.
  if (known !== null && known.length === length) return known;
  return (views[length] = memory.subarray(0, length));
}

module.exports = { frontOf };
