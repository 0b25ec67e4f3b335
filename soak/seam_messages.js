'use strict';

/** Messages that a seed, a connection and a number determine, so that the receiver knows every byte of each. */

const { random } = require('../testing/peers/random');

const ALPHABETS = ['abc xyz 0123', 'äöü Ñ ß', 'ελληνικά ж', '\u{1f600} 漢字'].map((text) => [...text]);
/** Sizes: most are small; some do not fit into a chunk, and some leave uncopied or are compressed elsewhere. */
const SIZES = [0, 1, 24, 125, 126, 700, 5000, 17_000, 70_000, 200_000];

/**
 * The message with a number.
 *
 * @param {number} seed of the connection's end that sends
 * @param {number} number
 * @returns {string|Buffer}
 */
function messageOf(seed, number) {
  const roll = random(seed * 65_537 + number);
  const size = SIZES[Math.min(roll(SIZES.length), roll(SIZES.length + 4))];
  if (roll(2) === 0) {
    const bytes = Buffer.alloc(size + 4);
    bytes.writeUInt32BE(number);
    const step = 1 + roll(250);
    for (let i = 4; i < bytes.length; i++) bytes[i] = i * step + number;
    return bytes;
  }
  const alphabet = ALPHABETS[Math.min(roll(ALPHABETS.length), roll(ALPHABETS.length))];
  const piece = Array.from({ length: 16 }, () => alphabet[roll(alphabet.length)]).join('');
  // Whole pieces, lest a pair of surrogates be cut.
  return `${number}:${piece.repeat(Math.floor(size / 16))}`;
}

/** Whether what came is the message with a number. */
function isMessage(data, seed, number) {
  const expected = messageOf(seed, number);
  return typeof expected === 'string' ? data === expected : Buffer.isBuffer(data) && expected.equals(data);
}

module.exports = { isMessage, messageOf };
