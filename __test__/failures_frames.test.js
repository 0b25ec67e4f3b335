'use strict';

// Faults of our own code while it frames a message: the part of the frame that was made never reaches the peer. Behind it
// come whole frames, or, where the peer could not inflate them, the end of the connection.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const { constants, inflateRawSync } = require('node:zlib');

const { failing } = require('./failures/build');
const { closeCode, connecting, idle, injectOnce, serving } = require('./failures/opening');
const { until } = require('../testing/peers/moved_time');
const { closing } = require('../testing/peers/server');

const built = failing();
const skip = built ? false : 'there is no cargo to build the failures with';
const { WebSocket } = built || {};

const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate';
const ANSWER = ['Sec-WebSocket-Extensions: permessage-deflate'];
/** What our code throws for a fault of its own, in the binary and in WebAssembly. */
const FAULT = { code: 'ERR_FAYE_WEBSOCKET_STOPPED' };

const MESSAGES = {
  'a text': 'lost',
  'a text that is not of ASCII alone': 'lost: é水',
  bytes: Buffer.from('lost'),
  'a text of some KB': 'lost'.repeat(2000),
  'a text of 40 KB': 'lost'.repeat(10_000),
  'bytes of 40 KB': Buffer.alloc(40_000, 1)
};

/** What is compressed on another thread, since it is large. */
const LARGE = { 'a text of 400 KB': 'lost'.repeat(100_000), 'bytes of 400 KB': Buffer.alloc(400_000, 1) };

const SYNC = { finishFlush: constants.Z_SYNC_FLUSH };

/** What a frame says, without its mask. */
const said = ({ opcode, payload }) => `${opcode}:${payload}`;

const ROLES = {
  server: (t, options, compresses) => serving(t, options, compresses ? { headers: [OFFER] } : {}),
  client: (t, options, compresses) => connecting(t, options, compresses ? ANSWER : undefined)
};

// The WebAssembly engine has one.
const TRANSPORTS = built && built.folder ? ['direct', 'stream'] : ['stream'];

for (const transport of TRANSPORTS) {
  for (const [role, begin] of Object.entries(ROLES)) {
    describe(`a fault in a frame (${transport} transport, ${role})`, { skip }, () => {
      for (const [what, message] of Object.entries(MESSAGES)) {
        test(`of ${what} is its sender's error, and the peer receives the frames around it`, async (t) => {
          const { client, ws, events } = await begin(t, { transport });
          assert.strictEqual(ws.transport, transport);
          ws.send('before');
          injectOnce(t, 'frame');
          assert.throws(() => ws.send(message), FAULT);
          ws.send('behind');
          const frames = [await client.frame(), await client.frame()].map(said);
          assert.deepStrictEqual(frames, ['1:before', '1:behind']);
          ws.close();
          assert.strictEqual(await closeCode(client), 1000);
          assert.deepStrictEqual(events, []);
        });
      }

      for (const [what, message] of Object.entries({ ...MESSAGES, ...LARGE })) {
        test(`of ${what} that is compressed ends the connection with 1011`, async (t) => {
          const options = { transport, extensions: [WebSocket.deflate] };
          const { client, ws, events, closed } = await begin(t, options, true);
          assert.strictEqual(ws.transport, transport);
          injectOnce(t, 'frame');
          assert.strictEqual(ws.send(message), false);
          assert.strictEqual(ws.send('behind'), false);
          const first = await client.frame();
          assert.deepStrictEqual([first.opcode, first.payload.readUInt16BE(0)], [8, 1011]);
          await closed;
          assert.match(events[0], /^error (Internal error|.* (was stopped|panicked).*)$/);
          assert.deepStrictEqual(events.slice(1), ['close 1011']);
        });
      }

      test('of which nothing is sent later leaves nothing behind', async (t) => {
        const { client, ws } = await begin(t, { transport });
        injectOnce(t, 'frame');
        assert.throws(() => ws.send('lost'), FAULT);
        assert.strictEqual(ws.bufferedAmount, 0);
        ws.close();
        assert.strictEqual(said(await client.frame()).slice(0, 2), '8:');
      });

      test('leaves nothing behind for the stream that takes the connection over', async (t) => {
        const { client, ws } = await begin(t, { transport });
        const stream = ws._stream;
        injectOnce(t, 'frame');
        assert.throws(() => ws.send('lost'), FAULT);
        ws.pause();
        stream.on('data', () => {});
        assert.strictEqual(ws.transport, 'stream');
        ws.send('behind');
        assert.strictEqual(said(await client.frame()), '1:behind');
      });

      test('of a ping is its sender’s error, and the peer receives the next one', async (t) => {
        const { client, ws, events } = await begin(t, { transport });
        injectOnce(t, 'frame');
        assert.throws(() => ws.ping('lost'), FAULT);
        assert.strictEqual(ws.ping('behind'), true);
        assert.strictEqual(said(await client.frame()), '9:behind');
        assert.deepStrictEqual(events, []);
      });

      test('of a ping beside compression leaves the connection as it is', async (t) => {
        const { client, ws, events } = await begin(t, { transport, extensions: [WebSocket.deflate] }, true);
        injectOnce(t, 'frame');
        assert.throws(() => ws.ping('lost'), FAULT);
        ws.send('behind', { compress: false });
        assert.strictEqual(said(await client.frame()), '1:behind');
        assert.deepStrictEqual(events, []);
      });

      test('of a pong ends the connection with 1011, and is nobody’s exception', async (t) => {
        const { client, events, closed } = await begin(t, { transport });
        injectOnce(t, 'frame');
        client.send(client.says({ opcode: 9, payload: 'who is there?' }));
        assert.strictEqual(await closeCode(client), 1011);
        await closed;
        assert.deepStrictEqual(events, ['error Internal error', 'close 1011']);
      });

      test('of the close frame has another one say so', async (t) => {
        const { client, ws, closed } = await begin(t, { transport });
        injectOnce(t, 'frame');
        ws.close(3000, 'because');
        const { opcode, payload } = await client.frame();
        assert.deepStrictEqual([opcode, payload.readUInt16BE(0)], [8, 1011]);
        client.send(client.says({ opcode: 8, payload }));
        assert.strictEqual((await closed).code, 1011);
      });

      test('of the close frame and of the one in its place ends the connection', async (t) => {
        const { client, ws, closed } = await begin(t, { transport });
        injectOnce(t, 'frame', 2);
        ws.close(3000, 'because');
        assert.strictEqual((await closed).code, 1006);
        assert.strictEqual(await closeCode(client), null);
      });

      test('of the answer to a close frame does not hide the peer’s code', async (t) => {
        const { client, closed } = await begin(t, { transport });
        injectOnce(t, 'frame');
        client.send(client.says({ opcode: 8, payload: Buffer.from([0x0b, 0xb8]) }));
        assert.strictEqual(await closeCode(client), 1011);
        assert.strictEqual((await closed).code, 3000);
      });

      test('of what was sent before it opened ends the connection with 1011', async (t) => {
        injectOnce(t, 'frame');
        let closed;
        const onWebSocket = (ws) => {
          closed = closing(ws);
          ws.send('lost');
          ws.send('behind');
        };
        const options = { transport };
        const { client } =
          role === 'server'
            ? await serving(t, options, { onWebSocket })
            : await connecting(t, options, [], onWebSocket);
        assert.strictEqual(await closeCode(client), 1011);
        assert.strictEqual((await closed).code, 1011);
      });
    });
  }

  describe(`a fault in a frame (${transport} transport)`, { skip }, () => {
    test('of a message that was prepared is its sender’s error', async (t) => {
      const { client, ws } = await serving(t, { transport });
      const message = WebSocket.prepare('lost');
      injectOnce(t, 'frame');
      assert.throws(() => ws.send(message), FAULT);
      ws.send(message);
      assert.strictEqual(said(await client.frame()), '1:lost');
    });

    test('of what an extension has made ends the connection with 1011', async (t) => {
      const headers = ['Sec-WebSocket-Extensions: x-idle'];
      const { client, ws, closed } = await serving(t, { transport, extensions: [idle] }, { headers });
      injectOnce(t, 'frame');
      ws.send('lost');
      ws.send('behind');
      assert.strictEqual(await closeCode(client), 1011);
      assert.strictEqual((await closed).code, 1011);
    });

    test('of a ping of the interval ends the connection with 1011', async (t) => {
      const { client, closed } = await serving(t, { transport, ping: 0.01 });
      injectOnce(t, 'frame');
      assert.strictEqual(await closeCode(client), 1011);
      assert.strictEqual((await closed).code, 1011);
    });
  });
}

