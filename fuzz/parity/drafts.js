'use strict';

/** What a peer sends in hixie-75 and hixie-76: text frames, frames with a length to skip, closing handshakes. */

const CHALLENGE = Buffer.from('^n:ds[4U');

/** A length in groups of seven bits, the last without the high bit. */
function lengthBytes(random, length) {
  const groups = [length & 0x7f];
  for (let rest = length >> 7; rest > 0; rest >>= 7) groups.unshift((rest & 0x7f) | 0x80);
  while (random.once(6)) groups.unshift(0x80);
  return Buffer.from(groups);
}

/** One frame. `words` makes text. */
function frame(random, words) {
  const kind = random.below(12);
  if (kind < 7) return Buffer.concat([Buffer.from([0]), words(random), Buffer.from([0xff])]);
  if (kind < 8) return Buffer.concat([Buffer.from([random.below(0x80)]), words(random), Buffer.from([0xff])]);
  if (kind < 11) {
    const body = random.bytes(random.pick([0, 1, 5, 127, 128, 300]));
    return Buffer.concat([Buffer.from([0x80 + random.below(0x7f)]), lengthBytes(random, body.length), body]);
  }
  return random.once(2) ? Buffer.from([0xff, 0x00]) : Buffer.from([0xff, ...random.bytes(3)]);
}

/**
 * The bytes of a whole connection.
 *
 * @param {object} random
 * @param {string} dialect
 * @param {function(object): Buffer} words makes the payload of a text
 */
function draftTraffic(random, dialect, words) {
  const list = dialect === 'hixie-76' ? [CHALLENGE] : [];
  if (list.length > 0 && random.once(10)) list[0] = random.bytes(random.below(12));
  for (let n = 1 + random.below(6); n > 0; n--) list.push(frame(random, words));
  return Buffer.concat(list);
}

module.exports = { draftTraffic };
