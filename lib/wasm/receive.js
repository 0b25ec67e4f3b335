'use strict';

/**
 * Bytes in: a chunk is copied into the module's memory, parsed there, and what was unmasked is copied back, so that rows
 * point into the chunk as those of the native binding do.
 */

const { isUtf8 = () => true } = require('buffer');

const { LENGTH, WORK, of, setLongest, stale, stopped } = require('./instances');

/** @typedef {import('../native').Core} Core */
/** @typedef {import('../native').Slot} Slot */
/** @typedef {import('./instances').Instance} Instance */

/** The most that one call takes. */
const CHUNK = 64 * 1024;
/** Copying fewer bytes one by one costs less than a call. */
const FEW = 32;

/** Rows, as in `lib/native/rows.js`. */
const CELLS = 4;
const HEAD = 4;
const REACHED = 0;
const LEFT = 1;

/** @type {Int32Array} */
let cells;

/**
 * UTF-16 units of the longest string.
 *
 * @type {number}
 */
let longest;

/**
 * `shareRows(bytes, external, maxText, counts)`: rows are written to this memory; no string is longer than `maxText` units.
 *
 * @type {Core['shareRows']}
 */
function shareRows(bytes, _external, maxText, _counts) {
  cells = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  longest = maxText;
  setLongest(maxText);
}

/**
 * `receive(slot, chunk, at)`: parses `chunk` from `at` on, unmasking in place, for as much work as the shared memory
 * says. Returns the number of rows.
 *
 * @type {Core['receive']}
 */
function receive(slot, chunk, at) {
  let instance = of(slot);
  const size = Math.min(chunk.length - at, CHUNK);
  // Behind the end of the chunk, or of one whose memory has gone, there is nothing.
  if (!(size > 0)) return 0;
  if (size === chunk.length) instance.bytes.set(chunk, instance.chunk);
  else chunk.copy(instance.bytes, instance.chunk, at, at + size);
  let count;
  try {
    count = instance.calls.receive(slot, size, cells[LEFT]);
  } catch (error) {
    process.emitWarning(stopped(instance, error, 'receive'));
    instance = of(slot);
    instance.calls.recover(slot, 1);
    count = instance.calls.receive(slot, 0, cells[LEFT]);
    instance.numbers[instance.head] = size;
  }
  if (instance.bytes.length === 0) instance.renew();
  if (count === -1) throw stale(slot);
  const { numbers, head } = instance;
  cells[REACHED] = at + numbers[head];
  cells[LEFT] = numbers[head + WORK];
  if (count > 0) takeRows(instance, chunk, at, count);
  return count;
}

/**
 * Copies rows, and the bytes that they point at, which may have been unmasked.
 *
 * @param {Instance} instance
 * @param {Buffer} chunk
 * @param {number} at
 * @param {number} count
 */
function takeRows({ bytes, numbers, head, chunk: place }, chunk, at, count) {
  let first = -1;
  let end = 0;
  for (let i = HEAD, last = HEAD + count * CELLS; i < last; i += CELLS) {
    const row = head + i;
    const offset = numbers[row + 1];
    cells[i] = numbers[row];
    cells[i + 1] = offset;
    cells[i + 2] = numbers[row + 2];
    cells[i + 3] = numbers[row + 3];
    if (offset < 0) continue;
    cells[i + 1] += at;
    // A row without bytes may stand behind one with some, and points at the front.
    if (numbers[row + 2] === 0) continue;
    if (first === -1) first = offset;
    end = offset + numbers[row + 2];
  }
  if (first === -1) return;
  if (end - first <= FEW) {
    for (let i = first; i < end; i++) chunk[at + i] = bytes[place + i];
  } else {
    bytes.copy(chunk, at + first, place + first, place + end);
  }
}

/**
 * `text(chunk, offset, length)`: a string of bytes that a row called text.
 *
 * @type {Core['text']}
 */
function text(chunk, offset, length) {
  const end = offset + length;
  if (!(offset >= 0 && end <= chunk.length)) throw new RangeError('The text is outside of the chunk');
  return chunk.utf8Slice(offset, end);
}

