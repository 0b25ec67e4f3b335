'use strict';

/**
 * Memory for large frames, used again: fresh memory costs a page fault every 4 KiB, which for a megabyte is more
 * than all other work on it. What nobody has used for a second is freed, here and on the native side. And memory for
 * small messages, of which whoever keeps one keeps little else alive.
 */

const native = require('./native');

/** How long what is kept may lie idle, in milliseconds. */
const IDLE = 1000;
/** How many Buffers are kept. */
const MAX_KEPT = 4;

/** Our small Buffers share memory of this size, which is that of Node's own pool up to Node 22. */
const POOL = 8 * 1024;
/** Where Node's pool is larger, Buffers below this size come from ours: one keeps at most 32 times its size alive. */
const SMALL = Buffer.poolSize > POOL ? Buffer.poolSize / 32 : 0;

let pool = null;
let taken = 0;

let kept = [];
let timer = null;
let used = false;

/**
 * A Buffer of `length` bytes for the application, with anything in it.
 *
 * @param {number} length
 * @returns {Buffer}
 */
function own(length) {
  if (length >= SMALL) return Buffer.allocUnsafe(length);
  if (pool === null || POOL - taken < length) {
    pool = Buffer.allocUnsafeSlow(POOL);
    taken = 0;
  }
  const buffer = pool.subarray(taken, taken + length);
  // Aligned, as Node's are.
  taken += (length + 7) & ~7;
  return buffer;
}

/**
 * A Buffer of at least `size` bytes, with anything in it.
 *
 * @param {number} size
 * @returns {Buffer}
 */
function acquire(size) {
  touch();
  const i = kept.findIndex((buffer) => buffer.length >= size);
  if (i >= 0) return kept.splice(i, 1)[0];
  // A little more than asked for serves messages of about the same size.
  return Buffer.allocUnsafeSlow(size + (size >> 3));
}

/**
 * Takes back what `acquire` gave, once nobody reads it any more.
 *
 * @param {Buffer} buffer
 */
function release(buffer) {
  if (kept.length === MAX_KEPT) kept.shift();
  kept.push(buffer);
}

/** Notes that large memory is in use, which postpones its release. */
function touch() {
  used = true;
  if (timer === null) {
    native.keep();
    timer = setInterval(trim, IDLE);
    timer.unref();
  }
}

function trim() {
  if (used) {
    used = false;
    return;
  }
  clearInterval(timer);
  timer = null;
  kept = [];
  native.trim();
}

module.exports = { own, acquire, release, touch };
