'use strict';

/**
 * Buffers for large frames, kept for the next ones: fresh memory costs a page fault every 4 KiB, which for a megabyte
 * is more than all other work on it. Memory that was not used for a second is freed, here and on the native side. And
 * memory of messages: it belongs to the handler, who may keep it, write to it or transfer it without any effect on
 * other messages.
 */

// The global of that name is a getter of Node's, which would be called for each message.
const { Buffer } = require('buffer');
const { performance } = require('perf_hooks');
const { clearInterval, setInterval, setTimeout } = require('timers');
const { markAsUntransferable } = require('worker_threads');

const native = require('../native');
const { IN_HEAP_UP_TO, know, lengthOf } = require('../native/bytes');
const { outOfMemory } = require('../native/fault');

/** How long memory is kept without being used, in milliseconds. */
const IDLE = 1000;
/** How long after its free memory has gone back the heap is left alone, since a peer could cause this all the time. */
const LEFT_ALONE = 60 * 1000;
/** How long the loop is free between two steps of giving memory back, each of which takes about a millisecond. */
const BREATH = 10;
/** How many Buffers are kept. */
const MAX_KEPT = 4;

/** Our small Buffers share memory of this size, which is that of Node's own pool up to Node 22. */
const POOL = 8 * 1024;
/** Where Node's pool is larger, Buffers below this size come from ours: one keeps at most 32 times its size alive. */
const POOL_BELOW = Buffer.poolSize > POOL ? Buffer.poolSize / 32 : 0;

/**
 * Whether memory that several Buffers share can be protected from being detached. Node's mark does that from Node 24
 * on. Before, the mark stops a transfer to another thread, but not `ArrayBuffer.prototype.transfer`.
 */
const CAN_SHARE = isKept(new ArrayBuffer(1));

/** The scratch of the direct transport, and its memory, which the engine is not asked for with each message. @type {Buffer | null} */
let scratch = null;
/** @type {ArrayBufferLike} */
let scratchMemory = new ArrayBuffer(0);

/** @type {Buffer | null} */
let pool = null;
let taken = 0;

/** @type {Buffer[]} */
let kept = [];
/** @type {NodeJS.Timeout | null} */
let timer = null;
let used = false;
/** Until when the heap keeps its free memory, since some has gone back lately. */
let leftAloneUntil = -Infinity;
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
 * Marks memory that several Buffers, or both languages, share, so that no code can transfer it away from the others.
 *
 * @param {ArrayBufferLike} memory
 */
function share(memory) {
  if (markAsUntransferable) markAsUntransferable(memory);
}

/**
 * Takes note of memory that is read into for all connections.
 *
 * @param {Buffer} bytes all of their memory
 */
function useScratch(bytes) {
  share(bytes.buffer);
  scratch = bytes;
  scratchMemory = bytes.buffer;
}

/**
 * A Buffer of `length` bytes for the application, with anything in it. It has memory of its own, or memory that cannot
 * be detached.
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
 * A Buffer for the application with a copy of a part of `bytes`.
 *
 * @param {Buffer} bytes
 * @param {number} offset
 * @param {number} length
 * @returns {Buffer}
 */
function ownPart(bytes, offset, length) {
  const part = own(length);
  if (bytes === scratch) part.set(new Uint8Array(scratchMemory, offset, length));
  else bytes.copy(part, 0, offset, offset + length);
  // One of its own that is short is in V8's heap.
  if (CAN_SHARE || length > IN_HEAP_UP_TO) know(part);
  return part;
}

/**
 * A Buffer with a copy of `bytes`, in memory that nobody else has.
 *
 * @param {Uint8Array} bytes or anything else of which `Buffer.from` makes some
 * @returns {Buffer}
 */
function copy(bytes) {
  if (!ArrayBuffer.isView(bytes)) bytes = Buffer.from(bytes);
  // Not what a property says: what is not written over would be memory with anything in it.
  const own = Buffer.allocUnsafeSlow(lengthOf(bytes));
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
  // It is an eighth larger, so that it fits other messages of about the same size.
  const buffer = Buffer.allocUnsafeSlow(size + (size >> 3));
  share(buffer.buffer);
  return buffer;
}

/**
 * The same for a frame that is compressed already: without memory for it the peer could not inflate the next one, so that is
 * a fault, which ends the connection.
 *
 * @param {number} size
 * @returns {Buffer}
 */
function acquireOrFail(size) {
  try {
    return acquire(size);
  } catch {
    throw outOfMemory();
  }
}

/** Takes back what `acquire` gave, once nobody reads it any more. @param {Buffer} buffer */
function recycle(buffer) {
  if (kept.length === MAX_KEPT) kept.shift();
  kept.push(buffer);
}

/** Notes that large memory is in use, which postpones when it is freed. */
function touch() {
  used = true;
  if (timer === null) {
    native.keep();
    timer = setInterval(look, IDLE);
    timer.unref();
  }
}

/**
 * Frees large memory that was not used since the last look, and gives the free memory of the heap back as soon as that
 * is allowed again.
 */
function look() {
  if (used) {
    used = false;
    return;
  }
  kept = [];
  // No timer says when: it would keep a copy of this module for a minute that nobody uses any more.
  const now = performance.now();
  const isLeftAlone = now < leftAloneUntil;
  native.trim(isLeftAlone ? 0 : 1);
  if (!isLeftAlone) {
    clearInterval(/** @type {NodeJS.Timeout} */ (timer));
    timer = null;
    leftAloneUntil = now + LEFT_ALONE;
  }
  if (!returns) step();
}

/** Gives memory back for about a millisecond. */
function step() {
  returns = native.trimSome() === 1;
  if (returns) setTimeout(step, BREATH).unref();
}

module.exports = { acquire, acquireOrFail, copy, own, ownPart, recycle, share, touch, useScratch };
