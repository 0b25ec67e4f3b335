'use strict';

// What compression costs a connection that has nothing to say, and that it comes back without a loss.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { mostlyJson, parameterSets, sameMessage } = require('../testing/deflate_messages');
const WebSocket = require('../testing/peers/implementation');
const { random } = require('../testing/peers/random');
const { connect } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { startSubject } = require('../testing/peers/subject');
const { text } = require('../testing/wire');
const native = require('../lib/native');

/** Has all idle codecs hibernate now, as the timer does after some idle seconds. */
function hibernate() {
  native.hibernate();
  native.hibernate();
}

describe('a connection whose codec hibernates', () => {
  for (const transport of ['stream', 'direct']) {
    test(`goes on wherever it hibernated, over the ${transport} transport`, async (t) => {
      for (const [i, set] of parameterSets().entries()) {
        const roll = random(i + 1);
        const options = { extensions: [WebSocket.deflate.configure(set)], transport };
        const { url, next } = await serve(t, (peer) => peer.on('message', ({ data }) => peer.send(data)), {
          options
        });
        const client = new WebSocket.Client(url, [], options);
        await once(client, 'open');
        for (const [n, message] of mostlyJson(i, 20, 90000).entries()) {
          if (roll(2) === 0) hibernate();
          const echoed = once(client, 'message');
          client.send(message);
          // In the middle of it: the message is on its way, or at work on another thread.
          if (roll(2) === 0) hibernate();
          if (roll(3) === 0) setImmediate(hibernate);
          const [{ data }] = await echoed;
          sameMessage(data, message, n);
        }
        const over = Promise.all([closing(client), closing(await next())]);
        client.terminate();
        await over;
      }
    });
  }

  test('keeps the bytes that its messages have filled, and gives the codec back', async (t) => {
    const options = { extensions: [WebSocket.deflate] };
    const { url, next } = await serve(t, (peer) => peer.on('message', ({ data }) => peer.send(data)), {
      options
    });
    const client = new WebSocket.Client(url, [], options);
    const peer = await next();
    await once(client, 'open');
    hibernate();
    const own = peer.memoryUsage().windows;
    assert.ok(own < 1024, 'nothing is allocated before the first compressed message');
    assert.strictEqual(WebSocket.memoryUsage().codecs, 0);

    const [message] = mostlyJson(3, 1).map(() => JSON.stringify({ words: 'a'.repeat(500) }));
    client.send(message);
    await once(client, 'message');
    assert.ok(WebSocket.memoryUsage().codecs > 0);
    assert.ok(peer.memoryUsage().windows > own + message.length);
    hibernate();
    assert.strictEqual(WebSocket.memoryUsage().codecs, 0);
    assert.strictEqual(peer.memoryUsage().windows, own + 2 * message.length);
    assert.strictEqual(peer.memoryUsage().messages, 0);

    const { connections, compressing, windows } = WebSocket.memoryUsage();
    assert.deepStrictEqual([connections, compressing], [2, 2]);
    assert.strictEqual(windows, peer.memoryUsage().windows + client.memoryUsage().windows);
    client.terminate();
    await once(peer, 'close');
    assert.deepStrictEqual(peer.memoryUsage(), { messages: 0, windows: 0 });
    assert.strictEqual(WebSocket.memoryUsage().windows, 0);
  });

  test('shows how much of a message has come', async (t) => {
    const { port, next } = await serve(t);
    const client = await connect(t, port);
    const peer = await next();
    client.send(text('x'.repeat(100_000)).subarray(0, 90_000), Buffer.alloc(0));
    while (peer.memoryUsage().messages < 89_000) await new Promise(setImmediate);
    assert.ok(WebSocket.memoryUsage().messages >= 89_000);
    client.socket.destroy();
  });
});

describe('2,000 idle connections with deflate', () => {
  /** Bytes of a server's RSS for each of `count` connections that have echoed a message of 512 bytes. */
  async function cost(t, deflate, count) {
    const behaviour = (ws) => ws.on('message', ({ data }) => ws.send(data));
    const flags = ['--max-semi-space-size=1'];
    const subject = await startSubject(t, { behaviour, deflate: deflate && {}, flags });
    const message = JSON.stringify({ words: Array.from({ length: 60 }, (_, i) => `w${i * 7919}`) }).slice(
      0,
      512
    );
    const clients = [];
    const open = async () => {
      const client = new WebSocket.Client(`ws://127.0.0.1:${subject.port}/`, [], {
        extensions: deflate ? [WebSocket.deflate] : []
      });
      t.after(() => client.terminate());
      await once(client, 'open');
      const echoed = once(client, 'message');
      client.send(message);
      assert.strictEqual((await echoed)[0].data, message);
      clients.push(client);
    };
    for (let i = 0; i < 50; i++) await open();
    const before = await subject.measure();
    while (clients.length < count) await Promise.all(Array.from({ length: 50 }, open));
    const after = await subject.measure();
    await subject.stop();
    return (after.rss - before.rss) / (count - 50);
  }

  test('take at most 15 KB each above plain ones', async (t) => {
    const [plain, deflating] = [await cost(t, false, 2000), await cost(t, true, 2000)];
    const kilobytes = (bytes) => (bytes / 1024).toFixed(1);
    t.diagnostic(`${kilobytes(plain)} KB plain, ${kilobytes(deflating)} KB with deflate`);
    assert.ok(deflating - plain <= 15 * 1024);
  });
});
