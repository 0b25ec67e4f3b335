'use strict';

// Broadcasts while somebody closes, ends or adds connections, and to connections that all take a message in another way.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { TRANSPORTS, alsoWithWebAssembly } = require('../testing/peers/engines');
const http2 = require('../testing/peers/http2');
const { ALONE, CLIENT_ALONE, OFFER, join, joinClients, read } = require('../testing/peers/inflating');
const { until } = require('../testing/peers/moved_time');
const { dial } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { text } = require('../testing/wire');

const HIXIE_76 =
  'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nOrigin: http://a\r\n' +
  'Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n\r\n^n:ds[4U';
const SMALL = 'small '.repeat(50);
const LARGE = JSON.stringify(Array.from({ length: 4000 }, (_, i) => `größe ${i * 7919}`));

const all = (pairs) => pairs.map(({ ws }) => ws);
const plain = (count) => new Array(count).fill(null);

/** What comes of a pair until it ends: messages, and close frames as `8`. */
async function rest(pair) {
  const got = [];
  try {
    for (;;) {
      const { opcode, data } = await read(pair);
      got.push(opcode === 8 ? '8' : data);
    }
  } catch {
    return got;
  }
}

for (const transport of TRANSPORTS) {
  describe(`broadcast over the ${transport} transport`, () => {
    test('goes by the state that a connection has once all are known', async (t) => {
      const pairs = await join(t, transport, plain(5));
      const [a, b, c, d, e] = all(pairs);
      const set = new Set([a, b, c, d]);
      function* each() {
        for (const ws of set) {
          if (ws === b) a.terminate();
          if (ws === c) b.close();
          if (ws === d) set.add(e);
          yield ws;
        }
      }
      assert.strictEqual(WebSocket.broadcast(each(), 'news'), 3);
      for (const { client } of pairs.slice(2)) assert.deepStrictEqual(await client.frames(1), ['1:news']);
      assert.deepStrictEqual(await pairs[1].client.frames(1), ['8:1000:']);
      assert.deepStrictEqual(await rest(pairs[0]), []);
    });

    test('in handlers that end others, some of which have messages to handle still', async (t) => {
      const pairs = await join(t, transport, plain(4));
      const made = all(pairs);
      const heard = [];
      made.forEach((ws, i) => {
        ws.on('message', ({ data }) => {
          heard.push(i);
          WebSocket.broadcast(made, `${i}: ${data}`);
          made[(i + 1) % 4].terminate();
          if (i % 2 === 0) ws.close();
          WebSocket.broadcast(made, 'behind');
        });
      });
      for (const { client } of pairs) {
        client.send(text('a'), text('b'));
        client.socket.end();
      }
      const frames = await Promise.all(pairs.map(rest));
      await until(() => made.every((ws) => ws.readyState === 3));
      // Whoever is first has all others get its message, and ends the next.
      const [first] = heard;
      assert.deepStrictEqual(frames[(first + 2) % 4].slice(0, 2), [`${first}: a`, 'behind']);
      assert.ok(!heard.includes((first + 1) % 4));
    });

    test('that fills connections ends them, and their handlers may broadcast and end others', async (t) => {
      const pairs = await join(t, transport, plain(4), {}, { maxBufferedAmount: 1000 });
      const made = all(pairs);
      const over = made.slice(0, 2).map(closing);
      made[0].on('close', () => {
        made[1].terminate();
        WebSocket.broadcast(made, 'in a handler');
        made[2].close();
      });
      for (const { client } of pairs.slice(0, 1)) client.socket.pause();
      const block = Buffer.alloc(1 << 20);
      for (let i = 0; i < 100 && made[0].readyState === 1; i++) made[0].send(block);
      WebSocket.broadcast(made, 'news');
      await Promise.all(over);
      assert.deepStrictEqual(await rest(pairs[1]).then((got) => got.filter((data) => data !== 'news')), []);
      const third = (await pairs[2].client.frames(2)).concat(await pairs[2].client.frames(1));
      assert.deepStrictEqual(third, ['1:news', '1:in a handler', '8:1000:']);
      assert.deepStrictEqual(await pairs[3].client.frames(2), ['1:news', '1:in a handler']);
    });

    test('reaches connections of every kind with one message, small or large', async (t) => {
      const server = await serve(t);
      const old = await dial(t, server.port);
      old.send(HIXIE_76);
      await old.head();
      const draft = await server.next();
      if (draft.readyState === 0) await once(draft, 'open');
      const { ws: modern, stream } = await http2.pair(t);
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));

      const pairs = [
        ...(await join(t, transport, [OFFER, ALONE, null, ALONE, OFFER, null])),
        ...(await joinClients(t, transport, 2, CLIENT_ALONE)),
        ...(await joinClients(t, transport, 1, OFFER))
      ];
      const ending = await join(t, transport, [ALONE, OFFER, null]);
      ending[0].ws.close();
      ending[1].ws.terminate();
      ending[2].ws.close();
      const connecting = new WebSocket.Client(server.url, null, { transport });
      const made = [...all(pairs), ...all(ending), draft, modern, connecting];
      const messages = [SMALL, WebSocket.prepare(SMALL), LARGE, WebSocket.prepare(LARGE), 'end'];
      for (const message of messages) assert.strictEqual(WebSocket.broadcast(made, message), 12);

      const later = await server.next();
      const received = [];
      later.on('message', ({ data }) => received.push(data));
      const expected = [SMALL, SMALL, LARGE, LARGE, 'end'];
      const as = (got) => got.map((data, i) => data === expected[i]);
      for (const pair of pairs) {
        const got = [];
        for (let i = 0; i < 5; i++) got.push((await read(pair)).data);
        assert.deepStrictEqual(as(got), plain(5).fill(true));
      }
      await until(() => received.length === 5);
      assert.deepStrictEqual(as(received), plain(5).fill(true));
      for (const { client } of ending) client.socket.end();
      for (const pair of ending)
        assert.deepStrictEqual(
          (await rest(pair)).filter((data) => data !== '8'),
          []
        );

      const drafted = Buffer.concat(
        expected.flatMap((data) => [Buffer.from([0]), Buffer.from(data), Buffer.from([255])])
      );
      // The answer to the two keys comes first.
      await old.wait(() => (old.bytes.length < 16 + drafted.length ? undefined : true));
      assert.ok(old.bytes.subarray(16).equals(drafted));
      await until(() => Buffer.concat(chunks).includes('end'));
      const h2 = Buffer.concat(chunks);
      assert.strictEqual(h2.indexOf(LARGE) < h2.lastIndexOf(LARGE), true);
    });
  });
}

alsoWithWebAssembly(__filename);
