'use strict';

/** Floods of compressed messages; see `floods.js`. */

const zlib = require('node:zlib');

const { continuation, frame } = require('../wire');
const { random } = require('./random');
const { KILOBYTE, MEGABYTE, NO_MASK, RSV1, filled } = require('./filled');

/** A header that asks for permessage-deflate; without context takeover each message stands by itself. */
const DEFLATE = ['Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover'];
const TAKEOVER = ['Sec-WebSocket-Extensions: permessage-deflate'];
/** How a message ends: a stored block without bytes, of which the last four bytes do not travel. */
const END = Buffer.from([0x00]);
/** As many bytes as a message may have that is inflated as soon as it comes. */
const SMALL = 1000;

/** What permessage-deflate sends of a message (RFC 7692, section 7.2.1). */
function pack(plain) {
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH, level: 9 };
  return zlib.deflateRawSync(plain, options).subarray(0, -4);
}

/** A message of a compressed payload. */
const message = (payload) => frame({ opcode: 2, payload, rsv: RSV1, mask: NO_MASK });

const deflated = (plain) => message(pack(plain));

/** Bytes that hardly compress, the same ones each time. */
const various = (size) => random(7).bytes(size);

/** A message in which so many streams end, each a final block without a byte. */
const ends = (count) => message(Buffer.concat([...Array(count).fill(Buffer.from([0x03, 0x00])), END]));

/** A message of so many bytes of empty stored blocks. */
const stored = (size) =>
  message(Buffer.concat([filled(Buffer.from([0x00, 0x00, 0x00, 0xff, 0xff]), size), END]));

/** Writes bits, the lowest first, as deflate has them (RFC 1951, section 3.1.1). */
class Bits {
  constructor() {
    this.bytes = [];
    this.count = 0;
  }

  put(value, width) {
    for (let i = 0; i < width; i++, this.count++) {
      if (this.count % 8 === 0) this.bytes.push(0);
      this.bytes[this.bytes.length - 1] |= ((value >> i) & 1) << (this.count % 8);
    }
  }
}

/**
 * A message of so many bytes of blocks that have Huffman codes of their own and nothing else (RFC 1951, section 3.2.7):
 * 90 bits each, for which a decoder makes new tables.
 */
function tables(size) {
  const bits = new Bits();
  while (bits.bytes.length < size - 16) {
    // Not the last block, dynamic codes, 257 literals, one distance, 18 lengths of codes.
    bits.put(0, 1);
    bits.put(2, 2);
    bits.put(0, 5);
    bits.put(0, 5);
    bits.put(14, 4);
    // In the order 16, 17, 18, 0, 8, 7, ... 1: those of 18 (a run of zeros) and of 1 are one bit long.
    for (let i = 0; i < 18; i++) bits.put(i === 2 || i === 17 ? 1 : 0, 3);
    // 1 is coded as 0, and 18 as 1: 138 + 118 zeros, then 1 for the end of the block, and 1 for the distance.
    bits.put(1, 1);
    bits.put(138 - 11, 7);
    bits.put(1, 1);
    bits.put(118 - 11, 7);
    bits.put(0, 2);
    // The end of the block.
    bits.put(0, 1);
  }
  // An empty stored block: three bits, then up to the byte's end.
  bits.put(0, 3);
  return message(Buffer.from(bits.bytes));
}

/** Lines that resemble each other. */
const records = (size) =>
  Buffer.from(Array.from({ length: size / 10 }, (_, i) => `${(i * 7919) % 997},abc,`).join('')).subarray(
    0,
    size
  );

/** What permessage-deflate sends of so many MB of zeros, in as many KB; `last` stands in the place of the last MB. */
function packedZeros(megabytes, last = Buffer.alloc(MEGABYTE)) {
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH, level: 9 };
  const zeros = Buffer.alloc(MEGABYTE);
  const dictionary = zeros.subarray(-32 * KILOBYTE);
  const first = zlib.deflateRawSync(zeros, options);
  const next = zlib.deflateRawSync(zeros, { ...options, dictionary });
  const end = zlib.deflateRawSync(last, { ...options, dictionary });
  return Buffer.concat([first, ...Array(megabytes - 2).fill(next), end]).subarray(0, -4);
}

