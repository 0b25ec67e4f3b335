'use strict';

// What a socket reads may be a part of larger memory, of which the next chunks will be other parts: so it is over TLS from
// Node.js 24 on. Who transfers the memory of a message does not take those away.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { makeCertificate } = require('../testing/certificate');
const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { tryTransfer, ways } = require('../testing/peers/transfers');
const { binary } = require('../testing/wire');

const COUNT = 60;
const SIZES = [1, 100, 3000, 16_000, 40_000];

for (const way of ways) {
  describe(`messages whose memory is taken away by ${way}`, { timeout: 20_000 }, () => {
    for (const size of SIZES) {
      test(`leave the rest of the memory that a socket reads into: ${size} bytes each`, async (t) => {
        const server = await serve(t, undefined, { options: { transport: 'stream' } });
        await connect(t, server.port);
        const ws = await server.next();
        const got = [];
        ws.on('message', ({ data }) => {
          got.push(Buffer.from(data));
          tryTransfer(way, data);
        });
        const frames = [1, 2, 3].map((i) => binary(Buffer.alloc(size, i)));
        // One piece of memory, of which each chunk is a part.
        const whole = new Uint8Array(new ArrayBuffer(frames.reduce((sum, { length }) => sum + length, 0)));
        let at = 0;
        const parts = frames.map((bytes) => {
          whole.set(bytes, at);
          at += bytes.length;
          return Buffer.from(whole.buffer, at - bytes.length, bytes.length);
        });
        for (const part of parts) ws._stream.push(part);
        while (got.length < 3) await once(ws, 'message');
        got.forEach((data, i) => assert.ok(data.equals(Buffer.alloc(size, i + 1)), `message ${i}`));
      });
    }

    test('leave what follows over TLS', async (t) => {
      const certificate = makeCertificate({ names: ['localhost'] });
      const server = await serve(t, (ws) => ws.on('message', ({ data }) => ws.send(data)), {
        secure: certificate
      });
      const tls = { ca: certificate.cert, servername: 'localhost' };
      const client = new WebSocket.Client(server.url, [], { tls });
      t.after(() => client.terminate());
      await once(client, 'open');
      const ended = once(client, 'close');
      let received = 0;
      const sendNext = () => client.send(Buffer.alloc(SIZES[received % SIZES.length], received));
      client.on('message', ({ data }) => {
        const expected = Buffer.alloc(SIZES[received % SIZES.length], received);
        assert.ok(expected.equals(data), `message ${received}`);
        received++;
        tryTransfer(way, data);
        if (received === COUNT) client.close();
        else sendNext();
      });
      sendNext();
      await ended;
      assert.strictEqual(received, COUNT);
    });
  });
}
