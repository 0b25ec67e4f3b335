'use strict';

// Attacks in frames, each tried on a server and on a client, on both transports, over TLS, as a driver and on the
// WebAssembly engine: what ends the connection, and what it has cost.

const assert = require('node:assert');
const { after, before, describe, test } = require('node:test');
const zlib = require('node:zlib');

const { flood, repeated, tell } = require('../testing/peers/attack');
const { Arena, PLACES } = require('../testing/peers/arena');
const { MEGABYTE, megabytes } = require('../testing/peers/subject');

const TOO_LARGE = 'WebSocket frame length too large';
const RSV1 = 4;

/** A hundred megabytes of zeros, compressed. */
const BOMB = (() => {
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH, level: 9 };
  const zeros = Buffer.alloc(MEGABYTE);
  const first = zlib.deflateRawSync(zeros, options);
  const next = zlib.deflateRawSync(zeros, { ...options, dictionary: zeros.subarray(0, 32768) });
  return Buffer.concat([first, ...repeated(next, 99)]).subarray(0, -4);
})();

/** So many frames of one kind in a chunk, and the chunk so many times. */
const many = (frame, count, times) =>
  repeated(Buffer.concat(Array.from({ length: count }, () => frame)), times);

/**
 * What is done, what the `close` says, and what it may cost in megabytes more than before, where that is more than 8.
 * `deflate` agrees on compression first.
 */
const ATTACKS = {
  'a bomb of 100 MB': {
    deflate: true,
    act: (peer, make) => flood(peer, [make({ opcode: 2, rsv: RSV1, payload: BOMB })]),
    close: [1009, TOO_LARGE]
  },
  'a bomb in fragments of 100 bytes': {
    deflate: true,
    act: (peer, make) =>
      flood(
        peer,
        Array.from({ length: Math.ceil(BOMB.length / 100) }, (_, i) =>
          make({
            opcode: i === 0 ? 2 : 0,
            rsv: i === 0 ? RSV1 : 0,
            payload: BOMB.subarray(i * 100, i * 100 + 100),
            fin: (i + 1) * 100 >= BOMB.length
          })
        )
      ),
    close: [1009, TOO_LARGE]
  },
  '1 million empty continuations': {
    act: async (peer, make) => {
      peer.send(make({ opcode: 1, payload: 'a', fin: false }));
      await flood(peer, many(make({ opcode: 0, fin: false }), 10_000, 100));
    },
    close: [1008, 'Too many empty fragments in one message']
  },
  'an empty first frame and empty continuations': {
    act: async (peer, make) => {
      peer.send(make({ opcode: 2, fin: false }));
      await flood(peer, many(make({ opcode: 0, fin: false }), 10_000, 100));
    },
    close: [1008, 'Too many empty fragments in one message']
  },
  'an empty first frame with RSV1 and empty continuations': {
    deflate: true,
    act: async (peer, make) => {
      peer.send(make({ opcode: 2, rsv: RSV1, fin: false }));
      await flood(peer, many(make({ opcode: 0, fin: false }), 10_000, 100));
    },
    close: [1008, 'Too many empty fragments in one message']
  },
  'a continuation with RSV1': {
    deflate: true,
    act: (peer, make) => {
      peer.send(make({ opcode: 2, rsv: RSV1, fin: false }), make({ opcode: 0, rsv: RSV1 }));
    },
    close: [1002, 'One or more reserved bits are on: reserved1 = 1, reserved2 = 0, reserved3 = 0']
  },
  ...Object.fromEntries(
    [2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n].map((length) => [
      `a length of ${length}`,
      {
        act: (peer, make) => {
          const head = make({ opcode: 2, form: 64 }).subarray(0, 14);
          head.writeBigUInt64BE(length, 2);
          peer.send(head.subarray(0, head[1] & 0x80 ? 14 : 10));
        },
        close: [1009, TOO_LARGE]
      }
    ])
  ),
  'fragments that add up to one byte too many': {
    act: async (peer, make) => {
      for (let i = 0; i < 17; i++) {
        peer.send(make({ opcode: i === 0 ? 2 : 0, payload: Buffer.alloc(MEGABYTE / 16), fin: false }));
      }
    },
    close: [1009, TOO_LARGE]
  },
  '1 MB of text that ends in byte 0xFF': {
    act: (peer, make) => {
      const payload = Buffer.alloc(MEGABYTE, '水');
      payload[payload.length - 1] = 0xff;
      peer.send(make({ opcode: 1, payload: payload.subarray(0, MEGABYTE) }));
    },
    close: [1007, 'Could not decode a text frame as UTF-8']
  },
  'a stream of deflate that is none': {
    deflate: true,
    act: (peer, make) => peer.send(make({ opcode: 2, rsv: RSV1, payload: Buffer.alloc(1000, 0xff) })),
    close: [1010, 'permessage-deflate: invalid block type']
  },
  '100,000 final blocks in one message': {
    deflate: true,
    act: (peer, make) =>
      peer.send(make({ opcode: 2, rsv: RSV1, payload: Buffer.from('0300'.repeat(100_000), 'hex') })),
    close: [1010, 'permessage-deflate: too many final blocks']
  },
  'a ping of 126 bytes': {
    act: (peer, make) => peer.send(make({ opcode: 9, payload: Buffer.alloc(126) })),
    close: [1002, 'Received control frame having too long payload: 126']
  },
  'a close frame of one byte': {
    act: (peer, make) => peer.send(make({ opcode: 8, payload: 'x' })),
    close: [1002, '']
  }
};

