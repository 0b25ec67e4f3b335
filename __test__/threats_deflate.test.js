'use strict';

// Attacks through permessage-deflate (RFC 7692), where a byte on the wire can stand for a thousand in memory.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const zlib = require('node:zlib');

const deflate = require('../deflate');
const { closeCode, cost, flood, repeated, tell, warmSubject } = require('../testing/peers/attack');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { MEGABYTE, megabytes } = require('../testing/peers/subject');
const { continuation, frame, ping, text } = require('../testing/wire');

const DEFLATE = ['Sec-WebSocket-Extensions: permessage-deflate'];
const RSV1 = 4;

/**
 * A compressed message of `size` megabytes of zeros: the output for one megabyte is the same each time once the
 * window holds nothing but zeros.
 */
function bomb(size) {
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH, level: 9 };
  const zeros = Buffer.alloc(MEGABYTE);
  const first = zlib.deflateRawSync(zeros, options);
  const next = zlib.deflateRawSync(zeros, { ...options, dictionary: zeros.subarray(0, 32768) });
  // The last block ends with an empty one, whose four bytes are left out (section 7.2.1).
  return Buffer.concat([first, ...repeated(next, size - 1)]).subarray(0, -4);
}

/** A server with deflate that has served compressed messages already. */
async function compressing(t, options) {
  const { subject } = await warmSubject(t, { deflate: {}, options });
  const client = await connect(t, subject.port, { headers: DEFLATE });
  assert.match(client.answer, /permessage-deflate/);
  const payload = zlib.deflateRawSync('warm '.repeat(200), { finishFlush: zlib.constants.Z_SYNC_FLUSH });
  client.send(frame({ opcode: 1, payload: payload.subarray(0, -4), rsv: RSV1 }));
  assert.strictEqual((await client.frame()).opcode, 1);
  client.socket.destroy();
  return { subject, before: await subject.until('close', 6) };
}

describe('a bomb', () => {
  const seven = bomb(700);

  for (const [what, make] of [
    ['in one frame', () => [frame({ opcode: 2, payload: seven, rsv: RSV1, mask: Buffer.alloc(4) })]],
    [
      'in fragments of 10 KB',
      () => [
        frame({ opcode: 2, payload: seven.subarray(0, 10_000), rsv: RSV1, fin: false }),
        ...Array.from({ length: 70 }, (_, i) =>
          continuation(seven.subarray(10_000 * (i + 1), 10_000 * (i + 2)), { fin: false })
        ),
        continuation(seven.subarray(710_000))
      ]
    ],
    ['as a text', () => [frame({ opcode: 1, payload: seven, rsv: RSV1, mask: Buffer.alloc(4) })]]
  ]) {
    test(`of 700 MB ${what} is ended with 1009 at maxLength, within 5 MB`, async (t) => {
      const { subject, before } = await compressing(t, { maxLength: MEGABYTE });
      const client = await connect(t, subject.port, { headers: DEFLATE });
      t.diagnostic(`${(seven.length / 1024).toFixed(0)} KB on the wire`);
      await flood(client, make());
      const after = await subject.until('close', 7);
      tell(t, cost(before, after));
      assert.deepStrictEqual(after.state.closes[6], [1009, 'WebSocket frame length too large']);
      assert.ok(cost(before, after).peak < 5 * MEGABYTE, megabytes(cost(before, after).peak));
    });
  }

  test('from each of 50 connections at once leaves a bystander its answers, within 80 MB', async (t) => {
    const { subject, before } = await compressing(t, { maxLength: MEGABYTE });
    const bystander = await connect(t, subject.port);
    const clients = [];
    for (let i = 0; i < 50; i++) clients.push(await connect(t, subject.port, { headers: DEFLATE }));
    const bytes = frame({ opcode: 2, payload: seven, rsv: RSV1, mask: Buffer.alloc(4) });
    for (const client of clients) client.socket.write(bytes);
    for (let i = 0; i < 20; i++) {
      bystander.send(text(`${i}`));
      assert.deepStrictEqual(await bystander.frames(1), [`1:${i}`]);
    }
    const after = await subject.until('close', 56);
    tell(t, cost(before, after));
    assert.deepStrictEqual([...new Set(after.state.closes.slice(6).map(([code]) => code))], [1009]);
    assert.ok(cost(before, after).peak < 80 * MEGABYTE);
  });

  test('of just maxLength bytes is a message', async (t) => {
    const { subject } = await compressing(t, { maxLength: 4 * MEGABYTE });
    const client = await connect(t, subject.port, { headers: DEFLATE });
    client.send(frame({ opcode: 2, payload: bomb(4), rsv: RSV1 }));
    const { opcode } = await client.frame();
    assert.strictEqual(opcode, 2);
  });
});

