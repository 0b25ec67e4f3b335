'use strict';

// What was accepted by `send` before a connection is over arrives, and then the close frame.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const API = require('../lib/faye/websocket/api');
const { connect } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { close, continuation, frame, text } = require('../testing/wire');

/** More than a kernel takes from a sender whose peer does not read. */
const MUCH = 12 * (1 << 20);
const PIECE = 100_000;

/** Takes messages of `PIECE` bytes until something else comes; how many, and that. */
async function pieces(client) {
  for (let count = 0; ; count++) {
    const { opcode, payload } = await client.frame();
    if (opcode === 8) return { count, code: payload.readUInt16BE(0) };
    assert.deepStrictEqual([opcode, payload.length, payload[0]], [2, PIECE, count & 0xff]);
  }
}

/** Sends until much waits; how many messages of `PIECE` bytes that were. */
function fill(ws, much = MUCH) {
  let count = 0;
  while (ws.bufferedAmount < much) ws.send(Buffer.alloc(PIECE, count++));
  return count;
}

const endings = {
  'its close frame': { bytes: close(3001, 'enough'), code: 3001 },
  'a violation': { bytes: continuation('x'), code: 1002 }
};

for (const [ending, { bytes, code }] of Object.entries(endings)) {
  describe(`after ${ending}`, () => {
    for (const secure of [false, true]) {
      test(`a peer gets the message before${secure ? ' over TLS' : ''}, and the close frame`, async (t) => {
        const server = await serve(t, (ws) => (ws.onmessage = () => ws.send(Buffer.alloc(PIECE))), {
          secure
        });
        const client = await connect(t, server.port, { secure });
        client.send(text('go'), bytes);
        assert.deepStrictEqual(await pieces(client), { count: 1, code });
        assert.strictEqual((await client.rest()).length, 0);
      });

      test(`a peer that has not read yet${secure ? ' over TLS' : ''} gets all that waits`, async (t) => {
        const server = await serve(t, undefined, { secure });
        const client = await connect(t, server.port, { secure });
        const ws = await server.next();
        const closed = closing(ws);
        client.socket.pause();
        await new Promise((resolve) => {
          ws.onmessage = () => resolve();
          client.send(text('go'));
        });
        const expected = fill(ws);
        client.send(bytes);
        client.socket.resume();
        assert.deepStrictEqual(await pieces(client), { count: expected, code });
        assert.strictEqual((await closed).code, code);
        assert.strictEqual(ws.bufferedAmount, 0);
      });
    }
  });
}

test('a peer that sends a close frame and never reads is given up after the time for a close', async (t) => {
  const { CLOSE_TIMEOUT } = API;
  API.CLOSE_TIMEOUT = 50;
  t.after(() => (API.CLOSE_TIMEOUT = CLOSE_TIMEOUT));
  const server = await serve(t, (ws) => (ws.onmessage = () => fill(ws)));
  const client = await connect(t, server.port);
  const ws = await server.next();
  const [socket] = server.sockets;
  const gone = once(socket, 'close');
  const closed = closing(ws);
  client.socket.pause();
  client.send(text('go'), close(1000));
  assert.strictEqual((await closed).code, 1000);
  await gone;
  assert.ok(socket.destroyed);
});

for (const secure of [false, true]) {
  const way = secure ? ' over TLS' : '';
  test(`an owner who ends its socket while much waits${way} hears the peer's end behind all of it`, async (t) => {
    const server = await serve(t, undefined, { secure });
    const client = await connect(t, server.port, { secure });
    const ws = await server.next();
    const [socket] = server.sockets;
    const closed = closing(ws);
    client.socket.pause();
    const filled = new Promise((resolve) => {
      // Inside a handler: the stream is paused behind it, for as long as it is backed up.
      ws.onmessage = () => {
        resolve(fill(ws));
        socket.end();
      };
    });
    client.send(text('go'));
    const count = await filled;
    client.socket.resume();
    for (let i = 0; i < count; i++) assert.strictEqual((await client.frame()).payload.length, PIECE);
    client.send(close(3001));
    client.socket.end();
    assert.strictEqual((await closed).code, 3001);
  });
}

describe('once closing', () => {
  for (const [what, opcode, ...pieces] of [
    ['text', 1, 'comes ', 'too late'],
    ['text with other characters', 1, 'kommt ', 'zu spät'],
    ['binary', 2, 'comes ', 'too late']
  ]) {
    test(`takes a violation for what it is behind fragments of ${what} that nobody wants any more`, async (t) => {
      const { port, next } = await serve(t, (ws) => (ws.onmessage = () => ws.close(3000)));
      const client = await connect(t, port);
      const over = closing(await next());
      const late = pieces.map((payload, i) => frame({ opcode: i === 0 ? opcode : 0, payload, fin: i > 0 }));
      client.send(text('close'), ...late, continuation('of nothing'));
      const { code, reason } = await over;
      assert.deepStrictEqual([code, reason], [1002, 'Received unexpected continuation frame']);
      assert.deepStrictEqual(await client.frames(1), ['8:3000:']);
    });
  }
});
