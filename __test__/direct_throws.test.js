'use strict';

// What is left of a connection's chunk behind an exception, while other connections are read: in the direct transport, its
// memory is that of all.

const assert = require('node:assert');
const { once } = require('node:events');
const http = require('node:http');
const { test } = require('node:test');

const WebSocket = require('..');
const { random } = require('../testing/peers/random');
const { until } = require('../testing/peers/told');
const { uncaught } = require('../testing/peers/watch');

const ROUNDS = 100;
const COUNT = 24;

for (const transport of WebSocket.engine === 'native' ? ['direct', 'stream'] : ['stream']) {
  test(
    `messages behind those whose handlers throw come whole and in order beside others (${transport})`,
    { timeout: 60_000 },
    async (t) => {
      const roll = random(1);
      const server = http.createServer();
      const got = new Map();
      let throwing = 0;
      /** Reads some messages by `for await` as well, by which reading stops and goes on. */
      const iterate = async (ws, left) => {
        for await (const message of ws) {
          assert.ok(message.length > 0);
          if (--left === 0) break;
        }
      };
      server.on('upgrade', (request, socket, head) => {
        const ws = new WebSocket(request, socket, head, null, { transport });
        const messages = [];
        let reader = null;
        got.set(request.url, messages);
        ws.on('message', ({ data }) => {
          messages.push(data);
          if (reader === null && roll(10) === 0) {
            reader = iterate(ws, 1 + roll(6)).finally(() => (reader = null));
          }
          if (roll(20) > 0) return;
          throwing++;
          throw new Error('of a handler');
        });
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const clients = ['/a', '/b', '/c', '/d'].map((path) => {
        const client = new WebSocket.Client(`ws://127.0.0.1:${server.address().port}${path}`);
        return { path, client, sent: [] };
      });
      t.after(() => {
        for (const { client } of clients) client.terminate();
        server.close();
      });
      await Promise.all(clients.map(({ client }) => client.opened));
      const thrown = uncaught(t);

      for (let round = 0; round < ROUNDS; round++) {
        for (const { path, client, sent } of clients) {
          for (let i = 0; i < COUNT; i++) {
            const text = `${path} ${sent.length} ${roll(4) === 0 ? 'x'.repeat(roll(70_000)) : ''}`;
            sent.push(text);
            client.send(text);
          }
        }
        await new Promise(setImmediate);
      }
      await until(() => [...got.values()].every(({ length }) => length >= ROUNDS * COUNT));
      for (const { path, sent } of clients) {
        const messages = got.get(path);
        const wrong = messages.findIndex((text, i) => text !== sent[i]);
        assert.strictEqual(wrong, -1, `${path}: ${wrong} is ${String(messages[wrong]).slice(0, 20)}`);
      }
      assert.strictEqual(thrown.length, throwing);
    }
  );
}
