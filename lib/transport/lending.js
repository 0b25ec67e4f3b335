'use strict';

/**
 * Lends memory to streams until they have written it: ranges of the slab (`lib/transport/stream.js`), and large frames.
 */

const memory = require('./memory');
const requests = require('./write_requests');
const { writesAlone } = require('./untouched');

/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').OwnedStream} OwnedStream */
/** @typedef {(() => void) | undefined} Written what to call once bytes are written that are no range of the slab */

/** Ranges from this size up may wait for a slow peer in the slab itself: a quarter of it. */
const LEND_FROM = 16 * 1024;

/**
 * Whether a stream gets `bytes` themselves, or a copy. Memory that will be reused, or that holds bytes of other
 * connections, is not given to a stream that may keep it. And bytes that wait behind others may wait as long as the
 * peer likes, and must not keep a slab alive that mostly holds bytes of others.
 *
 * @param {Buffer} bytes
 * @param {Written} written
 * @param {boolean} alone
 * @param {boolean} waits
 * @returns {boolean}
 */
function isLent(bytes, written, alone, waits) {
  return alone && (written !== undefined || !waits || bytes.length >= LEND_FROM);
}

/**
 * Writes `bytes` to a stream, or a copy.
 *
 * @param {OwnedStream} stream
 * @param {Buffer} bytes
 * @param {Written} written
 * @param {boolean} lent
 * @returns {boolean}
 */
function give(stream, bytes, written, lent) {
  if (lent) {
    if (written === undefined) return stream.write(bytes);
    // What waits in the stream passes through whatever somebody has put into it since.
    return stream.write(bytes, () => {
      if (!writesAlone(stream)) return;
      requests.done();
      written();
    });
  }
  const copy = memory.copy(bytes);
  if (written !== undefined) written();
  return stream.write(copy);
}

/**
 * Whether a stream no longer needs the memory that it was lent: when the kernel has all of it; over TLS once it is
 * encrypted, which happens within `write` if the handle gets it there.
 *
 * @param {OwnedStream} stream
 * @param {boolean} reached whether the handle got it
 * @returns {boolean}
 */
function isTaken(stream, reached) {
  return stream.writableLength === 0 || (stream.encrypted === true && reached && !stream.connecting);
}

/**
 * Gives `bytes` to the stream of `ws`; whether the slab is not needed for them any more.
 *
 * @param {Connection} ws
 * @param {Buffer} bytes
 * @param {Written} [written]
 * @returns {boolean}
 */
function write(ws, bytes, written) {
  const stream = ws._stream;
  if (!stream.writable) return true;
  const waits = stream.writableLength > 0;
  const lent = isLent(bytes, written, writesAlone(stream), waits);
  if (stream.encrypted === true && lent) requests.writes(stream._handle);
  let reached;
  try {
    if (!give(stream, bytes, written, lent)) ws._backedUp = true;
  } finally {
    reached = requests.written();
  }
  return !lent || written !== undefined || isTaken(stream, reached);
}

/**
 * Writes the ranges from `i` up to `end`, all of one connection, together; whether the slab is not needed for them any more.
 *
 * @param {Connection} ws
 * @param {any[]} ranges
 * @param {number} i
 * @param {number} end
 * @returns {boolean}
 */
function writeAll(ws, ranges, i, end) {
  const stream = ws._stream;
  let free = true;
  let reached;
  if (end - i === 3 || typeof stream.cork !== 'function') {
    for (; i < end; i += 3) if (!write(ws, ranges[i + 1], ranges[i + 2])) free = false;
    return free;
  }
  if (!stream.writable) return true;
  const waits = stream.writableLength > 0;
  const alone = writesAlone(stream);
  stream.cork();
  if (stream.encrypted === true && alone) requests.writes(stream._handle);
  try {
    for (; i < end; i += 3) {
      const bytes = ranges[i + 1];
      const written = ranges[i + 2];
      const goes = isLent(bytes, written, alone, waits);
      if (goes && written === undefined) free = false;
      give(stream, bytes, written, goes);
    }
  } finally {
    stream.uncork();
    reached = requests.written();
  }
  // While the stream was corked, the result of `write` counted gathered bytes; now `writableLength` is what the kernel
  // did not take.
  if (stream.writableLength >= stream.writableHighWaterMark) ws._backedUp = true;
  return free || isTaken(stream, reached);
}

/**
 * Gives ranges to the streams of their connections; whether the slab is not needed for them any more. A stream that throws,
 * which is its owner's, keeps nothing from those behind it.
 *
 * @param {any[]} ranges a connection, a Buffer, a function to call once it is written or nothing, and so on
 * @param {unknown[]} failures gets what was thrown
 * @returns {boolean}
 */
function writeRanges(ranges, failures) {
  let free = true;
  for (let i = 0; i < ranges.length;) {
    const ws = ranges[i];
    const first = i;
    for (; i < ranges.length && ranges[i] === ws; i += 3) ws._pending -= ranges[i + 1].length;
    try {
      if (!writeAll(ws, ranges, first, i)) free = false;
    } catch (error) {
      failures.push(error);
      free = false;
    }
  }
  return free;
}

module.exports = { write, writeRanges };
