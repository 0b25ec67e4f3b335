'use strict';

// Messages for many that are large enough for another thread: compressed once for all connections with the same parameters,
// and in their place among what else is sent.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { TRANSPORTS, alsoWithWebAssembly } = require('../testing/peers/engines');
const { ALONE, CLIENT_ALONE, OFFER, compressed, join } = require('../testing/peers/inflating');
const { joinClients, read } = require('../testing/peers/inflating');
const { until } = require('../testing/peers/moved_time');
const { close } = require('../testing/wire');

/** Two large texts that differ, of which one is not ASCII. */
const A = JSON.stringify(Array.from({ length: 4000 }, (_, i) => ({ id: i, name: `name ${i * 7919}` })));
const B = A.replaceAll('name', 'größe');

/** Small ones that are worth compressing. */
const SMALL = 'small '.repeat(20);
const BETWEEN = 'between '.repeat(20);

const all = (pairs) => pairs.map(({ ws }) => ws);

/** The next messages of a pair. */
async function readSome(pair, count) {
  const got = [];
  while (got.length < count) got.push((await read(pair)).data);
  return got;
}

/** That what a pair gets next is these messages, without printing them. */
async function expect(pair, messages) {
  const got = await readSome(pair, messages.length);
  assert.deepStrictEqual(
    got.map((data, i) => (data === messages[i] ? 'as sent' : `${i}: ${data.slice(0, 40)}`)),
    messages.map(() => 'as sent')
  );
}

