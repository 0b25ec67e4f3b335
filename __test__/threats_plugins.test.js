'use strict';

// Bombs where permessage-deflate is a plugin: the npm package, which has no limit of its own, and ours beside another
// extension. Both roles, as one message and as fragments.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const zlib = require('node:zlib');

const { cost, flood, repeated, tell } = require('../testing/peers/attack');
const { connect } = require('../testing/peers/raw_client');
const { agreement, listen } = require('../testing/peers/raw_server');
const { MEGABYTE, megabytes, startSubject } = require('../testing/peers/subject');
const { OPCODES, frame } = require('../testing/wire');

const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate';
const TOO_LARGE = /WebSocket frame length too large$/;
const RSV1 = 4;
/** What the wire's copy, the message so far, and an inflater of Node's come to. */
const LITTLE = 16 * MEGABYTE;

/** 300 MB of zeros, compressed. */
const BOMB = (() => {
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH, level: 9 };
  const zeros = Buffer.alloc(MEGABYTE);
  const first = zlib.deflateRawSync(zeros, options);
  const next = zlib.deflateRawSync(zeros, { ...options, dictionary: zeros.subarray(0, 32768) });
  return Buffer.concat([first, ...repeated(next, 299)]).subarray(0, -4);
})();

/** The bomb in frames, and a small message before it that shows that all is set up. */
function frames(mask, pieces) {
  const size = Math.ceil(BOMB.length / pieces);
  return Array.from({ length: pieces }, (_, i) =>
    frame({
      opcode: i === 0 ? OPCODES.binary : OPCODES.continuation,
      rsv: i === 0 ? RSV1 : 0,
      payload: BOMB.subarray(i * size, (i + 1) * size),
      fin: i === pieces - 1,
      ...mask
    })
  );
}

/** A message that fits, compressed. */
function small(mask) {
  const payload = zlib.deflateRawSync(Buffer.alloc(MEGABYTE, 'a'), { finishFlush: 2 }).subarray(0, -4);
  return frame({ opcode: OPCODES.text, rsv: RSV1, payload, ...mask });
}

for (const plugin of ['npm', 'npm beside another', 'ours beside another']) {
  for (const role of ['server', 'client']) {
    describe(`a bomb of 300 MB for a plugin (${plugin}, ${role})`, () => {
      for (const pieces of [1, 40]) {
        test(`in ${pieces} frames is ended with 1009 at maxLength, within 16 MB`, async (t) => {
          const settings = { plugin, options: { maxLength: MEGABYTE } };
          let subject, peer;
          const mask = role === 'server' ? { mask: Buffer.alloc(4) } : { mask: null };
          if (role === 'server') {
            subject = await startSubject(t, settings);
            peer = await connect(t, subject.port, { headers: [DEFLATE] });
          } else {
            const server = await listen(t);
            subject = await startSubject(t, { url: server.url, ...settings });
            peer = await server.next();
            peer.send(agreement(await peer.head(), [DEFLATE]));
          }
          peer.send(small(mask), small(mask));
          const before = await subject.until('message', 2);
          await flood(peer, frames(mask, pieces));
          const after = await subject.until('error');
          tell(t, cost(before, after), `, ${(BOMB.length / 1024).toFixed(0)} KB on the wire`);
          assert.match(after.state.errors[0], TOO_LARGE);
          assert.ok(cost(before, after).peak < LITTLE, megabytes(cost(before, after).peak));
          peer.socket.destroy();
          const { state } = await subject.until('close');
          assert.strictEqual(state.closes[0][0], 1009);
          assert.strictEqual(state.message, 2);
        });
      }
    });
  }
}
