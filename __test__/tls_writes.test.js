'use strict';

// Over TLS every write is a record of its own, and every record that the peer sends is a chunk of its own: what a chunk
// makes a connection answer leaves in one record, however many have gone before, in either role.

const assert = require('node:assert');
const { once } = require('node:events');
const { performance } = require('node:perf_hooks');
const { describe, test } = require('node:test');

// The clock that says how long an answer may wait for others stands still, so that a slow machine parts none.
const own = Object.getOwnPropertyDescriptor(performance, 'now');
Object.defineProperty(performance, 'now', { configurable: true, value: () => 0 });
const WebSocket = require('../testing/peers/implementation');
if (own) Object.defineProperty(performance, 'now', own);
else delete performance.now;

const { makeCertificate } = require('../testing/certificate');
const { connect } = require('../testing/peers/raw_client');
const { agreement, listen } = require('../testing/peers/raw_server');
const { serve } = require('../testing/peers/server');
const { text } = require('../testing/wire');

/** Frames of one record, and how often such a record goes: many times what any memory for frames holds. */
const FRAMES = 64;
const ROUNDS = 400;
const MESSAGE = 'a message of sixty-four bytes, which is what small ones often are';

/** Echoes texts. */
function echo(ws) {
  ws.onmessage = ({ data }) => ws.send(data);
}

/** Sends `batch` again and again to who echoes it, and says in how many records each answer came. */
async function countRecords(peers, batch, answer) {
  const counts = [];
  for (let round = 0; round < ROUNDS; round++) {
    const records = await Promise.all(
      peers.map(async ({ socket }) => {
        const chunks = [];
        socket.write(batch);
        for (let bytes = 0; bytes < answer; bytes += chunks.at(-1).length) {
          chunks.push((await once(socket, 'data'))[0]);
        }
        assert.strictEqual(Buffer.concat(chunks).length, answer);
        return chunks.length;
      })
    );
    counts.push(...records);
  }
  return counts;
}

/** A machine that stops in the middle may part an answer, since what was sent must not wait then. */
function assertWhole(counts) {
  const parted = counts.filter((count) => count > 1).length;
  assert.ok(parted <= counts.length / 50, `${parted} of ${counts.length} answers were parted`);
}

describe('over TLS, the answers to one record', () => {
  test('leave a server in one record', async (t) => {
    const { port } = await serve(t, echo, { secure: true });
    const batch = Buffer.concat(Array.from({ length: FRAMES }, () => text(MESSAGE)));
    const peers = [await connect(t, port, { secure: true }), await connect(t, port, { secure: true })];
    for (const { socket } of peers) socket.removeAllListeners('data');

    const counts = await countRecords(peers, batch, FRAMES * (2 + MESSAGE.length));

    assertWhole(counts);
  });

  test('leave a client in one record', async (t) => {
    const certificate = makeCertificate({ names: ['localhost'] });
    const server = await listen(t, () => {}, { certificate });
    const client = new WebSocket.Client(server.url, [], { tls: { rejectUnauthorized: false } });
    t.after(() => client.close());
    echo(client);
    const peer = await server.next();
    peer.send(agreement(await peer.head()));
    await once(client, 'open');
    peer.socket.removeAllListeners('data');
    const batch = Buffer.concat(
      Array.from({ length: FRAMES }, () =>
        Buffer.concat([Buffer.of(0x81, MESSAGE.length), Buffer.from(MESSAGE)])
      )
    );

    const counts = await countRecords([peer], batch, FRAMES * (6 + MESSAGE.length));

    assertWhole(counts);
  });
});

describe('over TLS, what waits for a peer that does not read', () => {
  test('is what was sent, whatever is sent to others meanwhile', async (t) => {
    const server = await serve(t, undefined, { secure: true });
    const slow = await connect(t, server.port, { secure: true });
    const toSlow = await server.next();
    const quick = await connect(t, server.port, { secure: true });
    const toQuick = await server.next();
    slow.socket.pause();
    const sent = [];
    for (let i = 0; i < 4000; i++) {
      const message = `${i}: ${'slow '.repeat(i % 700)}`;
      sent.push(`1:${message}`);
      toSlow.send(message);
      toQuick.send(`${i}: quick`);
      if (i % 7 === 0) await new Promise(setImmediate);
    }

    const quickly = await quick.frames(sent.length);
    slow.socket.resume();
    const slowly = await slow.frames(sent.length);

    assert.ok(quickly.every((frame, i) => frame === `1:${i}: quick`));
    for (let i = 0; i < sent.length; i++) assert.ok(slowly[i] === sent[i], `message ${i}`);
  });
});
