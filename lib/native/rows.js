'use strict';

/**
 * Rows: what a chunk meant, as the native side writes it into memory that both sides see.
 *
 * The first cells are a head; then each row has four cells: kind, offset, length, extra. An offset of `QUEUED` means that the
 * bytes wait in the session's queue. The numbers are those of `src/protocol/rows.rs`.
 */

const { markAsUntransferable } = require('worker_threads');

const native = require('.');
const { COUNTS_FAST, HAS_EXTERNAL_STRINGS, MAX_TEXT } = require('./runtime');

/** The most rows of one call. A chunk of 64 KiB with more messages takes several calls. */
const CAPACITY = 1024;
const CELLS = 4;
const HEAD = 4;
/** The cells of the head: how far the chunk was parsed, the work that may still be done, and how deep the dispatch is. */
const REACHED = 0;
const LEFT = 1;
const DEPTH = 2;

const cells = new Int32Array(HEAD + CAPACITY * CELLS);
/** The same memory, to which the native side refers weakly: so it goes with the cells, also where a bundler drops exports. */
const bytes = new Uint8Array(cells.buffer);
Object.defineProperty(cells.buffer, 'bytes', { value: bytes });
if (markAsUntransferable) markAsUntransferable(cells.buffer);
native.shareRows(bytes, HAS_EXTERNAL_STRINGS ? 1 : 0, MAX_TEXT, COUNTS_FAST ? 1 : 0);

module.exports = {
  cells,
  CELLS,
  HEAD,
  REACHED,
  LEFT,
  DEPTH,
  QUEUED: -1,
  /** Not of the native side: what stood in the place of this row could not be kept, for want of memory. */
  LOST: 0,
  ASCII: 1,
  TEXT: 2,
  BINARY: 3,
  PING: 4,
  PONG: 5,
  CLOSE: 6,
  VIOLATION: 7,
  OPEN: 8,
  REFUSED: 9,
  RAW: 10,
  SESSION: 11,
  END: 12,
  READ_FAILED: 13,
  WRITE_FAILED: 14,
  DRAINED: 15,
  TUNNEL: 16,
  INFLATE: 17,
  REST: 18
};
