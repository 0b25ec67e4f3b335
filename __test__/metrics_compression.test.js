'use strict';

// What metrics say of compression: the bytes of messages that travelled compressed, in both forms, each way.

const assert = require('node:assert');
const crypto = require('node:crypto');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { TRANSPORTS, alsoWithWebAssembly } = require('../testing/peers/engines');
const { until } = require('../testing/peers/moved_time');
const { serve } = require('../testing/peers/server');

/** From this size on a message is worked on elsewhere. */
const LARGE = 300_000;

/** A text that is worth compressing. */
const lines = (length) => 'a line of a log, and the next\n'.repeat(Math.ceil(length / 30)).slice(0, length);

/** What has been compressed since `before`. */
function since(before) {
  const { compression } = WebSocket.metrics();
  const way = (name) => ({
    plain: compression[name].plain - before.compression[name].plain,
    compressed: compression[name].compressed - before.compression[name].compressed
  });
  return { sent: way('sent'), received: way('received') };
}

/** Sends messages one by one to a peer of ours, which takes them; what was compressed for that. */
async function pass(t, transport, messages, deflate = WebSocket.deflate) {
  const options = { transport, extensions: [deflate] };
  const server = await serve(t, undefined, { options });
  const client = new WebSocket.Client(server.url, [], options);
  const ws = await server.next();
  await Promise.all([client.opened, ws.opened]);
  const before = WebSocket.metrics();
  let received = 0;
  ws.onmessage = () => received++;
  for (const message of messages) {
    const next = received + 1;
    client.send(message);
    await until(() => received === next);
  }
  const seen = since(before);
  const bytes = WebSocket.metrics().bytes.sent - before.bytes.sent;
  client.close();
  await Promise.all([client.closed, ws.closed]);
  return { ...seen, bytes };
}

for (const transport of TRANSPORTS) {
  describe(`over the ${transport} transport`, () => {
    for (const [name, length] of [
      ['short', 200],
      ['long', LARGE]
    ]) {
      test(`${name} messages count in both forms`, async (t) => {
        const messages = [lines(length), Buffer.from(lines(length)), lines(length)];
        const { sent, received, bytes } = await pass(t, transport, messages);
        assert.strictEqual(sent.plain, 3 * length);
        assert.deepStrictEqual(received, sent);
        // On the wire are the same bytes, with three headers of at most 14 bytes.
        const headers = bytes - sent.compressed;
        assert.ok(headers >= 3 * 6 && headers <= 3 * 14, `${headers} bytes of headers`);
        assert.ok(sent.compressed < sent.plain / 2, `${sent.compressed} of ${sent.plain}`);
      });
    }

    test('a message that leaves as it is does not count', async (t) => {
      const noise = [crypto.randomBytes(500), crypto.randomBytes(LARGE)];
      const nothing = { plain: 0, compressed: 0 };
      const { sent, received } = await pass(t, transport, noise);
      assert.deepStrictEqual([sent, received], [nothing, nothing]);
      const above = WebSocket.deflate.configure({ threshold: 1000 });
      const threshold = await pass(t, transport, [lines(999)], above);
      assert.deepStrictEqual(threshold.sent, nothing);
    });

    test('what compresses as zlib does counts as well', async (t) => {
      const deflate = WebSocket.deflate.configure({ level: 9, noContextTakeover: true });
      const { sent, received } = await pass(t, transport, [lines(5000), lines(LARGE)], deflate);
      assert.strictEqual(sent.plain, 5000 + LARGE);
      assert.deepStrictEqual(received, sent);
    });

    test('nothing is forgotten once connections are over and idle memory has gone', async (t) => {
      const native = require('../lib/native');
      await pass(t, transport, [lines(1000)]);
      const { compression } = WebSocket.metrics();
      native.hibernate();
      native.hibernate();
      native.trim(1);
      assert.deepStrictEqual(WebSocket.metrics().compression, compression);
      const { plain, compressed, ratio } = compression.sent;
      assert.strictEqual(ratio, compressed / plain);
    });
  });
}

test('the ratio is 1 where nothing was compressed', () => {
  const program = `
    const WebSocket = require(${JSON.stringify(require.resolve('..'))});
    process.stdout.write(JSON.stringify(WebSocket.metrics().compression));`;
  const { spawnSync } = require('node:child_process');
  const { stdout } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  const none = { plain: 0, compressed: 0, ratio: 1 };
  assert.deepStrictEqual(JSON.parse(stdout), { sent: none, received: none });
});

alsoWithWebAssembly(__filename);