/**
 * `decode(bytes)`: the text in a Buffer, nothing if it is not UTF-8, or 0 if no string is that long.
 *
 * @type {Core['decode']}
 */
function decode(bytes) {
  if (bytes.length > longest && unitsOf(bytes) > longest) return isUtf8(bytes) ? 0 : undefined;
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * `decodePart(slot, bytes, at)`: here all of it is one part.
 *
 * @type {Core['decodePart']}
 */
function decodePart(_slot, bytes, _at) {
  return decode(bytes);
}

/**
 * How many UTF-16 units a text has: one for each character, two for those of four bytes.
 *
 * @param {Buffer} bytes
 * @returns {number}
 */
function unitsOf(bytes) {
  let units = 0;
  for (let i = 0; i < bytes.length; i++) {
    if ((bytes[i] & 0xc0) !== 0x80) units += bytes[i] >= 0xf0 ? 2 : 1;
  }
  return units;
}
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The address of the front of a session's queue.
 *
 * @param {Instance} instance
 * @param {Slot} slot
 * @returns {number}
 */
function front(instance, slot) {
  const place = instance.call('take', slot);
  if (place !== 0) return place;
  if (!instance.slots.has(slot)) throw stale(slot);
  throw new Error('The queue is empty');
}

/**
 * `takeText(slot)`: the queue's front as a string.
 *
 * @type {Core['takeText']}
 */
function takeText(slot) {
  const instance = of(slot);
  const place = front(instance, slot);
  const end = place + instance.length();
  return instance.isAscii() ? instance.bytes.latin1Slice(place, end) : instance.bytes.utf8Slice(place, end);
}

/**
 * `takeBytes(slot, target)`: copies the queue's front into `target`, which is as long as its row says.
 *
 * @type {Core['takeBytes']}
 */
function takeBytes(slot, target) {
  const instance = of(slot);
  copyOut(instance, front(instance, slot), target);
}

/**
 * `copyPart(slot, target, at)`: here all of the queue's front is one part.
 *
 * @type {Core['copyPart']}
 */
function copyPart(slot, target, _at) {
  takeBytes(slot, target);
  return target.length;
}

/**
 * `takeOwned(slot)`: the queue's front as a Buffer, where there was no memory for one.
 *
 * @type {Core['takeOwned']}
 */
function takeOwned(slot) {
  const instance = of(slot);
  const place = front(instance, slot);
  const target = Buffer.allocUnsafeSlow(instance.length());
  copyOut(instance, place, target);
  return target;
}

/**
 * Copies what a call returned the address of into `target`, which is as long.
 *
 * @param {Instance} instance
 * @param {number} place
 * @param {Buffer} target
 */
function copyOut(instance, place, target) {
  if (instance.numbers[instance.head + LENGTH] !== target.length)
    throw new TypeError('The target is of another size');
  instance.bytes.copy(target, 0, place, place + target.length);
}

/**
 * Calls a function that knows of no session with `slot`.
 *
 * @param {string} name
 * @param {Slot} slot
 * @param {...number} args
 * @returns {number}
 */
function checked(name, slot, ...args) {
  const result = of(slot).call(name, slot, ...args);
  if (result === -1) throw stale(slot);
  return result;
}

module.exports = {
  copyOut,
  /** @type {Pick<Core, 'shareRows' | 'receive' | 'text' | 'decode' | 'decodePart' | 'takeText' | 'textElsewhere' | 'takeConverted' | 'takeAscii' | 'takeBytes' | 'copyPart' | 'takeOwned' | 'skip' | 'buffered' | 'extend' | 'stop'>} */
  binding: {
    shareRows,
    receive,
    text,
    decode,
    decodePart,
    takeText,
    // Without other threads there is nowhere else.
    /** @returns {0} */
    textElsewhere: (_id, _slot) => 0,
    takeConverted: takeText,
    takeAscii: takeText,
    takeBytes,
    copyPart,
    takeOwned,
    skip: (slot) => void checked('skip', slot),
    buffered: (slot) => checked('buffered', slot),
    extend: (slot, rsv) => void checked('extend', slot, rsv),
    stop: (slot) => void checked('stop', slot)
  }
};
