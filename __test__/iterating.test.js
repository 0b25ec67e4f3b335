'use strict';

// The messages of a connection for `for await`, and a connection as a pair of WHATWG streams.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { TRANSPORTS, alsoWithWebAssembly } = require('../testing/peers/engines');
const { until } = require('../testing/peers/moved_time');
const { connect } = require('../testing/peers/raw_client');
const { listen } = require('../testing/peers/raw_server');
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

    test('who waits for a message is told of the end when the loop is left elsewhere', async (t) => {
      const { ws } = await pair(t, { transport });
      const messages = ws[Symbol.asyncIterator]();
      const waiting = [messages.next(), messages.next()];
      assert.deepStrictEqual(await messages.return('left'), { value: 'left', done: true });
      const end = { value: undefined, done: true };
      assert.deepStrictEqual(await Promise.all(waiting), [end, end]);
      assert.strictEqual(ws.listenerCount('message') + ws.listenerCount('close'), 0);
      ws.terminate();
    });

    test('the slowest of two loops holds the peer up', async (t) => {
      const { ws, client } = await pair(t, { transport });
      const slow = ws[Symbol.asyncIterator]();
      const fast = ws[Symbol.asyncIterator]();
      let read = 0;
      const reading = (async () => {
        for await (const { length } of fast) read += length;
      })();
      const piece = binary(Buffer.alloc(64 * 1024));
      for (let i = 0; i < 1000; i++) client.socket.write(piece);
      await until(() => connectionOf(ws)._paused && read > 0);
      for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
      assert.ok(client.socket.writableLength > 0, 'everything was read');
      for (let i = 0; i < 1000; i++) assert.strictEqual((await slow.next()).value.length, 64 * 1024);
      client.send(close(1000));
      await reading;
      assert.deepStrictEqual([read, (await slow.next()).done], [1000 * 64 * 1024, true]);
    });

    test('a loop that has caught up does not undo the pause of the owner, nor the owner that of a loop', async (t) => {
      const { ws, client } = await pair(t, { transport });
      const messages = ws[Symbol.asyncIterator]();
      let told = 0;
      ws.on('message', () => told++);
      const isPaused = () => connectionOf(ws)._paused;
      const COUNT = 70;
      for (const owner of [false, true]) {
        // In one piece: of another nothing would be read behind the pause of the loop.
        client.socket.write(Buffer.concat(Array(COUNT).fill(text('x'))));
        await until(() => isPaused() && told === COUNT);
        if (owner) ws.pause();
        else ws.resume();
        assert.ok(isPaused(), 'the loop is behind');
        for (let i = 0; i < COUNT; i++) assert.strictEqual((await messages.next()).value, 'x');
        assert.strictEqual(isPaused(), owner);
        told = 0;
      }
      client.send(text('behind the pause'));
      for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
      assert.strictEqual(told, 0);
      ws.resume();
      assert.strictEqual((await messages.next()).value, 'behind the pause');
      ws.terminate();
    });

    test('aborting a writable whose peer takes nothing ends the connection at once', async (t) => {
      const { ws, client } = await pair(t, { transport });
      client.socket.pause();
      const writer = WebSocket.toStreams(ws).writable.getWriter();
      const writes = [];
      while (!connectionOf(ws)._backedUp || writes.length < 3) {
        writes.push(writer.write(Buffer.alloc(1 << 20)).catch((error) => error));
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (let i = 0; i < 2; i++) writes.push(writer.write('behind it').catch((error) => error));
      const reason = new Error('enough');
      await writer.abort(reason);
      assert.strictEqual(ws.readyState, WebSocket.CLOSED);
      const results = await Promise.all(writes);
      assert.deepStrictEqual(results.slice(-2), [reason, reason]);
      assert.strictEqual(results.at(-3).code, 'ERR_WEBSOCKET_CLOSED');
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

    test('for await ends in order when the peer is lost without a close frame, and closed tells the code', async (t) => {
      const { ws, client } = await pair(t, { transport });
      const seen = [];
      const done = (async () => {
        for await (const message of ws) seen.push(message);
      })();
      client.send(text('first'));
      client.socket.end();
      await done;
      assert.deepStrictEqual([seen, (await ws.closed).code], [['first'], 1006]);
    });

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

test('aborting the writable of a client that is on its way gives that up', async (t) => {
  const silent = await listen(t);
  const ws = new WebSocket.Client(silent.url);
  const { readable, writable } = WebSocket.toStreams(ws);
  await writable.abort(new Error('enough'));
  assert.strictEqual(ws.readyState, WebSocket.CLOSED);
  await assert.rejects(readable.getReader().read(), { code: 'ERR_WEBSOCKET_CLOSED' });
});

test('toStreams wants a WebSocket', () => {
  for (const value of [undefined, {}, 'ws']) {
    assert.throws(() => WebSocket.toStreams(value), /^TypeError: toStreams\(ws\) needs a WebSocket$/);
  }
});

alsoWithWebAssembly(__filename);
