'use strict';

// What a peer gets no more time for: to answer a ping, to say anything at all, to close, to complete a handshake.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { Client } = require('../testing/peers/implementation');
const timers = require('../lib/transport/timers');
const { TRANSPORTS, alsoWithWebAssembly } = require('../testing/peers/engines');
const { moveTime, until } = require('../testing/peers/moved_time');
const { connect, dial, request } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { text, ping, pong } = require('../testing/wire');
const { connectionOf } = require('../lib/faye/connection_of');

/** An end, as the owner of a connection hears of it. */
async function ending(ws) {
  const seen = [];
  ws.on('error', ({ message, error }) => seen.push(message, error.code));
  const { code, reason } = await closing(ws);
  return [...seen, code, reason];
}

/** Sends bytes to a connection, and waits until they have come. */
async function send(ws, client, ...pieces) {
  const before = ws._stream.bytesRead;
  client.send(...pieces);
  const count = pieces.reduce((sum, { length }) => sum + length, 0);
  await until(() => ws._stream.bytesRead - before >= count);
}

/** All frames that a client has got when its connection is over. */
async function framesOf(client) {
  const frames = [];
  await client.closed;
  while (client.bytes.length > 0) frames.push(...(await client.frames(1)));
  return frames;
}

/** Begins a conversation with a server of the given options. */
async function converse(t, options, settings = {}) {
  const server = await serve(t, settings.onWebSocket, { ...settings, options });
  const client = await connect(t, server.port, settings);
  const ws = await server.next();
  if (ws.readyState === 0) await new Promise((resolve) => ws.once('open', resolve));
  return { server, client, ws };
}

const ways = [...TRANSPORTS.map((transport) => ({ transport })), { transport: 'stream', secure: true }];