describe('a compressed message', () => {
  test('that is no deflate stream is refused, wherever it is cut or damaged', async (t) => {
    const { subject } = await compressing(t, {});
    const good = zlib.deflateRawSync(Buffer.from('some words, some words, and others '.repeat(20)), {
      finishFlush: zlib.constants.Z_SYNC_FLUSH
    });
    let closes = 6;
    for (let at = 0; at < good.length - 4; at++) {
      const bad = Buffer.from(good.subarray(0, -4));
      bad[at % bad.length] ^= 0xff;
      const client = await connect(t, subject.port, { headers: DEFLATE });
      client.send(frame({ opcode: 1, payload: bad, rsv: RSV1 }), ping('next'));
      const { opcode, payload } = await client.frame();
      assert.ok(opcode === 8 || opcode === 1, `opcode ${opcode}`);
      if (opcode === 8) assert.ok([1002, 1007, 1010].includes(payload.readUInt16BE(0)), String(payload));
      client.socket.destroy();
      closes++;
    }
    const { sessions } = await subject.until('close', closes);
    assert.strictEqual(sessions, 0);
  });

  for (const [what, make, code] of [
    ['RSV1 on a ping', () => [ping('x', { rsv: RSV1 })], 1002],
    ['RSV1 on a continuation', () => [text('a', { fin: false }), continuation('b', { rsv: RSV1 })], 1002],
    ['RSV2', () => [text('a', { rsv: 2 })], 1002]
  ]) {
    test(`with ${what} is refused with ${code}`, async (t) => {
      const { subject } = await compressing(t, {});
      const client = await connect(t, subject.port, { headers: DEFLATE });
      client.send(...make());
      assert.strictEqual(await closeCode(client), code);
    });
  }

  test('is refused where deflate was not agreed', async (t) => {
    const { subject } = await compressing(t, {});
    const client = await connect(t, subject.port);
    client.send(text('a', { rsv: RSV1 }));
    assert.strictEqual(await closeCode(client), 1002);
  });

  test('of nothing, 100,000 times, costs little', async (t) => {
    const { subject, before } = await compressing(t, {});
    const client = await connect(t, subject.port, { headers: DEFLATE });
    client.drop();
    const empty = Buffer.concat(Array(1000).fill(frame({ opcode: 1, payload: [0], rsv: RSV1 })));
    await flood(client, repeated(empty, 100));
    const after = await subject.until('message', before.state.message + 100_000);
    tell(t, cost(before, after));
    assert.ok(cost(before, after).rss < 32 * MEGABYTE);
  });
});

describe('an offer of deflate', () => {
  for (const value of [
    'permessage-deflate; client_max_window_bits=99999999999',
    'permessage-deflate; client_max_window_bits=8',
    'permessage-deflate; client_max_window_bits=7',
    'permessage-deflate; client_max_window_bits="15"',
    'permessage-deflate; server_max_window_bits=7',
    'permessage-deflate; server_max_window_bits=8',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; client_max_window_bits=10; client_max_window_bits=11',
    'permessage-deflate; unknown',
    'permessage-deflate; __proto__',
    Array(700).fill('permessage-deflate').join(),
    Array(300).fill('permessage-deflate; unknown').join(', ') + ', permessage-deflate'
  ]) {
    test(`is answered or declined, and messages flow: ${value.slice(0, 70)}`, async (t) => {
      const echo = (ws) => {
        ws.onmessage = ({ data }) => ws.send(data);
      };
      const { port } = await serve(t, echo, { options: { extensions: [deflate] } });
      const client = await connect(t, port, { headers: ['Sec-WebSocket-Extensions: ' + value] });
      client.send(text('plain'));
      const { opcode } = await client.frame();
      assert.strictEqual(opcode, 1);
    });
  }
});
