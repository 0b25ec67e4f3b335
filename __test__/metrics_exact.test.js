'use strict';

// The counts of WebSocket.metrics, where what was sent and what has come is known to the byte: whatever messages go through,
// and however connections end.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { makeCertificate } = require('../testing/certificate');
const { TRANSPORTS, alsoWithWebAssembly } = require('../testing/peers/engines');
const { until } = require('../testing/peers/moved_time');
const { random } = require('../testing/peers/random');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { binary, close, fragments, ping, text } = require('../testing/wire');

const CERTIFICATE = makeCertificate({ names: ['localhost'] });
const ways = [...TRANSPORTS.map((transport) => ({ transport })), { transport: 'stream', secure: true }];

/** What has been counted since, of what does not go down. */
function since(before) {
  const { messages, bytes, closed, closeCodes } = WebSocket.metrics();
  const codes = Object.entries(closeCodes).map(([code, count]) => [
    Number(code),
    count - (before.closeCodes[code] || 0)
  ]);
  return {
    messages: {
      sent: messages.sent - before.messages.sent,
      received: messages.received - before.messages.received
    },
    bytes: { sent: bytes.sent - before.bytes.sent, received: bytes.received - before.bytes.received },
    closed: closed - before.closed,
    codes: Object.fromEntries(codes.filter(([, count]) => count > 0))
  };
}

for (const { transport, secure } of ways) {
  describe(`over ${secure ? 'TLS' : `the ${transport} transport`}`, { timeout: 20000 }, () => {
    for (const extensions of [[], [WebSocket.deflate]]) {
      const coding = extensions.length > 0 ? 'compressed' : 'plain';
      test(`both ends of ${coding} conversations count the same`, async (t) => {
        const options = { transport, extensions };
        const made = [];
        const server = await serve(t, (ws) => made.push(ws), { options, secure: secure && CERTIFICATE });
        const tls = secure && { tls: { ca: CERTIFICATE.cert, servername: 'localhost' } };
        const before = WebSocket.metrics();
        const clients = [];
        for (let i = 0; i < 4; i++)
          clients.push(new WebSocket.Client(server.url, [], { ...options, ...tls }));
        await Promise.all(clients.map((client) => client.opened));
        await until(() => made.length === 4 && made.every((ws) => ws.readyState === 1));
        let received = 0;
        for (const ws of [...made, ...clients]) ws.on('message', () => received++);
        const below = random(4);
        let sent = 0;
        for (let i = 0; i < 150; i++) {
          const size = [0, 1, 125, 126, 5000, 20_000][below(6)];
          const data = [() => 'x'.repeat(size), () => '世'.repeat(size), () => Buffer.alloc(size, i)][
            below(3)
          ]();
          const ends = below(2) === 0 ? made : clients;
          const ws = ends[below(4)];
          const kind = below(7);
          sent += kind < 2 ? 4 : 1;
          if (kind === 0) WebSocket.broadcast(ends, data);
          else if (kind === 1) WebSocket.broadcast(ends, WebSocket.prepare(data));
          else if (kind === 2) ws.send(WebSocket.prepare(data));
          else if (kind === 3) ws.send(data, { compress: false });
          else if (kind === 4) ws.send(new Blob([data]));
          else ws.send(data);
          if (below(5) === 0) ws.ping(`${i}`);
          if (below(9) === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        await until(() => received === sent);
        clients.forEach((client, i) => client.close(3000 + (i % 2)));
        await Promise.all([...made, ...clients].map((ws) => ws.closed));
        const counted = since(before);
        assert.deepStrictEqual(counted.messages, { sent, received: sent });
        assert.strictEqual(counted.bytes.sent, counted.bytes.received);
        assert.deepStrictEqual([counted.closed, counted.codes], [8, { 3000: 4, 3001: 4 }]);
      });
    }

    for (const [end, frames, code] of [
      ['in order', [close(1000)], 1000],
      ['with a violation', [Buffer.from([0x83, 0x80, 0, 0, 0, 0])], 1002],
      ['with a text that is none', [text(Buffer.from([0xff]))], 1007],
      ['without a word', [], 1006]
    ]) {
      test(
        `each byte counts of a peer that ends ${end}`,
        { skip: secure && 'TLS adds its own' },
        async (t) => {
          const server = await serve(t, (ws) => ws.on('message', ({ data }) => ws.send(data)), {
            options: { transport }
          });
          const before = WebSocket.metrics();
          const client = await connect(t, server.port);
          const ws = await server.next();
          const parts = [text('one'), ...fragments('t', 'w', 'o'), binary(Buffer.alloc(70_000)), ping('p')];
          client.send(...parts, ...frames);
          let got = Buffer.byteLength(client.answer, 'latin1');
          client.socket.on('data', ({ length }) => (got += length));
          got += client.bytes.length;
          if (frames.length === 0) {
            await until(() => since(before).messages.received === 3);
            client.socket.end();
          }
          assert.strictEqual((await ws.closed).code, code);
          if (code !== 1006) client.socket.end();
          await client.closed;
          if (!ws._stream.destroyed) await once(ws._stream, 'close');
          const { messages, bytes, closed, codes } = since(before);
          assert.deepStrictEqual(messages, { sent: 3, received: 3 });
          assert.deepStrictEqual([bytes.received, bytes.sent], [client.socket.bytesWritten, got]);
          assert.deepStrictEqual([closed, codes], [1, { [code]: 1 }]);
        }
      );
    }
  });
}

alsoWithWebAssembly(__filename);
