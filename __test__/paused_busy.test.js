'use strict';

// An owner pauses its socket while the connection has stopped reading for a reason of its own: messages of a chunk wait
// for their turn, or one is inflated elsewhere. That reason ends, and the owner's pause does not end with it.

const assert = require('node:assert');
const { randomBytes } = require('node:crypto');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const zlib = require('node:zlib');

const WebSocket = require('../testing/peers/implementation');
const { dial, request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { WAYS, meet } = require('../testing/peers/ways');
const { frame, OPCODES } = require('../testing/wire');

const MB = 1024 * 1024;
const { deflate } = WebSocket;

/** The payload of a compressed message (RFC 7692, 7.2.1). */
function compress(bytes) {
  const compressed = zlib.deflateRawSync(bytes, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
  return compressed.subarray(0, -4);
}

/** What a peer sends again and again, with the bytes of one piece. */
const FLOODS = {
  'small messages wait for their turn': {
    piece: Buffer.concat(Array(2000).fill(frame({ opcode: OPCODES.text, payload: 'x'.repeat(20) })))
  },
  'pings wait for their turn': {
    piece: Buffer.concat([
      frame({ opcode: OPCODES.text, payload: 'one' }),
      ...Array(4000).fill(frame({ opcode: OPCODES.ping, payload: 'p' }))
    ])
  },
  'large messages are inflated elsewhere': {
    piece: frame({ opcode: OPCODES.binary, payload: compress(randomBytes(100_000)), rsv: 4 }),
    extensions: [deflate]
  }
};

/** Waits until nothing was read for a while. */
async function settle(stream) {
  for (let before = -1; stream.bytesRead !== before; await sleep(50)) before = stream.bytesRead;
}

describe('what the owner of a socket pauses stays paused', () => {
  for (const { name, secure, options } of WAYS) {
    for (const [what, { piece, extensions }] of Object.entries(FLOODS)) {
      test(`while ${what}: ${name}`, { timeout: 30_000 }, async (t) => {
        const pieces = Math.ceil((12 * MB) / piece.length);
        let count = 0;
        const onWebSocket = (ws, _, socket) => {
          ws.onmessage = () => {
            if (++count === 1) socket.pause();
          };
        };
        const server = await serve(t, onWebSocket, { secure, options: { ...options, extensions } });
        const client = await dial(t, server.port, { secure });
        client.send(request(extensions ? ['Sec-WebSocket-Extensions: permessage-deflate'] : []));
        await client.head();
        client.drop();
        const ws = await server.next();
        for (let i = 0; i < pieces; i++) client.socket.write(piece);
        while (count === 0) await sleep(1);
        await settle(ws._stream);
        assert.ok(ws._stream.isPaused());
        assert.ok(ws._stream.bytesRead < 3 * MB, `${ws._stream.bytesRead} bytes were read`);
        const closed = new Promise((resolve) => (ws.onclose = resolve));
        client.socket.write(frame({ opcode: OPCODES.close, payload: Buffer.from([3, 232]) }));
        ws._stream.resume();
        assert.strictEqual((await closed).code, 1000);
        assert.ok(ws._stream.bytesRead > 12 * MB);
      });
    }

    test(`while messages wait for their turn, in a client: ${name}`, { timeout: 30_000 }, async (t) => {
      const most = 300_000;
      let count = 0;
      const [ws, client] = await meet(t, { secure, options });
      const done = new Promise((resolve) => {
        client.onmessage = () => {
          count++;
          if (count === 1) client._stream.pause();
          if (count === most) resolve();
        };
      });
      for (let i = 0; i < most; i++) ws.send('x'.repeat(20));
      while (count === 0) await sleep(1);
      await settle(client._stream);
      assert.ok(client._stream.bytesRead < 3 * MB, `${client._stream.bytesRead} bytes were read`);
      client._stream.resume();
      await done;
    });
  }
});
