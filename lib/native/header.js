'use strict';

/** The sizes of frame headers (RFC 6455 section 5.2), where memory is taken before the native side has made one. */

/** The longest header of a frame. */
const MAX_HEADER = 14;
/** The bytes of a mask key. */
const KEY = 4;

/**
 * The header in front of a payload of less than 64 KiB.
 *
 * @param {number} length of the payload
 * @param {boolean} masks whether it has a mask key
 * @returns {number}
 */
function shortHeader(length, masks) {
  return (length < 126 ? 2 : 4) + (masks ? KEY : 0);
}

module.exports = { MAX_HEADER, shortHeader };