/**
 * What the process may grow by, in MB, where an attack names no other bound. Of a bomb of 100 MB our own part is below one;
 * Node's garbage of the chunks that it came in was seen at 8.2 on a busy machine.
 */
const MOST = 16;

for (const place of PLACES) {
  describe(`a peer (${place.name})`, () => {
    let arena;

    before(async () => {
      arena = await Arena.open(place, { maxLength: MEGABYTE });
    });
    after(() => arena.close());

    for (const [what, { deflate, act, close, most = MOST }] of Object.entries(ATTACKS)) {
      test(`with ${what} is left with ${close[0]}, within ${most} MB`, async (t) => {
        const attack = (peer) => act(peer, (parts) => arena.frame(parts));
        const suffered = await arena.suffer(t, { deflate }, attack);
        tell(t, suffered.cost);
        assert.deepStrictEqual(suffered.close, close);
        assert.ok(suffered.cost.peak < most * MEGABYTE, megabytes(suffered.cost.peak));
      });
    }

    test('with pongs that nobody has asked for is heard on', async (t) => {
      const peer = await arena.enter(t);
      for (const payload of ['', '__proto__', 'constructor', '__defineGetter__', Buffer.alloc(125, 0xff)]) {
        peer.send(arena.frame({ opcode: 10, payload }));
      }
      peer.send(arena.frame({ opcode: 1, payload: 'still here' }));
      assert.strictEqual(String((await peer.frame()).payload), 'still here');
      await arena.leave(peer);
    });

    test('with 131,000 fragments of one byte that do not end holds their bytes alone', async (t) => {
      const before = await arena.subject.measure();
      const peer = await arena.enter(t);
      peer.send(arena.frame({ opcode: 2, payload: 'a', fin: false }));
      await flood(peer, many(arena.frame({ opcode: 0, payload: 'a', fin: false }), 1000, 131));
      peer.send(arena.frame({ opcode: 9, payload: '?' }));
      assert.strictEqual((await peer.frame()).opcode, 10);
      const after = await arena.subject.measure();
      const grown = after.rss - before.rss;
      t.diagnostic(`RSS +${megabytes(grown)}, CPU ${((after.cpu - before.cpu) / 1000).toFixed(0)} ms`);
      assert.ok(grown < MOST * MEGABYTE, megabytes(grown));
      await arena.leave(peer);
    });
  });
}
