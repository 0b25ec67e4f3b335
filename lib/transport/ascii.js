'use strict';

/**
 * Short texts of ASCII as strings. A call into Node makes one string of several messages that stand one behind the
 * other, headers in between included, and each message is a part of it that V8 cuts out without copying: 15 ns a
 * message of 64 bytes instead of 40. A message that is kept keeps the whole string alive, so the string is short.
 */

const { ASCII, CELLS, QUEUED } = require('../native/rows');

/** @typedef {import('./connection').Chunk} Chunk */

/** Bytes of messages that become one string, and so the most that a message keeps alive. */
const GROUP = 512;
/** So few longer messages fit into one string that nothing is gained. */
const LONGEST = 160;

/**
 * The text of the row of `chunk` that is being dispatched: {@link Chunk.row} is that of the next.
 *
 * @param {Chunk} chunk
 * @param {number} offset
 * @param {number} length
 * @returns {string}
 */
function asciiOf(chunk, offset, length) {
  const { bytes } = chunk;
  const at = offset - chunk.groupAt;
  if (at >= 0 && at + length <= chunk.group.length) return chunk.group.substring(at, at + length);
  if (length > LONGEST) return bytes.latin1Slice(offset, offset + length);
  const end = endOf(chunk, offset + GROUP);
  if (end === 0) return bytes.latin1Slice(offset, offset + length);
  chunk.group = bytes.latin1Slice(offset, end);
  chunk.groupAt = offset;
  return chunk.group.substring(0, length);
}

/**
 * Where the last text ends that stands in front of `limit`, of those that follow without anything else in between; 0 if
 * there is none.
 *
 * @param {Chunk} chunk
 * @param {number} limit
 * @returns {number}
 */
function endOf({ rows, row, end }, limit) {
  let found = 0;
  for (; row < end && rows[row] === ASCII && rows[row + 1] !== QUEUED; row += CELLS) {
    const next = rows[row + 1] + rows[row + 2];
    if (next > limit) break;
    found = next;
  }
  return found;
}

module.exports = { asciiOf };
