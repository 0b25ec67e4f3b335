'use strict';

/**
 * Floods: what peers send that is cheap for them and dear for a server, each as one chunk of a few dozen kilobytes that
 * can be sent again and again.
 *
 * By name: `chunk` makes what is sent again and again, and `first` what stands before it once. `headers` are those of the
 * handshake, and `head` is sent in its place. With `again` the server ends the connection after one chunk, and the
 * attacker makes another one. `deaf` never reads, `echo` has the server send its messages back (as a Blob if it says so),
 * `pieces` says in how many bytes at a time a chunk is sent, and `limit` how many bytes are sent on one connection.
 * `maxLength` is the server's, and what only we speak is `ours`. With `http2` it is a flood of streams or sessions, and
 * sends nothing else (`attackers_http2.js`).
 */

const compressed = require('./floods_compressed');
const mixed = require('./floods_mixed');
const { binary, close, continuation, ping, pong, text } = require('../wire');
const { request } = require('./raw_client');
const { random } = require('./random');
const { KILOBYTE, MEGABYTE, NO_MASK, RSV1, filled } = require('./filled');

/** Chinese text: three bytes a character. */
const chinese = (size, mask = NO_MASK) => text('漢'.repeat(size / 3), { mask });

/** 60 MB of ASCII that end in a character of another kind. */
const wide = () => Buffer.concat([Buffer.alloc(60_000_000, 'x'), Buffer.from('漢')]);

/** A request of the drafts before RFC 6455. */
const draft = (more = '') =>
  Buffer.from(
    `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n${more}\r\n`,
    'latin1'
  );
const hixie75 = () => draft('Origin: http://x\r\n');

const frames = {
  'messages of one byte': { chunk: () => filled(text('x', { mask: NO_MASK })) },
  'empty messages': { chunk: () => filled(binary('', { mask: NO_MASK })) },
  'messages of 1 KB of Chinese': { chunk: () => filled(chinese(1023, Buffer.from([1, 2, 3, 4]))) },
  'messages of two fragments': {
    chunk: () => filled([text('x', { fin: false, mask: NO_MASK }), continuation('', { mask: NO_MASK })])
  },
  pings: { chunk: () => filled(ping('', { mask: NO_MASK })) },
  'pings of 125 bytes': { chunk: () => filled(ping('x'.repeat(125), { mask: NO_MASK })) },
  'pings whose pongs nobody reads': { chunk: () => filled(ping('x', { mask: NO_MASK })), deaf: true },
  'pongs that nobody asked for': { chunk: () => filled(pong('x', { mask: NO_MASK })) },
  'fragments of one byte': {
    first: () => text('x', { fin: false }),
    chunk: () => filled(continuation('x', { fin: false, mask: NO_MASK })),
    limit: 32 * MEGABYTE
  },
  'fragments of one byte with pings between': {
    first: () => text('x', { fin: false }),
    chunk: () => filled([continuation('x', { fin: false, mask: NO_MASK }), ping('', { mask: NO_MASK })]),
    limit: 32 * MEGABYTE
  },
  'empty fragments, again and again': {
    chunk: () =>
      Buffer.concat([text('', { fin: false }), filled(continuation('', { fin: false, mask: NO_MASK }))]),
    again: true
  },
  'masked frames of 64 KiB': { chunk: () => binary(random(11).bytes(64 * KILOBYTE - 20)) },
  'packets of one byte': { chunk: () => filled(text('x', { mask: NO_MASK }), KILOBYTE), pieces: 1 },
  'texts of 8 MB of Chinese': { chunk: () => chinese(8_000_001) },
  'texts of 32 MB of Chinese': { chunk: () => chinese(32_000_001) },
  'texts of 60 MB with one wide character': { chunk: () => text(wide(), { mask: NO_MASK }) }
};

const echoes = {
  'echoes of one byte': { chunk: () => filled(text('x', { mask: NO_MASK })), echo: true },
  'echoes of 1 KiB that nobody reads': {
    chunk: () => filled(binary(Buffer.alloc(KILOBYTE), { mask: NO_MASK })),
    echo: true,
    deaf: true,
    limit: 64 * MEGABYTE
  },
  'echoes of 1 MiB that nobody reads': {
    chunk: () => binary(Buffer.alloc(MEGABYTE), { mask: NO_MASK }),
    echo: true,
    deaf: true,
    limit: 64 * MEGABYTE
  }
};