for (const transport of TRANSPORTS) {
  describe(`a large message to many over the ${transport} transport`, () => {
    test('is compressed once for all, and not again when it is sent again', async (t) => {
      const pairs = await join(t, transport, new Array(5).fill(ALONE));
      const before = compressed();
      const message = WebSocket.prepare(A);
      assert.strictEqual(WebSocket.broadcast(all(pairs), message), 5);
      for (const pair of pairs) await expect(pair, [A]);
      assert.strictEqual(compressed() - before, A.length);
      assert.strictEqual(WebSocket.broadcast(all(pairs), message), 5);
      for (const ws of all(pairs)) ws.send(message);
      for (const pair of pairs) await expect(pair, [A, A]);
      assert.strictEqual(compressed() - before, A.length);
    });

    test('is compressed once where send asks for it while it is being compressed', async (t) => {
      const pairs = await join(t, transport, new Array(4).fill(ALONE));
      const before = compressed();
      const message = WebSocket.prepare(Buffer.from(A));
      for (const ws of all(pairs)) assert.strictEqual(ws.send(message), false);
      for (const ws of all(pairs)) ws.send(message);
      for (const pair of pairs) await expect(pair, [A, A]);
      assert.strictEqual(compressed() - before, A.length);
    });

    test('is compressed once for each set of parameters', async (t) => {
      const small = `${ALONE}; server_max_window_bits=10`;
      const pairs = [
        ...(await join(t, transport, [ALONE, small, ALONE, small])),
        ...(await join(t, transport, [ALONE, ALONE], { level: 9 }))
      ];
      const before = compressed();
      WebSocket.broadcast(all(pairs), A);
      for (const pair of pairs) await expect(pair, [A]);
      assert.strictEqual(compressed() - before, 3 * A.length);
    });

    test('keeps the order of messages before it and behind it, and of the end', async (t) => {
      const pairs = await join(t, transport, [ALONE, OFFER, null, ALONE]);
      const [a, b] = [WebSocket.prepare(A), WebSocket.prepare(B)];
      const small = WebSocket.prepare(SMALL);
      const before = compressed();
      for (const ws of all(pairs)) ws.send(A.slice(0, 100_000));
      WebSocket.broadcast(all(pairs), a);
      for (const ws of all(pairs)) ws.send(BETWEEN);
      WebSocket.broadcast(all(pairs), small);
      WebSocket.broadcast(all(pairs), b);
      for (const ws of all(pairs)) ws.send(B);
      for (const ws of all(pairs)) ws.send(a, { compress: false });
      WebSocket.broadcast(all(pairs), b);
      for (const ws of all(pairs)) ws.close(3000, 'bye');
      const expected = [A.slice(0, 100_000), A, BETWEEN, SMALL, B, B, A, B];
      for (const pair of pairs) {
        await expect(pair, expected);
        assert.deepStrictEqual(await pair.client.frames(1), ['8:3000:bye']);
      }
      // Three connections compress what is not for all, and one of them the rest as well.
      const bytes = Buffer.byteLength(B);
      const each = 100_000 + BETWEEN.length + bytes;
      const rest = A.length + SMALL.length + 2 * bytes;
      const shared = A.length + SMALL.length + bytes;
      assert.strictEqual(compressed() - before, 3 * each + rest + shared);
    });

    test('lets pings pass', async (t) => {
      const pairs = await join(t, transport, [ALONE, ALONE]);
      WebSocket.broadcast(all(pairs), A);
      for (const ws of all(pairs)) ws.ping('ping');
      for (const pair of pairs) {
        assert.strictEqual((await read(pair)).opcode, 9);
        await expect(pair, [A]);
      }
    });

    test('comes to the others when the first of them goes', async (t) => {
      const pairs = await join(t, transport, new Array(6).fill(ALONE));
      const before = compressed();
      WebSocket.broadcast(all(pairs), A);
      const [first, second, third, ...others] = pairs;
      first.ws.terminate();
      second.client.socket.resetAndDestroy?.();
      third.client.send(close(1000));
      for (const pair of others) await expect(pair, [A]);
      await until(() => first.ws.readyState === 3 && third.ws.readyState >= 2);
      assert.strictEqual(compressed() - before, A.length);
    });

    test('is as it was when it was sent', async (t) => {
      const pairs = await join(t, transport, [ALONE, ALONE, OFFER, null]);
      const bytes = Buffer.from(A);
      WebSocket.broadcast(all(pairs), bytes);
      WebSocket.broadcast(all(pairs), bytes);
      bytes.fill(0);
      for (const pair of pairs) await expect(pair, [A, A]);
    });

    test('counts as bytes that wait, and drain follows', async (t) => {
      const pairs = await join(t, transport, [ALONE, ALONE]);
      const drained = all(pairs).map((ws) => once(ws, 'drain'));
      const message = WebSocket.prepare(A);
      WebSocket.broadcast(all(pairs), message);
      WebSocket.broadcast(all(pairs), message);
      for (const ws of all(pairs)) assert.strictEqual(ws.bufferedAmount, 2 * A.length);
      await Promise.all(drained);
      for (const pair of pairs) await expect(pair, [A, A]);
      await until(() => all(pairs).every((ws) => ws.bufferedAmount === 0));
    });

    test('leaves as it is where compressing makes it longer', async (t) => {
      const pairs = await join(t, transport, [ALONE, ALONE]);
      const random = require('node:crypto').randomBytes(100_000);
      const message = WebSocket.prepare(random);
      for (let i = 0; i < 2; i++) WebSocket.broadcast(all(pairs), message);
      for (const pair of pairs) {
        for (let i = 0; i < 2; i++) {
          const { head, payload } = await pair.client.frame();
          assert.strictEqual(head[0], 0x82);
          assert.ok(payload.equals(random));
        }
      }
    });

    test('keeps to maxBufferedAmount', async (t) => {
      for (const onFull of ['close', 'drop', 'pause']) {
        const limits = { maxBufferedAmount: 1000, onFull };
        const pairs = await join(t, transport, [ALONE, ALONE], {}, limits);
        const over = all(pairs).map((ws) => new Promise((resolve) => ws.on('close', resolve)));
        const before = compressed();
        assert.strictEqual(WebSocket.broadcast(all(pairs), A), 2);
        assert.strictEqual(WebSocket.broadcast(all(pairs), 'behind'), onFull === 'pause' ? 2 : 0, onFull);
        if (onFull === 'close') {
          for (const { code } of await Promise.all(over)) assert.strictEqual(code, 1006);
          // A thread goes on, and other tests count what is compressed.
          await until(() => compressed() - before === A.length);
          continue;
        }
        for (const pair of pairs) await expect(pair, onFull === 'pause' ? [A, 'behind'] : [A]);
        await until(() => all(pairs).every((ws) => ws.bufferedAmount === 0));
        assert.strictEqual(WebSocket.broadcast(all(pairs), 'again'), 2);
        for (const pair of pairs) await expect(pair, ['again']);
      }
    });

    test('is masked for each client by a mask of its own', async (t) => {
      const pairs = await joinClients(t, transport, 4, CLIENT_ALONE);
      const before = compressed();
      const message = WebSocket.prepare(A);
      for (let i = 0; i < 2; i++) WebSocket.broadcast(all(pairs), message);
      WebSocket.broadcast(all(pairs), SMALL);
      const masks = new Set();
      for (const pair of pairs) {
        const { client } = pair;
        const frame = client.frame.bind(client);
        client.frame = async () => {
          const next = await frame();
          masks.add(next.mask.toString('hex'));
          return next;
        };
        await expect(pair, [A, A, SMALL]);
      }
      assert.strictEqual(masks.size, 12);
      assert.strictEqual(compressed() - before, A.length + SMALL.length);
    });

    test('does not keep handlers of one connection from ticks of another', async (t) => {
      const pairs = await join(t, transport, [ALONE, ALONE, ALONE]);
      const log = [];
      all(pairs).forEach((ws, i) => {
        ws.on('drain', () => {
          log.push(i);
          process.nextTick(() => log.push(`tick ${i}`));
          Promise.resolve().then(() => log.push(`promise ${i}`));
        });
      });
      WebSocket.broadcast(all(pairs), A);
      await until(() => log.length === 9);
      assert.deepStrictEqual(
        log,
        [0, 1, 2].flatMap((i) => [i, `tick ${i}`, `promise ${i}`])
      );
    });
  });
}

alsoWithWebAssembly(__filename);