/** So many MB of zeros. */
const bomb = (megabytes) => message(packedZeros(megabytes));

/** A megabyte of ASCII that ends in a character of another kind. */
const wide = () => Buffer.concat([Buffer.alloc(MEGABYTE - 3), Buffer.from('漢')]);

/** A compressed payload in fragments of so many bytes. */
function inFragments(payload, size) {
  const list = [];
  for (let at = 0; at < payload.length; at += size) {
    const [opcode, rsv] = at === 0 ? [2, RSV1] : [0, 0];
    const fin = at + size >= payload.length;
    list.push(frame({ opcode, rsv, fin, payload: payload.subarray(at, at + size), mask: NO_MASK }));
  }
  return Buffer.concat(list);
}

/** A compressed message of which each byte is a fragment. */
function fragments(plain) {
  const bytes = pack(plain);
  const pieces = [...bytes].map((byte, i) =>
    continuation([byte], { fin: i === bytes.length - 2, mask: NO_MASK })
  );
  return [
    frame({ opcode: 2, payload: bytes.subarray(0, 1), rsv: RSV1, fin: false, mask: NO_MASK }),
    ...pieces.slice(1)
  ];
}

module.exports = {
  'compressed messages of one byte': { headers: DEFLATE, chunk: () => filled(deflated('x')) },
  'compressed messages of 1 KB that does not compress': {
    headers: DEFLATE,
    chunk: () => filled(deflated(various(SMALL)))
  },
  'compressed messages of 60 KB that does not compress': {
    headers: TAKEOVER,
    chunk: () => deflated(various(60 * KILOBYTE))
  },
  'compressed messages in fragments of one byte': {
    headers: TAKEOVER,
    chunk: () => filled(fragments(various(200)))
  },
  'small bombs: 1 KB that inflates to 1 MiB': {
    headers: DEFLATE,
    chunk: () => filled(deflated(Buffer.alloc(MEGABYTE)))
  },
  'small bombs with a window': {
    headers: TAKEOVER,
    chunk: () => filled(deflated(Buffer.alloc(MEGABYTE - 64 * KILOBYTE)))
  },
  'small bombs that are echoed': {
    headers: DEFLATE,
    chunk: () => filled(deflated(Buffer.alloc(MEGABYTE - 64 * KILOBYTE))),
    echo: true
  },
  'bombs of 60 KB that are echoed': {
    headers: DEFLATE,
    chunk: () => filled(deflated(records(60 * KILOBYTE))),
    echo: true
  },
  'bombs: 60 KB that inflate to 60 MB': {
    headers: DEFLATE,
    maxLength: 64 * MEGABYTE,
    chunk: () => bomb(60)
  },
  'bombs of 60 MB in fragments of 100 bytes': {
    headers: DEFLATE,
    maxLength: 64 * MEGABYTE,
    chunk: () => inFragments(packedZeros(60), 100)
  },
  'bombs of 60 MB of text with one wide character': {
    headers: DEFLATE,
    maxLength: 64 * MEGABYTE,
    chunk: () => frame({ opcode: 1, rsv: RSV1, payload: packedZeros(60, wide()), mask: NO_MASK })
  },
  'bombs of 60 MB of Chinese': {
    headers: DEFLATE,
    maxLength: 64 * MEGABYTE,
    chunk: () => frame({ opcode: 1, rsv: RSV1, payload: pack(Buffer.alloc(60_000_000, '漢')), mask: NO_MASK })
  },
  'a bomb of 700 MB, again and again': { headers: DEFLATE, chunk: () => bomb(700), again: true },
  'final blocks': { headers: DEFLATE, chunk: () => filled(ends(1000)) },
  'final blocks with a window': {
    headers: TAKEOVER,
    first: () => deflated(various(40_000)),
    chunk: () => filled(ends(1000))
  },
  'final blocks in small messages': { headers: DEFLATE, chunk: () => filled(ends(10)) },
  'empty stored blocks': { headers: DEFLATE, chunk: () => filled(stored(SMALL)) },
  'Huffman tables without a byte': { headers: DEFLATE, chunk: () => filled(tables(SMALL)) },
  'Huffman tables without a byte, 60 KB': { headers: DEFLATE, chunk: () => tables(60 * KILOBYTE) }
};
