'use strict';

/** Messages and control frames as they come from a client (RFC 6455 sections 5.2 to 5.6). */

const {
  frame,
  text,
  binary,
  ping,
  pong,
  continuation,
  close,
  fragments,
  MASK
} = require('../../testing/wire');

/** Opens, lets the peer send each of `packets` as a step of its own, and answers nothing. */
const receives =
  (...packets) =>
  async (t) => {
    const c = await t.open();
    for (const packet of packets) await c.peerSends(packet);
  };

/** Opens with an echo of every message. */
const echoes =
  (...packets) =>
  async (t) => {
    const c = await t.open({ setup: (ws) => ws.on('message', (event) => ws.send(event.data)) });
    for (const packet of packets) await c.peerSends(packet);
  };

const cjk = '水は低きに流れる';
const emoji = 'a\u00e9\u20ac\u{1f600}';

module.exports = {
  'receives a text message': receives(text('hello')),
  'receives a binary message as a Buffer': receives(binary([0, 1, 254, 255])),
  'receives an empty text message': receives(text('')),
  'receives an empty binary message as an empty Buffer': receives(binary('')),
  'receives text of two, three and four bytes a character': receives(text(emoji), text(cjk)),
  'receives NUL and control characters in text': receives(text('\u0000\u0001\u007f\r\n')),
  'receives U+FEFF at the start of a text as a character': receives(text('\ufeffbom')),
  'receives noncharacters and the last code point': receives(text('\ufffe\uffff\u{10ffff}')),
  'receives binary that looks like bad text': receives(binary([0xc0, 0x80, 0xff])),
  'receives frames with a mask of zeros': receives(text('plain', { mask: Buffer.alloc(4) })),
  'receives frames with a mask of ones': receives(text('ones', { mask: Buffer.alloc(4, 255) })),

  'receives payloads around the edge of the 7 bit length': receives(
    text('a'.repeat(124)),
    text('b'.repeat(125)),
    text('c'.repeat(126)),
    text('d'.repeat(127))
  ),
  'receives payloads around the edge of the 16 bit length': receives(
    binary(Buffer.alloc(65534, 1)),
    binary(Buffer.alloc(65535, 2)),
    binary(Buffer.alloc(65536, 3)),
    binary(Buffer.alloc(65537, 4))
  ),
  'accepts lengths that are written longer than they need be': receives(
    text('short', { form: 16 }),
    text('short', { form: 64 }),
    text('', { form: 64 }),
    binary(Buffer.alloc(200), { form: 64 })
  ),
  'echoes payloads in the shortest length form': echoes(
    text('e'.repeat(125)),
    text('e'.repeat(126)),
    binary(Buffer.alloc(65535)),
    binary(Buffer.alloc(65536))
  ),

  'receives many messages of one packet in order': receives(
    Buffer.concat([text('one'), binary('two'), text('three'), text(''), text('five')])
  ),
  'answers many messages of one packet in order': echoes(
    Buffer.concat([text('one'), binary('two'), text('three')])
  ),
  'answers pings and messages of one packet in the order of the packet': echoes(
    Buffer.concat([text('a'), ping('1'), text('b'), ping('2'), ping('3'), text('c')])
  ),

  'answers a ping with its payload': receives(ping('hello'), ping(''), ping(Buffer.alloc(125, 7))),
  'answers every one of several pings': receives(Buffer.concat([ping('a'), ping('b'), ping('a')])),
  'answers a ping whose payload is not UTF-8': receives(ping([0xff, 0xfe, 0])),
  'ignores pongs that nobody asked for': receives(
    pong(''),
    pong('unasked'),
    pong([0xff]),
    text('still here')
  ),
  'ignores pongs named like properties of objects': receives(
    pong('__proto__'),
    pong('constructor'),
    pong('hasOwnProperty'),
    pong('toString'),
    text('still here')
  ),

  'joins fragments': receives(fragments('one ', 'two ', 'three')),
  'joins fragments that come one by one': receives(...fragments('one ', 'two ', 'three')),
  'joins empty fragments': receives(fragments('', 'middle', '')),
  'receives an empty message in several fragments': receives(fragments('', '', '')),
  'joins fragments of a binary message': receives([
    binary([1, 2], { fin: false }),
    continuation([3], { fin: false }),
    continuation([4, 5])
  ]),
  'joins characters that were cut between fragments': receives(
    fragments(Buffer.from(cjk).subarray(0, 4), Buffer.from(cjk).subarray(4, 5), Buffer.from(cjk).subarray(5))
  ),
  'uses a mask of its own for each fragment': receives([
    text('ab', { fin: false, mask: Buffer.from([9, 8, 7, 6]) }),
    continuation('cd', { mask: MASK })
  ]),
  'answers a ping between fragments at once': receives(
    text('first, ', { fin: false }),
    ping('in between'),
    continuation('last')
  ),
  'answers pings between fragments of one packet': echoes(
    Buffer.concat([
      text('a', { fin: false }),
      ping('1'),
      continuation('b', { fin: false }),
      pong('x'),
      continuation('c')
    ])
  ),
  'closes for a close frame between fragments': receives(
    text('never', { fin: false }),
    close(1000, 'enough')
  ),

  async 'receives two fragmented messages after one another'(t) {
    const c = await t.open();
    await c.peerSends(fragments('a', 'b'), fragments('c', 'd'));
    await c.peerSends(text('e'));
  },

  async 'reads a transcript that is cut anywhere'(t) {
    const bytes = Buffer.concat([
      text('one'),
      ping('p'),
      text(cjk, { fin: false }),
      ping('q'),
      continuation(emoji),
      binary(Buffer.alloc(130, 5)),
      close(3000, 'done')
    ]);
    const cuts = [...bytes.keys()].slice(1).filter((cut) => cut < 75 || cut > bytes.length - 20);
    await t.each(cuts, async (inner, cut) => {
      const c = await inner.open();
      c.peer.write(bytes.subarray(0, cut));
      await t.world.quiet.turn();
      c.peer.write(bytes.subarray(cut));
      await inner.settle();
    });
  },

  async 'reads a transcript that comes byte by byte'(t) {
    const bytes = Buffer.concat([text('one'), ping('p'), ...fragments('a', cjk, ''), close(1000)]);
    const c = await t.open();
    await t.step('the peer sends bytes one by one', async () => {
      for (const byte of bytes) {
        c.peer.write(Buffer.from([byte]));
        await t.world.quiet.turn();
      }
    });
  },

  async 'receives a megabyte of text'(t) {
    const c = await t.open();
    let arrived = false;
    c.ws.on('message', () => (arrived = true));
    c.peer.write(text(cjk.repeat(43691)));
    await t.until(() => arrived);
  },

  async 'echoes a megabyte of bytes'(t) {
    const c = await t.open({ setup: (ws) => ws.on('message', (event) => ws.send(event.data)) });
    const size = 1048576;
    const before = c.peer.received;
    c.peer.write(binary(Buffer.alloc(size, 'abcdefg')));
    await t.until(() => c.peer.received >= before + size + 10);
  },

  async 'gives each message a Buffer that later messages do not alter'(t) {
    const kept = [];
    const c = await t.open({
      watch: 'none',
      setup: (ws) => ws.on('message', (event) => kept.push(event.data))
    });
    for (let i = 0; i < 20; i++) await c.peerSends(binary(Buffer.alloc(100 + i, i)));
    for (const data of kept) t.value('kept', data);
  },

  async 'receives messages behind frames of an unknown mask length'(t) {
    const c = await t.open();
    await c.peerSends(
      frame({ opcode: 2, payload: Buffer.alloc(7, 1) }),
      frame({ opcode: 1, payload: '1234567' })
    );
  }
};
