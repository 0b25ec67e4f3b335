'use strict';

// The messages of a connection for `for await`, and a connection as a pair of WHATWG streams.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { TRANSPORTS, alsoWithWebAssembly } = require('../testing/peers/engines');
const { until } = require('../testing/peers/moved_time');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { binary, close, text } = require('../testing/wire');
const { connectionOf } = require('../lib/faye/connection_of');

/** A server's connection, and its client of raw bytes. */
async function pair(t, options, settings = {}) {
  const server = await serve(t, settings.onWebSocket, { options });
  const client = await connect(t, server.port, settings);
  const ws = await server.next();
  await ws.opened;
  return { server, client, ws };
}

for (const transport of TRANSPORTS) {
  describe(`over the ${transport} transport`, () => {
    test('for await gives messages in order, and ends with the connection', async (t) => {
      const { ws, client } = await pair(t, { transport });
      const seen = [];
      const done = (async () => {
        for await (const message of ws) seen.push(message);
      })();
      client.send(text('a'), binary('b'), text('c'), close(1000));
      await done;
      assert.deepStrictEqual(seen, ['a', Buffer.from('b'), 'c']);
      assert.strictEqual(ws.listenerCount('message') + ws.listenerCount('close'), 0);
    });

    test('for await holds the peer up while its reader is slow', async (t) => {
      const { ws, client } = await pair(t, { transport });
      const messages = ws[Symbol.asyncIterator]();
      const piece = binary(Buffer.alloc(64 * 1024));
      let sent = 0;
      // More than buffers of the system hold; the socket takes no more in the end.
      while (client.socket.write(piece) && sent < 1000) sent++;
      for (let i = 0; i < 400; i++) client.socket.write(piece);
      sent += 401;
      await until(() => connectionOf(ws)._paused);
      for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
      assert.ok(client.socket.writableLength > 0, 'everything was read');
      for (let i = 0; i < sent; i++) assert.strictEqual((await messages.next()).value.length, 64 * 1024);
      client.send(close(1000));
      assert.deepStrictEqual(await messages.next(), { value: undefined, done: true });
    });

    test('for await throws the error that ends the connection, behind the messages before it', async (t) => {
      const { ws, client } = await pair(t, { transport });
      const seen = [];
      const failing = (async () => {
        for await (const message of ws) seen.push(message);
      })();
      client.send(text('a'), Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
      await assert.rejects(failing, { code: 'ERR_WEBSOCKET_VIOLATION', closeCode: 1002 });
      assert.deepStrictEqual(seen, ['a']);
    });

    test('a loop that is left leaves the connection open, and another can follow', async (t) => {
      const { ws, client } = await pair(t, { transport });
      client.send(text('a'));
      for await (const message of ws) {
        assert.strictEqual(message, 'a');
        break;
      }
      assert.strictEqual(ws.readyState, WebSocket.OPEN);
      client.send(text('b'), close(1000));
      const seen = [];
      for await (const message of ws) seen.push(message);
      assert.deepStrictEqual(seen, ['b']);
    });

    test('streams carry messages both ways, and close the connection', async (t) => {
      const { ws, client } = await pair(t, { transport });
      const { readable, writable } = WebSocket.toStreams(ws);
      const reader = readable.getReader();
      const writer = writable.getWriter();
      client.send(text('a'), binary('b'));
      assert.deepStrictEqual(await reader.read(), { value: 'a', done: false });
      assert.deepStrictEqual(await reader.read(), { value: Buffer.from('b'), done: false });
      await writer.write('c');
      await writer.write(new Uint8Array([100]));
      assert.deepStrictEqual(await client.frames(2), ['1:c', '2:d']);
      const closed = writer.close();
      assert.deepStrictEqual(await client.frames(1), ['8:1000:']);
      client.send(close(1000));
      await closed;
      assert.deepStrictEqual(await reader.read(), { value: undefined, done: true });
    });

    test('a stream writes as fast as its peer takes it', async (t) => {
      const { ws, client } = await pair(t, { transport });
      client.socket.pause();
      const writer = WebSocket.toStreams(ws).writable.getWriter();
      let written = 0;
      const all = (async () => {
        for (; written < 300; written++) await writer.write(Buffer.alloc(64 * 1024));
      })();
      await until(() => connectionOf(ws)._backedUp);
      for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
      assert.ok(written < 300, 'nothing waited');
      client.drop();
      client.socket.resume();
      await all;
      writer.close().catch(() => {});
      ws.terminate();
    });

    for (const [name, act] of [
      ['aborting the writable', ({ writable }) => writable.abort(new Error('enough'))],
      ['cancelling the readable', ({ readable }) => readable.cancel()]
    ]) {
      test(`${name} ends the connection`, async (t) => {
        const { ws, client } = await pair(t, { transport });
        const streams = WebSocket.toStreams(ws);
        const acting = act(streams);
        client.send(close(1000));
        await acting;
        assert.strictEqual(ws.readyState, WebSocket.CLOSED);
      });
    }

    test('a readable fails when the peer is lost without a close frame, behind what has come', async (t) => {
      const { ws, client } = await pair(t, { transport });
      const reader = WebSocket.toStreams(ws).readable.getReader();
      client.send(text('first'));
      client.socket.end();
      assert.deepStrictEqual(await reader.read(), { value: 'first', done: false });
      await assert.rejects(reader.read(), { code: 'ERR_WEBSOCKET_CLOSED' });
    });

    test('a stream over a connection that fails rejects, and nothing is unhandled', async (t) => {
      const { ws, client } = await pair(t, { transport });
      const { readable, writable } = WebSocket.toStreams(ws);
      const reading = readable.getReader().read();
      const writer = writable.getWriter();
      await writer.ready;
      client.send([0x83, 0x80, 0, 0, 0, 0]);
      await assert.rejects(reading, { code: 'ERR_WEBSOCKET_VIOLATION' });
      await assert.rejects(writer.write('x'), { code: 'ERR_WEBSOCKET_CLOSED' });
    });
  });
}

test('toStreams wants a WebSocket', () => {
  for (const value of [undefined, {}, 'ws']) {
    assert.throws(() => WebSocket.toStreams(value), /^TypeError: toStreams\(ws\) needs a WebSocket$/);
  }
});

alsoWithWebAssembly(__filename);
