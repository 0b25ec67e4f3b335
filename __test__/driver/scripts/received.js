'use strict';

/** What a peer sends to an open driver, in either role, in every chunking. */

const { SPLITS, closing, frame } = require('../../../testing/driver/frames');

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

const join =
  (...frames) =>
  (mask) =>
    Buffer.concat(frames.map((make) => make(mask)));
const one =
  (opcode, payload, flags = {}) =>
  (mask) =>
    frame(opcode, payload, { mask, ...flags });

/** Bytes by what they are; each gets whether frames are masked. */
const TRANSCRIPTS = {
  'a text': one(TEXT, 'hello'),
  'an empty text': one(TEXT, ''),
  'text of two and more bytes a character': one(TEXT, 'é漢𝄞'),
  'a binary message': one(BINARY, Buffer.from([0, 1, 254, 255])),
  'an empty binary message': one(BINARY, ''),
  'a text of 125 bytes': one(TEXT, 'x'.repeat(125)),
  'a text of 126 bytes': one(TEXT, 'x'.repeat(126)),
  'a text of 300 bytes': one(TEXT, 'xé'.repeat(100)),
  'several texts': join(one(TEXT, 'a'), one(TEXT, 'b'), one(BINARY, 'c')),
  'a text in fragments': join(one(TEXT, 'a', { fin: false }), one(0, 'b', { fin: false }), one(0, 'c')),
  'a character in two fragments': join(
    one(TEXT, Buffer.from([0xc3]), { fin: false }),
    one(0, Buffer.from([0xa9]))
  ),
  'a ping between fragments': join(one(TEXT, 'a', { fin: false }), one(PING, 'p'), one(0, 'b')),
  'an empty fragment': join(one(TEXT, 'a', { fin: false }), one(0, '', { fin: false }), one(0, 'b')),
  'a ping': one(PING, 'abc'),
  'an empty ping': one(PING, ''),
  'a ping of 125 bytes': one(PING, 'p'.repeat(125)),
  'a pong that nobody asked for': one(PONG, 'abc'),
  'a pong with the name of a property': one(PONG, '__proto__'),
  'a close frame': one(CLOSE, closing(1000, 'bye')),
  'a close frame without a code': one(CLOSE, ''),
  'a close frame with 1001': one(CLOSE, closing(1001)),
  'a close frame with 3000': one(CLOSE, closing(3000, 'three')),
  'a close frame with 4999': one(CLOSE, closing(4999, 'é')),
  'a close frame with 1005': one(CLOSE, closing(1005)),
  'a close frame with 999': one(CLOSE, closing(999)),
  'a close frame with 2999': one(CLOSE, closing(2999)),
  'a close frame with 5000': one(CLOSE, closing(5000)),
  'a close frame of one byte': one(CLOSE, Buffer.from([3])),
  'a close frame whose reason is no text': one(CLOSE, Buffer.from([3, 232, 0xff])),
  'a message behind a close frame': join(one(CLOSE, closing(1000)), one(TEXT, 'late')),
  'two close frames': join(one(CLOSE, closing(1000)), one(CLOSE, closing(3001))),
  'a message and a close frame': join(one(TEXT, 'a'), one(CLOSE, closing(1000))),
  'the reserved bit 1': one(TEXT, 'x', { rsv: 4 }),
  'the reserved bit 2': one(TEXT, 'x', { rsv: 2 }),
  'the reserved bit 3': one(TEXT, 'x', { rsv: 1 }),
  'all reserved bits': one(BINARY, 'x', { rsv: 7 }),
  'a message, then a reserved bit': join(one(TEXT, 'ok'), one(TEXT, 'x', { rsv: 4 }), one(TEXT, 'never')),
  'the opcode 3': one(3, 'x'),
  'the opcode 7': one(7, ''),
  'the opcode 11': one(11, 'x'),
  'the opcode 15': one(15, 'x'),
  'a ping in fragments': one(PING, 'x', { fin: false }),
  'a close frame in fragments': one(CLOSE, closing(1000), { fin: false }),
  'a ping of 126 bytes': one(PING, 'x'.repeat(126)),
  'a continuation of nothing': one(0, 'x'),
  'a new message within fragments': join(one(TEXT, 'a', { fin: false }), one(TEXT, 'b')),
  'text that is not UTF-8': one(TEXT, Buffer.from([0x61, 0xff])),
  'text that ends within a character': one(TEXT, Buffer.from([0x61, 0xc3])),
  'a surrogate in text': one(TEXT, Buffer.from([0xed, 0xa0, 0x80])),
  'a frame that announces too much': one(BINARY, 'x', { length: 200 }),
  'half a header': () => Buffer.from([0x81]),
  'half a frame': (mask) => frame(TEXT, 'hello', { mask }).subarray(0, -2)
};

/** With these, a driver that takes 100 bytes at the most. */
const LIMITED = {
  'a message at the limit': one(TEXT, 'x'.repeat(100)),
  'a message over the limit': one(TEXT, 'x'.repeat(101)),
  'fragments over the limit': join(one(TEXT, 'x'.repeat(60), { fin: false }), one(0, 'x'.repeat(41)))
};

const scripts = {};
const add = (title, bytes, options) => {
  scripts[`a server gets ${title}`] = (t) => feed(t, () => t.open({}, { ...options }), bytes(true));
  scripts[`a client gets ${title}`] = (t) =>
    feed(t, () => t.connected('ws://h/', { ...options }), bytes(false));
};

/** Feeds the bytes to new drivers, one for each chunking. */
function feed(t, make, bytes) {
  for (const [name, split] of Object.entries(SPLITS)) {
    t.note('chunks', name);
    const driver = make();
    // A copy, for the reference unmasks in what it is given.
    for (const piece of split(Buffer.from(bytes))) driver.io.write(piece);
    t.state(driver);
    t.call(driver, 'text', 'after');
    t.call(driver.io, 'end');
  }
}

for (const [title, bytes] of Object.entries(TRANSCRIPTS)) add(title, bytes, undefined);
for (const [title, bytes] of Object.entries(LIMITED)) add(title, bytes, { maxLength: 100 });

scripts['a server gets a frame without a mask'] = (t) =>
  feed(t, () => t.open(), frame(TEXT, 'x', { mask: false }));
scripts['a server gets a ping without a mask'] = (t) =>
  feed(t, () => t.open(), frame(PING, 'x', { mask: false }));
scripts['a server gets bytes as an array'] = (t) => {
  const driver = t.open();
  driver.parse(Array.from(frame(TEXT, 'hi')));
};
scripts['a server answers from a handler'] = (t) => {
  const driver = t.open();
  driver.on('message', ({ data }) => driver.text(`re: ${data}`));
  driver.parse(Buffer.concat([frame(TEXT, 'a'), frame(PING, 'p'), frame(TEXT, 'b')]));
};
scripts['a server closes from a handler'] = (t) => {
  const driver = t.open();
  driver.on('message', () => t.call(driver, 'close', 'enough', 3001));
  driver.parse(Buffer.concat([frame(TEXT, 'a'), frame(TEXT, 'b'), frame(CLOSE, closing(3001, 'enough'))]));
  t.state(driver);
};
scripts['a chunk is left as it is'] = (t) => {
  const driver = t.open();
  const bytes = frame(TEXT, 'untouched');
  driver.parse(bytes);
  t.note('chunk', bytes.toString('hex'));
};

module.exports = scripts;
