'use strict';

// Large compressed messages are worked on by other threads. What that must not change: order, limits, clean ends.

const assert = require('node:assert');
const { on, once } = require('node:events');
const { describe, test } = require('node:test');
const { deflateRawSync } = require('node:zlib');

const WebSocket = require('../testing/peers/implementation');
const { closing, serve } = require('../testing/peers/server');
const { uncaught } = require('../testing/peers/watch');

/** Larger than what is read of a text in one turn of the loop; pairs of surrogates stand at all places. */
const WIDE = 'x' + '😀 水 é '.repeat(60000);
const LARGE = 'All work and no play makes Jack a dull boy. '.repeat(50000);

for (const transport of ['stream', 'direct']) {
  describe(`large compressed messages over the ${transport} transport`, () => {
    const options = { extensions: [WebSocket.deflate], transport };

    test('messages and the close frame leave in the order of their calls', async (t) => {
      const { url, next } = await serve(t, () => {}, { options });
      const client = new WebSocket.Client(url, [], options);
      const peer = await next();
      const received = [];
      peer.on('message', ({ data }) => received.push(data.length));
      await once(client, 'open');
      assert.strictEqual(client.send(LARGE), false);
      client.send('small');
      client.send(Buffer.from(LARGE));
      client.send('');
      client.close(3001, 'the end');
      assert.strictEqual(client.send('too late'), false);
      const { code, reason } = await closing(peer);
      assert.deepStrictEqual(received, [LARGE.length, 5, LARGE.length, 0]);
      assert.deepStrictEqual([code, reason], [3001, 'the end']);
    });

    test('drain follows a send that was refused', async (t) => {
      const { url } = await serve(t, () => {}, { options });
      const client = new WebSocket.Client(url, [], options);
      await once(client, 'open');
      assert.strictEqual(client.send(LARGE), false);
      assert.ok(client.bufferedAmount >= LARGE.length);
      await once(client, 'drain');
      client.terminate();
    });

    test('a listener that throws at the end of one leaves the others alone', async (t) => {
      const caught = uncaught(t);
      const { url, next } = await serve(t, () => {}, { options });
      const pairs = [];
      for (let i = 0; i < 4; i++) {
        const client = new WebSocket.Client(url, [], options);
        pairs.push({ client, peer: await next(), opened: once(client, 'open') });
      }
      await Promise.all(pairs.map(({ opened }) => opened));
      const received = pairs.map(({ peer }) => once(peer, 'message'));
      const ended = pairs.map(({ client }, i) => {
        return new Promise((resolve) => {
          client.on('drain', () => {
            resolve();
            throw new Error(`thrown by ${i}`);
          });
        });
      });
      const bytes = Buffer.from(LARGE);
      for (const { client } of pairs) assert.strictEqual(client.send(bytes), false);
      // Several times their work: they are done when the loop goes on, and end in one call.
      for (let i = 0; i < 30; i++) deflateRawSync(bytes, { level: 9 });
      await Promise.all(ended);
      for (const [{ data }] of await Promise.all(received)) assert.ok(bytes.equals(data));
      await new Promise(setImmediate);
      assert.deepStrictEqual(caught.sort(), ['thrown by 0', 'thrown by 1', 'thrown by 2', 'thrown by 3']);
      for (const { client } of pairs) client.terminate();
    });

    test('a message that inflates past maxLength closes with 1009', async (t) => {
      const { url, next } = await serve(t, () => {}, { options: { ...options, maxLength: 1000000 } });
      const client = new WebSocket.Client(url, [], options);
      const peer = await next();
      await once(client, 'open');
      client.send(LARGE);
      assert.strictEqual((await closing(peer)).code, 1009);
    });

    test('a connection that ends while a message is at work leaves nothing behind', async (t) => {
      const { url, next } = await serve(t, () => {}, { options });
      const client = new WebSocket.Client(url, [], options);
      const peer = await next();
      await once(client, 'open');
      client.send(LARGE);
      const both = Promise.all([closing(client), closing(peer)]);
      client.terminate();
      await both;
      assert.strictEqual(WebSocket.memoryUsage().connections, 0);
    });

    /** A server that sends back what it gets, and an open client. */
    async function echo(t) {
      const { url } = await serve(t, (peer) => peer.on('message', ({ data }) => peer.send(data)), {
        options
      });
      const client = new WebSocket.Client(url, [], options);
      t.after(() => client.terminate());
      await once(client, 'open');
      return client;
    }

    /** The next messages. */
    async function messages(client, count) {
      const list = [];
      for await (const [{ data }] of on(client, 'message')) if (list.push(data) === count) break;
      return list;
    }

    test('they come back as they were, whatever their characters take', async (t) => {
      const client = await echo(t);
      const bytes = Buffer.from(LARGE);
      for (const data of [LARGE, bytes, WIDE, LARGE + 'é', Buffer.from(WIDE)]) {
        client.send(data);
        const [back] = await messages(client, 1);
        assert.ok(typeof data === 'string' ? back === data : data.equals(back));
      }
    });

    test('a lone surrogate becomes U+FFFD, also where a text is cut', async (t) => {
      const client = await echo(t);
      const text = 'a'.repeat(256 * 1024 - 1) + '\ud83d' + 'b'.repeat(1000) + '\udc00';
      client.send(text);
      const [back] = await messages(client, 1);
      assert.ok(back === text.replace(/\ud83d|\udc00/g, '\ufffd'));
    });

    test("a Buffer is its owner's again once it was sent", async (t) => {
      const client = await echo(t);
      const bytes = Buffer.from(LARGE);
      client.send(bytes);
      bytes.fill(0);
      const [back] = await messages(client, 1);
      assert.ok(back.equals(Buffer.from(LARGE)));
    });

    test("what was received outlasts the connection, and is its owner's to write to and to transfer", async (t) => {
      const client = await echo(t);
      const received = messages(client, 2);
      client.send(Buffer.from(LARGE));
      client.send(LARGE);
      const [bytes, text] = await received;
      const over = closing(client);
      client.terminate();
      await over;
      assert.ok(bytes.equals(Buffer.from(LARGE)));
      bytes.fill(1);
      assert.strictEqual(bytes[bytes.length - 1], 1);
      structuredClone(bytes, { transfer: [bytes.buffer] });
      assert.strictEqual(bytes.length, 0, 'it can be transferred');
      assert.ok(text === LARGE);
      assert.strictEqual(text.slice(-8), LARGE.slice(-8));
    });

    test('what is sent while a text is read in pieces comes behind it, both ways', async (t) => {
      const client = await echo(t);
      const sent = [WIDE, 'small', Buffer.from(LARGE), LARGE, '', WIDE, Buffer.from([1, 2])];
      for (const data of sent) client.send(data);
      assert.ok(client.bufferedAmount >= LARGE.length * 2);
      const back = await messages(client, sent.length);
      assert.deepStrictEqual(
        back.map((data) => data.length),
        sent.map((data) => data.length)
      );
      assert.strictEqual(client.bufferedAmount, 0);
    });

    test('a connection that ends while a text is read in pieces leaves nothing behind', async (t) => {
      const client = await echo(t);
      client.send(WIDE);
      const over = closing(client);
      client.terminate();
      await over;
      assert.strictEqual(client.bufferedAmount, 0);
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      assert.strictEqual(WebSocket.memoryUsage().messages, 0);
    });
  });
}
