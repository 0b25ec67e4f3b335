'use strict';

/** The messages of a soak: numbered, of every size and kind, so that one that is lost, doubled or out of order shows. */

const SIZES = [0, 1, 20, 125, 126, 1000, 4096, 16_384, 65_535, 65_536, 200_000];

/**
 * A message of the conversation `name`, the `number`-th.
 *
 * @param {function(number): number} roll random numbers
 * @param {string} name
 * @param {number} number
 * @returns {string|Buffer}
 */
function message(roll, name, number) {
  const head = `${name}:${number}:`;
  // Small ones are the rule.
  const size = roll(10) < 8 ? roll(200) : SIZES[roll(SIZES.length)];
  const kind = roll(3);
  if (kind === 0) return Buffer.from(head.padEnd(head.length + size, String(number)));
  return head + (kind === 1 ? 'x'.repeat(size) : 'é水😀'.repeat(size / 4));
}

/** Whether a message came back as it was sent. */
function isSame(sent, received) {
  if (typeof sent === 'string') return received === sent;
  return typeof received !== 'string' && Buffer.compare(sent, received) === 0;
}

module.exports = { isSame, message };