describe('a fault in a frame for many', { skip }, () => {
  /** Servers' connections, with their clients. */
  async function crowd(t, count, options, headers) {
    const all = [];
    for (let i = 0; i < count; i++) all.push(await serving(t, options, { headers }));
    await until(() => all.every(({ ws }) => ws.transport === options.transport));
    return all;
  }

  const places = TRANSPORTS.includes('direct') ? ['many', 'frame'] : ['frame'];
  for (const transport of TRANSPORTS) {
    for (const place of transport === 'direct' ? places : ['frame']) {
      test(`is the sender's error, and the others get it (${transport} transport, ${place})`, async (t) => {
        const all = await crowd(t, 5, { transport });
        const sockets = all.map(({ ws }) => ws);
        injectOnce(t, place);
        assert.throws(() => WebSocket.broadcast(sockets, 'some'), FAULT);
        assert.strictEqual(WebSocket.broadcast(sockets, 'all'), 5);
        let got = 0;
        for (const { client } of all) {
          const first = said(await client.frame());
          if (first === '1:some') got++;
          assert.strictEqual(first === '1:some' ? said(await client.frame()) : first, '1:all');
        }
        // Of one frame for all, a fault in the frame leaves nothing for anybody.
        assert.strictEqual(got, transport === 'direct' && place === 'frame' ? 0 : 4);
      });
    }

    test(`that is compressed once keeps no other message from its reader (${transport} transport)`, async (t) => {
      const offer = `${OFFER}; server_no_context_takeover`;
      const extensions = [WebSocket.deflate.configure({ threshold: 0, noContextTakeover: true })];
      const all = await crowd(t, 3, { transport, extensions }, [offer]);
      const sockets = all.map(({ ws }) => ws);
      // It cannot be compressed for all, and then not for the first.
      injectOnce(t, 'codecRun');
      injectOnce(t, 'pack');
      const message = 'some'.repeat(50);
      WebSocket.broadcast(sockets, message);
      assert.strictEqual(await closeCode(all[0].client), 1011);
      for (const { client } of all.slice(1)) {
        const { payload } = await client.frame();
        const tail = Buffer.from([0, 0, 0xff, 0xff]);
        assert.strictEqual(String(inflateRawSync(Buffer.concat([payload, tail]), SYNC)), message);
      }
    });
  }
});
