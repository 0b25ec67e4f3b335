'use strict';

/** Frames as bytes, for the scripts. */

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/**
 * @param {number} opcode
 * @param {string|Buffer} [payload]
 * @param {{fin?: boolean, rsv?: number, mask?: boolean, length?: number}} [flags] `length` lies about the payload's
 * @returns {Buffer}
 */
function frame(opcode, payload = '', { fin = true, rsv = 0, mask = true, length } = {}) {
  const bytes = Buffer.from(payload);
  const said = length === undefined ? bytes.length : length;
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const bit = mask ? 0x80 : 0;
  let header;
  if (said < 126) {
    header = Buffer.from([first, bit | said]);
  } else if (said < 65536) {
    header = Buffer.from([first, bit | 126, said >> 8, said & 255]);
  } else {
    header = Buffer.alloc(10);
    header[0] = first;
    header[1] = bit | 127;
    header.writeBigUInt64BE(BigInt(said), 2);
  }
  if (!mask) return Buffer.concat([header, bytes]);
  return Buffer.concat([header, MASK, Buffer.from(bytes.map((byte, i) => byte ^ MASK[i % 4]))]);
}

/** The payload of a close frame. */
function closing(code, reason = '') {
  return Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
}

/** Bytes in pieces: whole, byte by byte, and by threes. */
const SPLITS = {
  whole: (bytes) => [bytes],
  bytewise: (bytes) => Array.from(bytes, (byte) => Buffer.from([byte])),
  'by threes': (bytes) => {
    const pieces = [];
    for (let at = 0; at < bytes.length; at += 3) pieces.push(bytes.subarray(at, at + 3));
    return pieces;
  }
};

module.exports = { SPLITS, closing, frame };
