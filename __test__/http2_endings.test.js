'use strict';

// Streams of HTTP/2 whose peer has had our close frame and the end of our half, and never ends its own.

const assert = require('node:assert');
const { once } = require('node:events');
const http2 = require('node:http2');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { ask, connect, serve } = require('../testing/peers/http2');
const { close, text } = require('../testing/wire');

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = http2.constants;

/** What a peer sends at last, and the code of the close frame that it gets. */
const LAST = {
  'a close frame': [close(3001), 3001],
  'a frame without a mask': [text('a', { mask: null }), 1003]
};

/** The close code of the frame that a stream gets. @param {Buffer[]} parts */
const codeOf = (parts) => Buffer.concat(parts).readUInt16BE(2);

describe('a stream of HTTP/2 whose peer never ends it', { timeout: 15000 }, () => {
  for (const [name, [bytes, code]] of Object.entries(LAST)) {
    for (const isBehind of [true, false]) {
      const when = isBehind ? 'right behind its request' : 'behind the answer';
      test(`is told as closed, and ended, behind ${name} ${when}`, async (t) => {
        let closed;
        const server = await serve({
          behaviour: (ws) => (closed = new Promise((resolve) => ws.on('close', resolve))),
          options: { closeTimeout: 600 }
        });
        const session = await connect(server.origin);
        t.after(() => {
          session.destroy();
          server.stop();
        });
        const stream = ask(session);
        const parts = [];
        stream.on('data', (part) => parts.push(part));
        const ended = once(stream, 'close');
        if (isBehind) stream.write(bytes);
        await once(stream, 'response');
        if (!isBehind) stream.write(bytes);
        await once(stream, 'end');
        assert.strictEqual(codeOf(parts), code);
        assert.strictEqual((await closed).code, code);
        await ended;
        assert.strictEqual(stream.rstCode, NGHTTP2_NO_ERROR);
      });
    }
  }

  test('is told as closed, and reset, by a client as well', async (t) => {
    const server = http2.createServer({ settings: { enableConnectProtocol: true } });
    let stream;
    server.on('stream', (made) => {
      stream = made;
      stream.on('error', () => {});
      stream.respond({ ':status': 200 });
      stream.write(Buffer.from([0x88, 2, 0x0b, 0xb9]));
      stream.resume();
    });
    await once(server.listen(0, 'localhost'), 'listening');
    const { port } = server.address();
    const session = await connect(`http://localhost:${port}`);
    t.after(() => {
      session.destroy();
      server.close();
    });
    const ws = new WebSocket.Client(`ws://localhost:${port}/`, null, { http2: session, closeTimeout: 600 });
    const [{ code }] = await once(ws, 'close');
    assert.strictEqual(code, 3001);
    await once(stream, 'close');
    assert.strictEqual(stream.rstCode, NGHTTP2_CANCEL);
  });
});
