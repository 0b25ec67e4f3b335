'use strict';

/** Floods of what is dear in other ways than by its count or its size; see `floods.js`. */

const zlib = require('node:zlib');

const { binary, close, continuation, frame, ping, pong, text } = require('../wire');
const { random } = require('./random');
const { request } = require('./raw_client');
const { KILOBYTE, MEGABYTE, NO_MASK, RSV1, filled } = require('./filled');

const DEFLATE = ['Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover'];
const mask = NO_MASK;

/** A compressed message. */
function deflated(plain, opcode = 2) {
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH, level: 9 };
  return compressed(zlib.deflateRawSync(plain, options).subarray(0, -4), opcode);
}

/** A message of a compressed payload. */
const compressed = (payload, opcode = 2) => frame({ opcode, payload, rsv: RSV1, mask });

/** So many letters of two, in an order that hardly repeats: many short matches for a compressor, and no long one. */
const twoLetters = (size) =>
  random(3)
    .bytes(size)
    .map((byte) => 97 + (byte & 1));

/** A message in fragments of so many bytes. */
function fragments(bytes, size) {
  const list = [];
  for (let at = 0; at < bytes.length; at += size) {
    const payload = bytes.subarray(at, at + size);
    list.push(frame({ opcode: at === 0 ? 1 : 0, payload, fin: at + size >= bytes.length, mask }));
  }
  return list;
}

const messages = {
  'compressed and plain messages and pings in turns': {
    headers: DEFLATE,
    chunk: () => filled([deflated('x'), text('x', { mask }), ping('', { mask }), binary('', { mask })])
  },
  'compressed messages without a byte': { headers: DEFLATE, chunk: () => filled(compressed([0])) },
  'compressed Chinese that inflates to 900 KB': {
    headers: DEFLATE,
    chunk: () => filled(deflated('漢'.repeat(300_000), 1))
  },
  'compressed messages of 70 KB, each for a thread': {
    headers: DEFLATE,
    chunk: () => deflated(random(5).bytes(70 * KILOBYTE))
  },
  'messages of emoji of 120 bytes': { chunk: () => filled(text('😅'.repeat(30), { mask })) },
  'texts of Chinese just below 1 MiB': { chunk: () => text('漢'.repeat(349_000), { mask }) }
};

const fragmented = {
  'a thousand empty fragments to each byte': {
    chunk: () =>
      filled([
        text('', { fin: false, mask }),
        ...Array(1000).fill(continuation('', { fin: false, mask })),
        continuation('x', { mask })
      ])
  },
  'compressed fragments without a byte, and pongs between': {
    headers: DEFLATE,
    chunk: () =>
      filled([
        frame({ opcode: 2, payload: [0], rsv: RSV1, fin: false, mask }),
        ...Array(500)
          .fill([continuation('', { fin: false, mask }), pong('x', { mask })])
          .flat(),
        continuation('', { mask })
      ])
  },
  'Chinese in fragments of one byte': { chunk: () => filled(fragments(Buffer.from('漢'.repeat(100)), 1)) }
};

const echoes = {
  'answers that are dear to compress': {
    headers: DEFLATE,
    chunk: () => binary(twoLetters(60 * KILOBYTE), { mask }),
    echo: true
  },
  'texts of Chinese that are echoed': { chunk: () => text('漢'.repeat(300_000), { mask }), echo: true },
  'Blobs as answers': { chunk: () => filled(text('x'.repeat(100), { mask })), echo: 'blob' },
  'Blobs as answers that nobody reads': {
    chunk: () => filled(text('x'.repeat(100), { mask })),
    echo: 'blob',
    deaf: true
  },
  'large Blobs as answers': {
    headers: DEFLATE,
    chunk: () => filled(deflated(Buffer.alloc(MEGABYTE))),
    echo: 'blob'
  }
};

const openings = {
  'hundreds of close frames, again and again': {
    chunk: () => filled(close(1000, 'x'.repeat(100), { mask })),
    again: true
  },
  'refused requests, again and again': {
    head: () => Buffer.from(String(request()).replace(/Key: .*/, 'Key: x')),
    abandons: true,
    chunk: () => Buffer.alloc(0),
    again: true
  },
  'frames behind the request, again and again': {
    head: () => Buffer.concat([request(), filled(text('x', { mask }), 60 * KILOBYTE)]),
    chunk: () => close(1000),
    again: true
  },
  'handshakes with 2,000 protocols': {
    head: () =>
      request([`Sec-WebSocket-Protocol: ${Array.from({ length: 2000 }, (_, i) => `a${i}`).join(', ')}`]),
    chunk: () => close(1000),
    again: true
  },
  'EventSources, again and again': {
    head: () => Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n'),
    chunk: () => Buffer.alloc(0),
    again: true,
    ours: true
  }
};

const http2 = {
  'streams that are reset at once': { http2: 'reset', chunk: () => Buffer.alloc(0) },
  'streams that are opened and reset, with 100 headers each': {
    http2: 'reset',
    headers: Array.from({ length: 100 }, (_, i) => `x-${i}: ${i}`),
    waits: true,
    chunk: () => Buffer.alloc(0)
  },
  'sessions, again and again': { http2: 'session', chunk: () => Buffer.alloc(0) }
};

module.exports = { ...messages, ...fragmented, ...echoes, ...openings, ...http2 };
