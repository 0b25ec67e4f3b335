'use strict';

/** A chunk that is worked off, with the rows of it that were not dispatched yet. */
class Chunk {
  /**
   * @param {any} bytes a Buffer; null where only rows are left
   * @param {boolean} [inScratch] whether they stand in memory that TLS sockets read into again
   */
  constructor(bytes, inScratch = false) {
    this.bytes = bytes;
    this.inScratch = inScratch;
    this.isCopied = false;
    /** Of the memory in which a copy stands, from its beginning on. @type {DataView | null} */
    this.view = null;
    /** How far the bytes were parsed. */
    this.at = 0;
    /** Cells, and the range of them that is to be dispatched. */
    /** @type {any} */
    this.rows = null;
    this.row = 0;
    this.end = 0;
    /** The string of several texts, and where in the bytes it begins (`lib/transport/ascii.js`). */
    this.group = '';
    this.groupAt = 0;
  }

  /** Whether nothing is left of it. */
  get isDone() {
    return this.row >= this.end && (this.bytes === null || this.at >= this.bytes.length);
  }
}

module.exports = { Chunk };
