'use strict';

/**
 * Memory for large frames, used again: fresh memory costs a page fault every 4 KiB, which for a megabyte is more
 * than all other work on it. What nobody has used for a second is freed, here and on the native side. And memory for
 * messages: it is the receiver's, who may keep it, write to it or transfer it, and nothing else is touched by that.
 */

const { markAsUntransferable } = require('worker_threads');

const native = require('../native');

/** How long what is kept may lie idle, in milliseconds. */
const IDLE = 1000;
/** How long the heap is left alone once what was free in it has gone back: a peer could ask for that all the time. */
const LEFT_ALONE = 60 * 1000;
/** How long others have the loop between two steps of giving memory back, each of which takes about a millisecond. */
const BREATH = 10;
/** How many Buffers are kept. */
const MAX_KEPT = 4;

/** Our small Buffers share memory of this size, which is that of Node's own pool up to Node 22. */
const POOL = 8 * 1024;
/** Where Node's pool is larger, Buffers below this size come from ours: one keeps at most 32 times its size alive. */
const POOL_BELOW = Buffer.poolSize > POOL ? Buffer.poolSize / 32 : 0;

/**
 * Whether memory that several Buffers share can be kept from being detached. Node's mark does that on 24 and later; before,
 * it stops a transfer to another thread, and `ArrayBuffer.prototype.transfer`, where there is one, takes no notice of it.
 */
const CAN_SHARE = isKept(new ArrayBuffer(1));

/** @type {Buffer | null} */
let pool = null;
let taken = 0;

/** @type {Buffer[]} */
let kept = [];
/** @type {NodeJS.Timeout | null} */
let timer = null;
let used = false;
/** Whether what is free in the heap has gone back lately. */
let isLeftAlone = false;
/** Whether memory is going back. */
let returns = false;

/**
 * Whether `memory` stays attached once it is marked as shared.
 *
 * @param {ArrayBuffer & {transfer?: () => ArrayBuffer}} memory
 * @returns {boolean}
 */
function isKept(memory) {
  share(memory);
  try {
    if (memory.transfer) memory.transfer();
  } catch {
    // It cannot be detached.
  }
  return memory.byteLength > 0;
}

/**
 * Marks memory that several Buffers, or both languages, share: nobody may take it away from the others.
 *
 * @param {ArrayBufferLike} memory
 */
function share(memory) {
  if (markAsUntransferable) markAsUntransferable(memory);
}

/**
 * A Buffer of `length` bytes for the application, with anything in it. Its memory is its own, or cannot be detached.
 *
 * @param {number} length
 * @returns {Buffer}
 */
function own(length) {
  if (!CAN_SHARE) return Buffer.allocUnsafeSlow(length);
  if (length >= POOL_BELOW) return Buffer.allocUnsafe(length);
  if (pool === null || POOL - taken < length) {
    pool = Buffer.allocUnsafeSlow(POOL);
    share(pool.buffer);
    taken = 0;
  }
  const buffer = pool.subarray(taken, taken + length);
  // Aligned, as Node's are.
  taken += (length + 7) & ~7;
  return buffer;
}

/**
 * A Buffer with a copy of `bytes`, in memory that nobody else has.
 *
 * @param {Uint8Array} bytes or anything else of which `Buffer.from` makes some
 * @returns {Buffer}
 */
function copy(bytes) {
  if (!ArrayBuffer.isView(bytes)) bytes = Buffer.from(bytes);
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return own;
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
  const buffer = Buffer.allocUnsafeSlow(size + (size >> 3));
  share(buffer.buffer);
  return buffer;
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
    timer = setInterval(look, IDLE);
    timer.unref();
  }
}

/** Has large memory that nobody has used since the last look go back, and the heap as soon as it may. */
function look() {
  if (used) {
    used = false;
    return;
  }
  kept = [];
  native.trim(isLeftAlone ? 0 : 1);
  if (!isLeftAlone) {
    clearInterval(/** @type {NodeJS.Timeout} */ (timer));
    timer = null;
    isLeftAlone = true;
    setTimeout(() => (isLeftAlone = false), LEFT_ALONE).unref();
  }
  if (!returns) step();
}

/** Gives memory back for a moment. */
function step() {
  returns = native.trimSome() === 1;
  if (returns) setTimeout(step, BREATH).unref();
}

module.exports = { acquire, copy, own, release, share, touch };
