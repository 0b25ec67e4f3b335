'use strict';

// One message to many connections of which some, or all, compress.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { passOn, passing } = require('../testing/passing_extension');
const { TRANSPORTS, alsoWithWebAssembly } = require('../testing/peers/engines');
const { ALONE, OFFER, compressed, join, read } = require('../testing/peers/inflating');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');

const TEXT = JSON.stringify(Array.from({ length: 20 }, (_, i) => ({ id: i, name: `name ${i * 7919}` })));
for (const transport of TRANSPORTS) {
  describe(`broadcast over the ${transport} transport`, () => {
    test('compresses once for all without context takeover', async (t) => {
      const pairs = await join(t, transport, new Array(4).fill(ALONE));
      const before = compressed();
      assert.strictEqual(
        WebSocket.broadcast(
          pairs.map(({ ws }) => ws),
          TEXT
        ),
        4
      );
      assert.strictEqual(compressed() - before, TEXT.length);
      const message = WebSocket.prepare(Buffer.from(TEXT));
      for (const { ws } of pairs) ws.send(message);
      assert.strictEqual(compressed() - before, 2 * TEXT.length);
      for (const pair of pairs) {
        assert.deepStrictEqual(await read(pair), { opcode: 1, compressed: true, data: TEXT });
        assert.deepStrictEqual(await read(pair), { opcode: 2, compressed: true, data: TEXT });
      }
    });

    test('compresses once for each set of parameters', async (t) => {
      const small = `${ALONE}; server_max_window_bits=9`;
      const pairs = [
        ...(await join(t, transport, [ALONE, small, ALONE, small])),
        ...(await join(t, transport, [ALONE, ALONE], { level: 9 }))
      ];
      const before = compressed();
      WebSocket.broadcast(
        pairs.map(({ ws }) => ws),
        TEXT
      );
      assert.strictEqual(compressed() - before, 3 * TEXT.length);
      for (const pair of pairs) assert.strictEqual((await read(pair)).data, TEXT);
    });

    test('lets each compress for itself with context takeover, in order', async (t) => {
      const pairs = await join(t, transport, [OFFER, null, ALONE, OFFER]);
      const all = pairs.map(({ ws }) => ws);
      for (const ws of all) ws.send(TEXT);
      const message = WebSocket.prepare(TEXT);
      WebSocket.broadcast(all, message);
      for (const ws of all) ws.send(message);
      for (const ws of all) ws.send(TEXT);
      for (const [i, pair] of pairs.entries()) {
        const expected = { opcode: 1, compressed: i !== 1, data: TEXT };
        for (let k = 0; k < 4; k++) assert.deepStrictEqual(await read(pair), expected);
      }
    });

    test('sends as it is what is too short, or would become longer', async (t) => {
      const pairs = await join(t, transport, [OFFER, ALONE, null], { threshold: 100 });
      const all = pairs.map(({ ws }) => ws);
      const short = 'x'.repeat(99);
      const random = Buffer.from(Array.from({ length: 128 }, (_, i) => (i * i * 31 + (i >> 1) * 7) & 0x7f));
      WebSocket.broadcast(all, short);
      WebSocket.broadcast(all, random);
      WebSocket.broadcast(all, 'x'.repeat(100));
      all[1].send(WebSocket.prepare(TEXT), { compress: false });
      for (const [i, pair] of pairs.entries()) {
        assert.deepStrictEqual(await read(pair), { opcode: 1, compressed: false, data: short });
        assert.strictEqual((await read(pair)).data, String(random));
        assert.deepStrictEqual(await read(pair), {
          opcode: 1,
          compressed: i < 2,
          data: 'x'.repeat(100)
        });
      }
      assert.deepStrictEqual(await read(pairs[1]), { opcode: 1, compressed: false, data: TEXT });
    });

    test('keeps the order around large messages', async (t) => {
      const pairs = await join(t, transport, [OFFER, ALONE, null]);
      const all = pairs.map(({ ws }) => ws);
      const large = 'large '.repeat(50000);
      const message = WebSocket.prepare(TEXT);
      WebSocket.broadcast(all, large);
      WebSocket.broadcast(all, message);
      for (const ws of all) ws.send(message);
      WebSocket.broadcast(all, large);
      for (const pair of pairs) {
        const got = [];
        for (let k = 0; k < 4; k++) got.push((await read(pair)).data);
        assert.ok(got[0] === large && got[1] === TEXT && got[2] === TEXT && got[3] === large);
      }
    });

    test('leaves messages to the extensions of the application', async (t) => {
      const seen = [];
      const plugin = passing('x-seen', passOn, (message, next) => {
        seen.push(String(message.data));
        next(null, message);
      });
      const server = await serve(t, undefined, { options: { transport, extensions: [plugin] } });
      const client = await connect(t, server.port, { headers: ['Sec-WebSocket-Extensions: x-seen'] });
      const ws = await server.next();
      if (ws.readyState === 0) await once(ws, 'open');
      WebSocket.broadcast([ws], 'seen');
      ws.send(WebSocket.prepare('as well'));
      assert.deepStrictEqual(await client.frames(2), ['1:seen', '1:as well']);
      assert.deepStrictEqual(seen, ['seen', 'as well']);
    });
  });
}

alsoWithWebAssembly(__filename);
