'use strict';

/**
 * Copies of chunks that stand in the scratch of TLS sockets (`lib/transport/shared_reads.js`). One message is taken out of it
 * before its handler runs. If there are more, the chunk is copied to memory into which nothing is read, since a handler may run
 * the loop. That is used again as soon as the chunk is worked off; what waits longer gets memory of its own.
 */

const memory = require('./memory');

/** The most that a read brings: what a record of TLS holds. */
const SIZE = 16 * 1024;

/** @typedef {import('./connection').Chunk} Chunk */

/**
 * The memory for copies: that of the chunk whose handlers are running, and behind it that of the one in a loop that they run.
 *
 * @type {Buffer[]}
 */
const copies = [];
/** Each as a view of numbers. @type {DataView[]} */
const views = [];
let used = 0;

/** How much of it is in use. */
function level() {
  return used;
}

/**
 * What was copied since is not needed any more.
 *
 * @param {number} before what {@link level} was
 */
function leave(before) {
  used = before;
}

/**
 * Has a chunk stay as it is until its handlers have run.
 *
 * @param {Chunk} chunk in the scratch
 * @returns {boolean} false if there is no memory
 */
function secure(chunk) {
  if (chunk.isCopied) return true;
  try {
    if (used === copies.length) copies.push(allocate());
    const copy = copies[used].subarray(0, chunk.bytes.length);
    copy.set(chunk.bytes);
    chunk.bytes = copy;
    chunk.view = views[used];
  } catch {
    return false;
  }
  chunk.isCopied = true;
  used++;
  return true;
}

function allocate() {
  const copy = Buffer.allocUnsafeSlow(SIZE);
  memory.share(copy.buffer);
  views.push(new DataView(copy.buffer));
  return copy;
}

/**
 * Gives a chunk memory of its own.
 *
 * @param {Chunk} chunk in the scratch
 * @returns {boolean} false if there is no memory
 */
function keep(chunk) {
  try {
    chunk.bytes = memory.copy(chunk.bytes);
  } catch {
    return false;
  }
  chunk.inScratch = false;
  chunk.view = null;
  return true;
}

module.exports = { SIZE, keep, leave, level, secure };
