'use strict';

// Random bytes, and valid traffic with random damage, in random packets: the server goes on, closes with codes that
// a server may send, and keeps nothing. `SEED=n` plays other traffic than the usual.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { connect } = require('../testing/peers/raw_client');
const { random } = require('../testing/peers/random');
const { startSubject } = require('../testing/peers/subject');
const { close, frame, fragments, ping, pong, binary, text } = require('../testing/wire');

const SEED = Number(process.env.SEED) || 1;
const CONNECTIONS = Number(process.env.CONNECTIONS) || 400;

/** Whether a connection of these peers may end with a code: damage makes other codes of an application, too. */
function isExpected(code) {
  return (code >= 1000 && code <= 1003) || (code >= 1006 && code <= 1011) || (code >= 3000 && code <= 4999);
}

/** Traffic that keeps to the rules, of every kind of frame. */
function traffic(roll) {
  const makers = [
    () => [text('x'.repeat(roll(300)))],
    () => [text('水é😀'.repeat(roll(100)))],
    () => [binary(roll.bytes(roll(70_000)))],
    () => [binary(roll.bytes(roll(200)))],
    () => [ping(roll.bytes(roll(126)))],
    () => [pong(roll.bytes(roll(126)))],
    () => fragments('a'.repeat(roll(1000)), '', 'é'.repeat(roll(100)), 'z'),
    () => [text('begin', { fin: false }), ping('between'), frame({ opcode: 0, payload: 'end' })]
  ];
  const frames = [];
  for (let i = 1 + roll(20); i > 0; i--) frames.push(...makers[roll(makers.length)]());
  if (roll(3) === 0) frames.push(close([1000, 1001, 3000, 4999, 1005, 0, 65535][roll(7)], 'reason'));
  return Buffer.concat(frames);
}

/** Bits flipped, parts left out, repeated or moved. */
function damage(roll, bytes) {
  let damaged = Buffer.from(bytes);
  for (let i = 1 + roll(4); i > 0 && damaged.length > 0; i--) {
    const at = roll(damaged.length);
    const end = Math.min(damaged.length, at + roll(50));
    const choices = [
      () => (damaged[at] ^= 1 << roll(8)),
      () => (damaged[at] = roll(256)),
      () => (damaged = Buffer.concat([damaged.subarray(0, at), damaged.subarray(end)])),
      () => (damaged = Buffer.concat([damaged.subarray(0, end), damaged.subarray(at)])),
      () => (damaged = Buffer.concat([damaged.subarray(0, at), roll.bytes(roll(20)), damaged.subarray(at)]))
    ];
    choices[roll(choices.length)]();
  }
  return damaged;
}

const KINDS = {
  'random bytes': (roll) => roll.bytes(roll(5000)),
  'valid traffic': (roll) => traffic(roll),
  'valid traffic with damage': (roll) => damage(roll, traffic(roll))
};

/** Sends bytes in packets of random sizes, then ends in one of several ways. */
async function play(t, port, roll, bytes) {
  const client = await connect(t, port);
  client.drop();
  for (let at = 0; at < bytes.length && client.socket.writable;) {
    const size = 1 + roll([3, 50, 1000, 70_000][roll(4)]);
    client.socket.write(bytes.subarray(at, at + size));
    at += size;
    if (roll(3) === 0) await new Promise(setImmediate);
  }
  if (roll(4) === 0) client.socket.resetAndDestroy();
  else client.socket.end();
  await client.closed;
  client.socket.destroy();
}

describe('a server', () => {
  for (const [kind, make] of Object.entries(KINDS)) {
    test(`survives ${kind} from ${CONNECTIONS} connections`, async (t) => {
      t.diagnostic(`SEED=${SEED}`);
      const subject = await startSubject(t, {
        options: { maxLength: 60_000 },
        behaviour: (ws) => {
          ws.onmessage = ({ data }) => ws.send(data);
        }
      });
      const steady = await connect(t, subject.port);
      for (let i = 0; i < CONNECTIONS; i += 20) {
        const peers = Array.from({ length: 20 }, (_, k) => {
          const roll = random(SEED * 100_003 + i + k);
          return play(t, subject.port, roll, make(roll));
        });
        await Promise.all(peers);
        steady.send(text(`still ${i}`));
        assert.deepStrictEqual(await steady.frames(1), [`1:still ${i}`]);
      }
      const { state, sessions } = await subject.until('close', CONNECTIONS);
      assert.strictEqual(sessions, 1);
      assert.strictEqual(state.close, CONNECTIONS);
      const odd = state.closes.filter(([code]) => !isExpected(code));
      assert.deepStrictEqual(odd, []);
    });
  }
});