for (const { transport, secure = false } of ways) {
  const converseWith = (t, options, more) => converse(t, { transport, ...options }, { secure, ...more });

  describe(`over ${secure ? 'TLS' : `the ${transport} transport`}`, () => {
    test('a ping without an answer ends the connection at once', async (t) => {
      const advance = moveTime(t);
      const { ws, client } = await converseWith(t, { ping: 20, pongTimeout: 60 });
      const ended = ending(ws);
      advance(70_000);
      assert.strictEqual(ws.readyState, 1);
      // Over TLS a second frame of one turn waits for its end, and a pong is not missed while something waits.
      await until(() => ws.bufferedAmount === 0);
      advance(20_000);
      // Where the fourth ping left in the moment in which the first was missed, that is looked at once more.
      await until(() => ws.bufferedAmount === 0);
      advance(15_000);
      assert.deepStrictEqual(await ended, [
        'The peer has not answered a ping within 60 s',
        'ERR_WEBSOCKET_TIMEOUT',
        1006,
        ''
      ]);
      // Only pings have been sent, and no close frame.
      assert.match((await framesOf(client)).join(), /^9:1,9:2,9:3(,9:4)?$/);
    });

    test('a ping of the owner counts, and what else the peer sends is no answer', async (t) => {
      const advance = moveTime(t);
      const { ws, client } = await converseWith(t, { pongTimeout: 60 });
      const ended = ending(ws);
      ws.ping('asked');
      await send(ws, client, text('still here'), pong('made up'));
      advance(50_000);
      assert.strictEqual(ws.readyState, 1);
      await send(ws, client, text('and here'));
      advance(20_000);
      assert.strictEqual((await ended)[1], 'ERR_WEBSOCKET_TIMEOUT');
    });

    test('a pong for the newest ping answers all before it', async (t) => {
      const advance = moveTime(t);
      const { ws, client } = await converseWith(t, { pongTimeout: 60 });
      for (const name of ['a', 'b', 'c']) ws.ping(name);
      assert.deepStrictEqual(await client.frames(3), ['9:a', '9:b', '9:c']);
      await send(ws, client, pong('c'));
      advance(50_000);
      ws.ping('d');
      advance(50_000);
      assert.strictEqual(ws.readyState, 1);
      await send(ws, client, pong('d'));
      advance(500_000);
      assert.strictEqual(ws.readyState, 1);
      ws.terminate();
    });

    test('pings may have any bytes, and are known by them', async (t) => {
      const advance = moveTime(t);
      const { ws, client } = await converseWith(t, { pongTimeout: 60 });
      ws.ping(Buffer.from([0xff, 0xfe, 0]));
      assert.deepStrictEqual((await client.frame()).payload, Buffer.from([0xff, 0xfe, 0]));
      await send(ws, client, pong(Buffer.from([0xff, 0xfe, 0])));
      advance(500_000);
      assert.strictEqual(ws.readyState, 1);
      ws.terminate();
    });

    test('a pong that the owner does not read for a pause is not missed', async (t) => {
      const advance = moveTime(t);
      const { ws, client } = await converseWith(t, { pongTimeout: 60, idleTimeout: 60 });
      ws.pause();
      ws.ping('x');
      assert.deepStrictEqual(await client.frames(1), ['9:x']);
      client.send(pong('x'));
      advance(500_000);
      assert.strictEqual(ws.readyState, 1);
      ws.resume();
      await until(() => connectionOf(ws)._limits._pings.length === 0);
      advance(40_000);
      assert.strictEqual(ws.readyState, 1);
      ws.terminate();
    });

    test('a paused connection finds by its pings that its peer is gone', async (t) => {
      const { ws, client } = await converseWith(t, { ping: 0.05, pongTimeout: 60 });
      ws.pause();
      const ended = closing(ws);
      client.send(text('unread'));
      await client.frames(1);
      client.socket.destroy();
      assert.strictEqual((await ended).code, 1006);
    });

    test('a pong may be behind a message that is still coming', async (t) => {
      const advance = moveTime(t);
      const { ws, client } = await converseWith(t, { pongTimeout: 60 });
      const got = new Promise((resolve) => ws.once('message', resolve));
      ws.ping('x');
      const message = text('y'.repeat(400_000));
      for (let at = 0; at < message.length; at += 50_000) {
        await send(ws, client, message.subarray(at, at + 50_000));
        advance(at === 0 ? 61_000 : 14_000);
        assert.strictEqual(ws.readyState, 1, `at ${at}`);
      }
      assert.strictEqual((await got).data.length, 400_000);
      const ended = ending(ws);
      advance(40_000);
      assert.strictEqual((await ended)[1], 'ERR_WEBSOCKET_TIMEOUT');
    });

    test('a silent peer is left after idleTimeout', async (t) => {
      const advance = moveTime(t);
      const { ws } = await converseWith(t, { idleTimeout: 60 });
      const ended = ending(ws);
      advance(50_000);
      assert.strictEqual(ws.readyState, 1);
      advance(30_000);
      assert.deepStrictEqual(await ended, [
        'Nothing has been received for 60 s',
        'ERR_WEBSOCKET_TIMEOUT',
        1006,
        ''
      ]);
    });

    for (const [what, bytes] of [
      ['messages', text('x')],
      ['pings', ping('x')],
      ['pongs', pong('x')],
      ['pieces of a message', Buffer.from([0])]
    ]) {
      test(`${what} show that a peer is there`, async (t) => {
        const advance = moveTime(t);
        const { ws, client } = await converseWith(t, { idleTimeout: 60 });
        // The head of a text of 65,535 bytes: what follows is inside of it.
        if (bytes.length === 1) await send(ws, client, [0x81, 0xfe, 0xff, 0xff, 0, 0, 0, 0]);
        for (let i = 0; i < 5; i++) {
          advance(50_000);
          assert.strictEqual(ws.readyState, 1);
          await send(ws, client, bytes);
        }
        const ended = ending(ws);
        advance(80_000);
        assert.strictEqual((await ended)[1], 'ERR_WEBSOCKET_TIMEOUT');
      });
    }

    test('a peer that takes what we send is there, and one that takes nothing is not', async (t) => {
      const advance = moveTime(t);
      const { ws, client } = await converseWith(t, { idleTimeout: 60, pongTimeout: 60 });
      client.socket.pause();
      while (ws.bufferedAmount < 8_000_000) ws.send(Buffer.alloc(100_000));
      ws.ping('behind all that');
      for (let i = 0; i < 4; i++) {
        const waiting = ws.bufferedAmount;
        client.socket.resume();
        await until(() => ws.bufferedAmount < waiting || ws.bufferedAmount === 0);
        client.socket.pause();
        if (ws.bufferedAmount === 0) break;
        assert.strictEqual(ws.readyState, 1);
        advance(i === 0 ? 61_000 : 14_000);
        assert.strictEqual(ws.readyState, 1);
      }
      const ended = ending(ws);
      advance(200_000);
      assert.strictEqual((await ended)[1], 'ERR_WEBSOCKET_TIMEOUT');
    });

    test('a peer that has taken what waited for it is there', async (t) => {
      const advance = moveTime(t);
      const { ws, client } = await converseWith(t, { idleTimeout: 60 });
      client.socket.pause();
      while (ws.bufferedAmount < 8_000_000) ws.send(Buffer.alloc(100_000));
      const all = ws.bufferedAmount;
      for (const left of [all - 1, 0]) {
        client.socket.resume();
        await until(() => ws.bufferedAmount <= left);
        client.socket.pause();
        // The direct transport hears at once what has left; on streams it is seen at the next look.
        advance(transport === 'direct' ? 60_000 : 65_000);
        assert.strictEqual(ws.readyState, 1);
      }
      const ended = ending(ws);
      advance(130_000);
      assert.strictEqual((await ended)[1], 'ERR_WEBSOCKET_TIMEOUT');
    });

    test('a peer that has got a ping behind much else has a time to answer it', async (t) => {
      const advance = moveTime(t);
      const { ws, client } = await converseWith(t, { pongTimeout: 60 });
      client.socket.pause();
      while (ws.bufferedAmount < 8_000_000) ws.send(Buffer.alloc(100_000));
      ws.ping('behind all that');
      client.socket.resume();
      await until(() => ws.bufferedAmount === 0);
      const ended = ending(ws);
      advance(61_000);
      assert.strictEqual(ws.readyState, 1);
      advance(16_000);
      assert.strictEqual((await ended)[1], 'ERR_WEBSOCKET_TIMEOUT');
    });

    test('what a peer took before a ping is no sign that it may still answer', async (t) => {
      const advance = moveTime(t);
      const { ws, client } = await converseWith(t, { pongTimeout: 60 });
      ws.ping('first');
      assert.deepStrictEqual(await client.frames(1), ['9:first']);
      await send(ws, client, pong('first'));
      client.socket.pause();
      while (ws.bufferedAmount < 8_000_000) ws.send(Buffer.alloc(100_000));
      // The kernel takes some of it until its memory is full.
      let left = ws.bufferedAmount;
      for (let turns = 0; turns < 50; turns++) {
        await new Promise((resolve) => setImmediate(resolve));
        if (ws.bufferedAmount !== left) turns = 0;
        left = ws.bufferedAmount;
      }
      ws.ping('second');
      const ended = ending(ws);
      advance(61_000);
      assert.strictEqual(ws.readyState, 3);
      assert.strictEqual((await ended)[1], 'ERR_WEBSOCKET_TIMEOUT');
    });

    test('a peer that does not answer a close frame is left after closeTimeout', async (t) => {
      const advance = moveTime(t);
      const { ws } = await converseWith(t, { closeTimeout: 60 });
      const ended = ending(ws);
      ws.close(3000, 'go');
      advance(50_000);
      assert.strictEqual(ws.readyState, 2);
      advance(11_000);
      assert.deepStrictEqual(await ended, [1006, '']);
    });

    test('nothing is left on the wheel of a connection that is over', async (t) => {
      const before = timers.size();
      const { ws, client } = await converseWith(t, { ping: 60, idleTimeout: 60, pongTimeout: 60 });
      ws.ping('x');
      ws.close();
      // Four of its own, and the beat that all share who are listened to.
      assert.strictEqual(timers.size() - before, 5);
      const closed = closing(ws);
      client.socket.destroy();
      await closed;
      assert.strictEqual(timers.size(), before);
    });
  });
}

