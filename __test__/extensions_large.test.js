'use strict';

// Large compressed messages are worked on by other threads. What that must not change: order, limits, clean ends.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('./peers/implementation');
const { closing, serve } = require('./peers/server');

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
  });
}
