'use strict';

// What a connection that we have failed reads on for a peer's sake is bounded, in time and in bytes, and nothing of it is told.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { connectionOf } = require('../lib/faye/connection_of');
const { moveTime, until } = require('../testing/peers/moved_time');
const { connect } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { continuation, text } = require('../testing/wire');

const MEGABYTE = 1024 * 1024;

for (const transport of ['direct', 'stream']) {
  describe(`a connection whose peer has broken the protocol: ${transport}`, () => {
    /** A peer whose half stays open behind a violation, and the server's end. */
    async function fail(t, options, onMessage = () => {}) {
      const messages = [];
      const server = await serve(
        t,
        (ws) =>
          (ws.onmessage = ({ data }) => {
            messages.push(data);
            onMessage(ws);
          }),
        { options: { transport, ...options } }
      );
      const client = await connect(t, server.port);
      const ws = await server.next();
      const [socket] = server.sockets;
      const closed = closing(ws);
      client.send(text('one'), continuation('of nothing'));
      assert.strictEqual((await closed).code, 1002);
      assert.deepStrictEqual(await client.frames(1), ['8:1002:Received unexpected continuation frame']);
      return { client, messages, socket };
    }

    test('tells the close while its peer goes on, and reads nothing of what follows', async (t) => {
      const { client, messages, socket } = await fail(t);
      assert.strictEqual(socket.destroyed, false);
      client.send(text('two'), Buffer.alloc(MEGABYTE));
      const gone = once(socket, 'close');
      client.socket.end();
      await gone;
      assert.deepStrictEqual(messages, ['one']);
    });

    test('reads to the end though its owner has paused it', async (t) => {
      const { client, socket } = await fail(t, {}, (ws) => ws.pause());
      const gone = once(socket, 'close');
      client.send(Buffer.alloc(MEGABYTE));
      client.socket.end();
      await gone;
    });

    test('is destroyed when the time for a close has passed', async (t) => {
      const { socket } = await fail(t, { closeTimeout: 0.05 });
      if (!socket.destroyed) await once(socket, 'close');
    });

    test('adds no listener to its socket for each look at a peer that goes on sending', async (t) => {
      const move = moveTime(t);
      const options = { transport, extensions: [WebSocket.deflate] };
      const server = await serve(t, undefined, { options });
      const client = await connect(t, server.port, {
        headers: ['Sec-WebSocket-Extensions: permessage-deflate']
      });
      const closed = closing(await server.next());
      const [socket] = server.sockets;
      const before = socket.listenerCount('close');
      let sends = true;
      t.after(() => (sends = false));
      client.send(continuation('of nothing'));
      (function sendOn() {
        client.send(Buffer.alloc(1000));
        if (sends) setImmediate(sendOn);
      })();
      await closed;
      for (let i = 0; i < 8; i++) {
        const { bytesRead } = socket;
        await until(() => socket.bytesRead > bytesRead + 5000);
        move(250);
      }
      const after = socket.listenerCount('close');
      assert.ok(after <= before + 2, `${after} listeners, ${before} before`);
    });

    test('is not read on behind a fault of our own', async (t) => {
      const server = await serve(
        t,
        (ws) => ws.on('message', () => connectionOf(ws)._receiveViolation(1011, 'a fault')),
        {
          options: { transport, closeTimeout: 60 }
        }
      );
      const client = await connect(t, server.port);
      const ws = await server.next();
      const [socket] = server.sockets;
      const closed = closing(ws);
      client.send(text('one'));
      assert.strictEqual((await closed).code, 1011);
      // The peer's half is open still.
      assert.ok(socket.destroyed);
    });

    /** Has a peer send until it is cut; how many bytes were read. */
    async function sendOn(client, socket) {
      client.socket.on('error', () => {});
      const gone = once(socket, 'close');
      const bytes = Buffer.alloc(MEGABYTE);
      const go = () => {
        while (!client.socket.destroyed && client.socket.write(bytes));
      };
      client.socket.on('drain', go);
      go();
      await gone;
      return socket.bytesRead;
    }

    test('is destroyed when its peer sends on and on', { timeout: 60_000 }, async (t) => {
      const { client, socket } = await fail(t);
      const read = await sendOn(client, socket);
      assert.ok(read < 130 * MEGABYTE, `${read} bytes were read`);
    });

    test('drops less where somebody else hears it', { timeout: 60_000 }, async (t) => {
      let heard = 0;
      const { client, socket } = await fail(t, {}, (ws) =>
        ws._stream.on('data', ({ length }) => (heard += length))
      );
      const read = await sendOn(client, socket);
      assert.ok(heard > MEGABYTE && read < 3 * MEGABYTE, `${heard} of ${read} bytes were heard`);
    });
  });
}
