'use strict';

/** What a client must not send, and the close frame that it gets for it (RFC 6455 section 7). */

const { frame, text, binary, ping, pong, continuation, close, fragments } = require('../../testing/wire');

/** A script in which the peer sends the offence behind a good message, in one packet and once more later. */
const meets =
  (offence, how = {}) =>
  async (t) => {
    const c = await t.open(how);
    await c.peerSends(text('good'), offence);
    c.state();
    c.call('send', 'too late');
  };

/** Bytes that are not UTF-8, by their fault (RFC 3629 section 3). */
const badText = {
  'a lone continuation byte': [0x80],
  'an overlong two byte form': [0xc0, 0xaf],
  'an overlong three byte form': [0xe0, 0x80, 0xaf],
  'an overlong four byte form': [0xf0, 0x80, 0x80, 0xaf],
  'a surrogate': [0xed, 0xa0, 0x80],
  'a code point past the last': [0xf4, 0x90, 0x80, 0x80],
  'byte 0xff': [0x61, 0xff, 0x62],
  'a cut character at the end': [0x61, 0xe2, 0x82],
  'a five byte form': [0xf8, 0x88, 0x80, 0x80, 0x80]
};

const scripts = {
  'refuses reserved bit 1': meets(text('x', { rsv: 4 })),
  'refuses reserved bit 2': meets(text('x', { rsv: 2 })),
  'refuses reserved bit 3': meets(text('x', { rsv: 1 })),
  'refuses all reserved bits': meets(text('x', { rsv: 7 })),
  'refuses reserved bits on a ping': meets(ping('x', { rsv: 4 })),
  'refuses reserved bits on a continuation': meets([
    text('x', { fin: false }),
    continuation('y', { rsv: 4 })
  ]),
  'refuses reserved bits before anything else is wrong': meets(
    frame({ opcode: 11, rsv: 1, fin: false, mask: null })
  ),

  'refuses a control frame in fragments: ping': meets(ping('x', { fin: false })),
  'refuses a control frame in fragments: pong': meets(pong('x', { fin: false })),
  'refuses a control frame in fragments: close': meets(close(1000, 'x', { fin: false })),

  'refuses a ping of 126 bytes': meets(ping(Buffer.alloc(126))),
  'refuses a pong of 126 bytes': meets(pong(Buffer.alloc(126))),
  'refuses a close of 126 bytes': meets(frame({ opcode: 8, payload: Buffer.alloc(126, 3) })),
  'refuses a ping of 65536 bytes at its head': meets(ping('', { length: 65536 })),
  'accepts a ping of 125 bytes in the 16 bit form': meets(ping(Buffer.alloc(125), { form: 16 })),

  'refuses a new message inside a fragmented one': meets([text('a', { fin: false }), text('b')]),
  'refuses a binary message inside a fragmented text': meets([text('a', { fin: false }), binary('b')]),
  'refuses a new fragmented message inside a fragmented one': meets([
    text('a', { fin: false }),
    text('b', { fin: false })
  ]),
  'refuses a continuation of nothing': meets(continuation('x')),
  'refuses an unfinished continuation of nothing': meets(continuation('x', { fin: false })),
  'refuses a continuation behind a finished message': meets([...fragments('a', 'b'), continuation('c')]),
  'refuses an empty continuation of nothing': meets(continuation('')),

  'refuses text without a mask': meets(text('x', { mask: null })),
  'refuses an empty frame without a mask': meets(text('', { mask: null })),
  'refuses a close frame without a mask': meets(close(1000, '', { mask: null })),
  'refuses a ping without a mask': meets(ping('x', { mask: null })),
  'refuses an unmasked long frame at its second byte': meets(binary('', { mask: null, length: 70000 })),
  'refuses an unmasked ping that is also too long': meets(ping(Buffer.alloc(126), { mask: null })),

  'refuses a message over maxLength': meets(text('12345678901'), { options: { maxLength: 10 } }),
  'accepts a message of exactly maxLength': meets(text('1234567890'), { options: { maxLength: 10 } }),
  'refuses fragments whose sum is over maxLength': meets(fragments('12345', '67890', '1'), {
    options: { maxLength: 10 }
  }),
  'accepts fragments whose sum is maxLength': meets(fragments('12345', '67890', ''), {
    options: { maxLength: 10 }
  }),
  'refuses a long frame over maxLength at its head': meets(binary('', { length: 1000 }), {
    options: { maxLength: 999 }
  }),
  'counts a ping between fragments against maxLength': meets(
    [text('12345', { fin: false }), ping('678901'), continuation('7')],
    { options: { maxLength: 10 } }
  ),
  'refuses a ping over maxLength': meets(ping('12345678901'), { options: { maxLength: 10 } }),
  'refuses a close reason over maxLength': meets(close(1000, '123456789'), { options: { maxLength: 10 } }),
  'refuses a frame of more than 64 MiB at its head': meets(binary('', { length: 0x4000000 })),
  'waits for a frame of just under 64 MiB': meets(binary('', { length: 0x3ffffff })),
  'refuses a frame of 2^53 bytes': meets(binary('', { length: 2 ** 53 })),
  'refuses a frame of 2^63 - 1 bytes': meets(frame({ opcode: 2, length: (1n << 63n) - 1n, form: 64 })),
  'refuses a frame of 2^64 - 1 bytes': meets(frame({ opcode: 2, length: (1n << 64n) - 1n, form: 64 })),
  'ignores a maxLength of zero': meets(text('x'.repeat(100)), { options: { maxLength: 0 } }),

  async 'refuses bad text that is cut between fragments'(t) {
    const c = await t.open();
    await c.peerSends(text([0xe2, 0x82], { fin: false }), continuation([0x28]));
  },

  async 'sends nothing more after a violation'(t) {
    const c = await t.open({ allowHalfOpen: true });
    await c.peerSends(text('x', { rsv: 1 }), ping('never answered'), text('never seen'));
    await c.peerSends(text('never seen either'));
    await t.tick(60000);
  },

  async 'answers what came before the violation, in order'(t) {
    const c = await t.open({ setup: (ws) => ws.on('message', (event) => ws.send(`re: ${event.data}`)) });
    await c.peerSends(text('a'), ping('b'), text('c'), continuation('bad'), ping('d'));
  },

  async 'tells the handlers of error before those of close, at state 1'(t) {
    const c = await t.open({ watch: 'handlers' });
    await c.peerSends(continuation('bad'));
  },

  async 'emits no error for a violation once closing'(t) {
    const c = await t.open();
    c.call('close');
    await c.peerSends(continuation('bad'));
  },

  async 'is refused at any cut of the offending frame'(t) {
    const bytes = Buffer.concat([text('good'), text('bad', { rsv: 2 })]);
    const cuts = [...bytes.keys()].slice(1);
    await t.each(cuts, async (inner, cut) => {
      const c = await inner.open();
      c.peer.write(bytes.subarray(0, cut));
      await t.world.quiet.turn();
      c.peer.write(bytes.subarray(cut));
      await inner.settle();
    });
  },

  async 'leaves other connections alone'(t) {
    const a = await t.open();
    const b = await t.open();
    await a.peerSends(text('x', { rsv: 1 }));
    await b.peerSends(text('undisturbed'));
  }
};

for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
  scripts[`refuses opcode ${opcode}`] = meets(frame({ opcode, payload: 'x' }));
}
for (const [fault, bytes] of Object.entries(badText)) {
  scripts[`refuses text with ${fault}`] = meets(text(bytes));
}

module.exports = scripts;