for (const transport of TRANSPORTS) {
  for (const options of [{ ping: 20, pongTimeout: 60 }, { idleTimeout: 60 }]) {
    test(`a client leaves a server that is silent (${transport}, ${Object.keys(options)})`, async (t) => {
      const server = await serve(t, (ws) => ws.pause());
      const advance = moveTime(t);
      const ws = new Client(server.url, [], { transport, ...options });
      const ended = ending(ws);
      await new Promise((resolve) => ws.once('open', resolve));
      advance(100_000);
      assert.strictEqual((await ended)[1], 'ERR_WEBSOCKET_TIMEOUT');
    });
  }
}

test('zero stands for no limit, as for ping', async (t) => {
  const { ws } = await converse(t, { pongTimeout: 0, idleTimeout: '0', closeTimeout: null });
  assert.strictEqual(connectionOf(ws)._limits, null);
  ws.terminate();
});

test('a client of hixie-76 has handshakeTimeout for the end of its handshake', async (t) => {
  const server = await serve(t, () => {}, { options: { handshakeTimeout: 0.1 } });
  const client = await dial(t, server.port);
  client.send(
    Buffer.from(
      'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nOrigin: http://localhost\r\n' +
        'Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n\r\n^n:ds[4'
    )
  );
  const ws = await server.next();
  assert.deepStrictEqual((await ending(ws)).slice(0, 2), [
    'The client has not completed its handshake within 0.1 s',
    'ERR_WEBSOCKET_TIMEOUT'
  ]);
});

test('handshakeTimeout means nothing to a connection that is open', async (t) => {
  const advance = moveTime(t);
  const { ws } = await converse(t, { handshakeTimeout: 20 });
  advance(100_000);
  assert.strictEqual(ws.readyState, 1);
  ws.terminate();
});

for (const [name, value] of [
  ['pongTimeout', -1],
  ['idleTimeout', 'soon'],
  ['closeTimeout', 0],
  ['handshakeTimeout', 0],
  ['idleTimeout', Infinity]
]) {
  test(`a server refuses ${name}: ${value}, and answers nothing`, async (t) => {
    const thrown = new Promise((resolve) => {
      serve(t, () => {}, {
        upgrade(incoming, socket, head) {
          const WebSocket = require('../testing/peers/implementation');
          assert.throws(
            () => new WebSocket(incoming, socket, head, [], { [name]: value }),
            (error) => error instanceof RangeError && error.message.includes(`The option ${name} must be`)
          );
          assert.strictEqual(socket.bytesWritten, 0);
          socket.destroy();
          resolve();
        }
      }).then(async ({ port }) => (await dial(t, port)).send(request()));
    });
    await thrown;
  });
}

alsoWithWebAssembly(__filename);
