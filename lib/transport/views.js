'use strict';

/**
 * Views of what stands at the front of memory that is used again and again: to make the view of a small frame takes longer
 * than to frame it, or to parse it. So those of small ones are kept for the next ones of their size.
 */

/** The longest view that is kept. */
const LONGEST = 512;

class Fronts {
  /** @param {Buffer} memory */
  constructor(memory) {
    this.memory = memory;
    this.numbers = new DataView(memory.buffer, memory.byteOffset, memory.length);
    /** Each at the index that is its length. @type {(Buffer | null)[]} */
    this.views = new Array(LONGEST + 1).fill(null);
  }

  /**
   * The first `length` bytes of the memory.
   *
   * @param {number} length
   * @returns {Buffer}
   */
  of(length) {
    if (length > LONGEST) return this.memory.subarray(0, length);
    const known = this.views[length];
    // Memory that was taken away leaves views without bytes.
    if (known !== null && known.length === length) return known;
    return (this.views[length] = this.memory.subarray(0, length));
  }
}

module.exports = { Fronts };