const endings = {
  // Deaf, since it would end its half when it hears that we have ended ours.
  'megabytes behind a violation': {
    first: () => text('x', { rsv: RSV1 }),
    chunk: () => Buffer.alloc(64 * KILOBYTE),
    deaf: true
  },
  'violations, again and again': { chunk: () => text('x', { rsv: RSV1 }), again: true },
  'texts that turn bad, again and again': {
    chunk: () => text(Buffer.concat([Buffer.from('漢'.repeat(20_000)), Buffer.from([0xff])])),
    again: true
  },
  'frames without a mask, again and again': { chunk: () => text('x', { mask: null }), again: true },
  'closing handshakes, again and again': { chunk: () => close(1000), again: true },
  'announcements of 2^53 bytes, again and again': {
    chunk: () => binary('', { length: 2 ** 53 - 1, form: 64 }),
    again: true
  }
};

const handshakes = {
  'handshakes with 15 KB of blanks': {
    head: () => request([`Sec-WebSocket-Protocol: a${' '.repeat(15_000)}b`]),
    chunk: () => close(1000),
    again: true
  },
  'handshakes with 1,000 headers': {
    head: () => request(Array.from({ length: 1000 }, (_, i) => `x-${i}: ${i}`)),
    chunk: () => close(1000),
    again: true
  },
  'handshakes with 500 offers of extensions': {
    head: () =>
      request([`Sec-WebSocket-Extensions: ${Array(500).fill('permessage-deflate; a=1').join(', ')}`]),
    deflates: true,
    chunk: () => close(1000),
    again: true
  },
  'handshakes that nobody finishes': {
    head: () => draft('Sec-WebSocket-Key1: 1 2\r\nSec-WebSocket-Key2: 3 4\r\n'),
    abandons: true,
    chunk: () => Buffer.from('1234567'),
    again: true,
    ours: true
  }
};

const drafts = {
  'empty messages of hixie-75': {
    head: hixie75,
    chunk: () => filled(Buffer.from([0x00, 0xff])),
    // Neither the reference, by default, nor ws speaks it.
    ours: true
  },
  'texts of 1 KB of hixie-75': {
    head: hixie75,
    chunk: () => filled([Buffer.from([0x00]), Buffer.alloc(KILOBYTE, 'x'), Buffer.from([0xff])]),
    ours: true
  },
  'texts of 32 MB of Chinese of hixie-75': {
    head: hixie75,
    chunk: () =>
      Buffer.concat([Buffer.from([0x00]), Buffer.from('漢'.repeat(10_666_667)), Buffer.from([0xff])]),
    ours: true
  },
  'texts of 60 MB with one wide character of hixie-75': {
    head: hixie75,
    chunk: () => Buffer.concat([Buffer.from([0x00]), wide(), Buffer.from([0xff])]),
    ours: true
  },
  'texts of 60 MB with one wide character of hixie-76': {
    head: () =>
      Buffer.concat([
        draft('Origin: http://x\r\nSec-WebSocket-Key1: 1 2\r\nSec-WebSocket-Key2: 3 4\r\n'),
        Buffer.from('12345678')
      ]),
    chunk: () => Buffer.concat([Buffer.from([0x00]), wide(), Buffer.from([0xff])]),
    ours: true
  },
  'texts of 60 MB without a character of hixie-75': {
    head: hixie75,
    chunk: () => Buffer.concat([Buffer.from([0x00]), Buffer.alloc(60_000_000, 0x80), Buffer.from([0xff])]),
    ours: true
  },
  'texts of 1 KB of hixie-75 that are echoed': {
    head: () => draft('Origin: http://x\r\nX-Echo: true\r\n'),
    chunk: () => filled([Buffer.from([0x00]), Buffer.alloc(KILOBYTE, 'x'), Buffer.from([0xff])]),
    ours: true
  },
  'texts of a byte of hixie-75 that are echoed, and nobody reads': {
    head: () => draft('Origin: http://x\r\nX-Echo: true\r\n'),
    chunk: () => filled([Buffer.from([0x00]), Buffer.alloc(1, 'x'), Buffer.from([0xff])]),
    deaf: true,
    ours: true
  },
  'skipped bytes of hixie-75': {
    head: hixie75,
    chunk: () => filled([Buffer.from([0x80, 0x01]), Buffer.from('x')]),
    ours: true
  }
};

module.exports = {
  FLOODS: { ...frames, ...compressed, ...echoes, ...endings, ...handshakes, ...drafts, ...mixed }
};
