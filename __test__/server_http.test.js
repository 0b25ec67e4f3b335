'use strict';

// What an HTTP server does with its connections, while some of them are WebSockets: those are out of its hands, as any
// socket is that was upgraded, and still count as connections.

const assert = require('node:assert');
const cluster = require('node:cluster');
const { once } = require('node:events');
const path = require('node:path');
const { describe, test } = require('node:test');

const { connect, dial } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const { text, close } = require('../testing/wire');

const echo = (ws) => (ws.onmessage = ({ data }) => ws.send(data));

/** Whether a client is still answered. */
async function isServed(client, word) {
  client.send(text(word));
  assert.deepStrictEqual(await client.frames(1), [`1:${word}`]);
}

for (const { name, secure, options } of WAYS) {
  const begin = async (t, prepare = () => {}) => {
    const server = await serve(t, echo, { secure, options });
    prepare(server.server);
    const client = await connect(t, server.port, { secure });
    await isServed(client, 'first');
    return { ...server, client };
  };

  describe(`a server with an open WebSocket (${name})`, () => {
    test('that is closed refuses others, serves that one, and is closed when it goes', async (t) => {
      const { server, client, port } = await begin(t);
      let isClosed = false;
      const closed = new Promise((resolve) => server.close(resolve)).then(() => (isClosed = true));
      await isServed(client, 'after close');
      await assert.rejects(dial(t, port, { secure }), { code: 'ECONNREFUSED' });
      await isServed(client, 'and again');
      assert.strictEqual(isClosed, false);
      client.send(close(1000));
      await client.closed;
      client.socket.end();
      await closed;
    });

    for (const method of ['closeAllConnections', 'closeIdleConnections']) {
      test(`keeps that on ${method}`, async (t) => {
        const { server, client } = await begin(t);
        server[method]();
        await isServed(client, 'once more');
      });
    }

    test('keeps that when a request takes too long, which another one does', async (t) => {
      const { server, client, port } = await begin(t, (made) => {
        made.headersTimeout = 50;
        made.requestTimeout = 50;
        made.timeout = 50;
        made.keepAliveTimeout = 50;
      });
      assert.strictEqual(server.headersTimeout, 50);
      const other = await dial(t, port, { secure });
      other.send('GET / HTTP/1.1\r\n');
      // By its `timeout`; the others are looked at every half minute.
      await other.closed;
      await isServed(client, 'once more');
    });

    test('counts that as one of maxConnections, and drops others until it goes', async (t) => {
      const { server, client, port, sockets } = await begin(t, (made) => (made.maxConnections = 1));
      const dropped = once(server, 'drop');
      const other = await dial(t, port).catch(() => null);
      await dropped;
      if (other) await other.closed;
      await isServed(client, 'still');
      client.send(close(1000));
      await client.closed;
      client.socket.end();
      for (const socket of sockets) await once(socket, 'close');
      const next = await connect(t, port, { secure });
      await isServed(next, 'next');
    });
  });
}

test(
  'workers of a cluster share a port, and end when their connections have',
  { timeout: 60_000 },
  async (t) => {
    cluster.setupPrimary({ exec: path.join(__dirname, '..', 'testing', 'peers', 'cluster_worker.js') });
    const workers = [cluster.fork(), cluster.fork()];
    t.after(() => workers.forEach((worker) => worker.process.kill('SIGKILL')));
    const ports = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
    assert.strictEqual(ports[0], ports[1]);
    const clients = [];
    const served = new Set();
    for (let i = 0; i < 8; i++) {
      const client = await connect(t, ports[0]);
      client.send(text('who?'));
      served.add((await client.frames(1))[0]);
      clients.push(client);
    }
    if (cluster.schedulingPolicy === cluster.SCHED_RR) assert.strictEqual(served.size, 2);
    const exits = workers.map((worker) => once(worker, 'exit'));
    for (const worker of workers) worker.disconnect();
    for (const client of clients) {
      client.send(text('who?'));
      assert.ok(served.has((await client.frames(1))[0]));
      client.send(close(1000));
      await client.closed;
      client.socket.end();
    }
    for (const exit of exits) assert.deepStrictEqual(await exit, [0, null]);
  }
);
