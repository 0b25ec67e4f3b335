'use strict';

// Handlers run in the async context in which their connection was constructed, whatever has read their bytes.

const assert = require('node:assert');
const {
  AsyncLocalStorage,
  createHook,
  executionAsyncId,
  executionAsyncResource
} = require('node:async_hooks');
const { EventEmitter, once } = require('node:events');
const http = require('node:http');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const WebSocket = require('../testing/peers/implementation');
const { agree, listen } = require('../testing/peers/raw_server');
const { closing } = require('../testing/peers/server');
const { WAYS, connectAll, deferred, serveScoped, store } = require('../testing/peers/scoped');
const { fromServer, ping, pong, text } = require('../testing/wire');

/** Notes under which store each event of a connection is told, and what follows from it in a tick and in a promise. */
function noteStores(ws, log) {
  const note = (what) => () => {
    log.push([what, store.getStore()]);
    process.nextTick(() => log.push([`${what}, tick`, store.getStore()]));
    Promise.resolve().then(() => log.push([`${what}, promise`, store.getStore()]));
  };
  for (const type of ['open', 'data', 'message', 'drain', 'error', 'end', 'close']) ws.on(type, note(type));
  for (const type of ['open', 'message', 'error', 'close']) ws[`on${type}`] = note(`on${type}`);
  return note;
}

/** Which stores were seen, by what saw them. */
function seen(log) {
  const stores = {};
  for (const [what, id] of log) stores[what] = [...new Set([...(stores[what] || []), id])];
  return stores;
}

const with_ = (names, id) =>
  Object.fromEntries(
    names.flatMap((name) => [name, `${name}, tick`, `${name}, promise`]).map((name) => [name, [id]])
  );

for (const [name, way] of Object.entries(WAYS)) {
  describe(`handlers of a server's connection (${name})`, () => {
    test('run in the context of its constructor, each with its own', async (t) => {
      const logs = [];
      const closed = [];
      const server = await serveScoped(t, way, (ws, id) => {
        logs[id] = [];
        const note = noteStores(ws, logs[id]);
        ws.on('message', () => ws.ping('p', note('pong')));
        closed.push(closing(ws));
      });
      const clients = await connectAll(t, server, way, 3);
      for (let round = 0; round < 3; round++) {
        for (const client of clients) client.send(text('a'), ping('x'), text('b'));
        for (const client of clients) await client.frames(3);
        for (const client of clients) client.send(pong('p'));
      }
      for (const client of clients) client.send(text('x', { rsv: 1 }));
      await Promise.all(closed);
      await turn();
      const names = [
        'open',
        'onopen',
        'data',
        'message',
        'onmessage',
        'pong',
        'error',
        'onerror',
        'end',
        'close',
        'onclose'
      ];
      logs.forEach((log, id) => assert.deepStrictEqual(seen(log), { ...seen(log), ...with_(names, id) }));
      logs.forEach((log, id) => assert.ok(log.every(([, one]) => one === id)));
    });

    test('see nothing that those of another connection have entered, nor leave anything for others', async (t) => {
      const other = new AsyncLocalStorage();
      const log = [];
      const server = await serveScoped(t, way, (ws, id) => {
        ws.on('message', () => {
          log.push([id, other.getStore()]);
          if (id === 0) other.enterWith('alice');
        });
      });
      const clients = await connectAll(t, server, way, 3);
      for (let round = 0; round < 5; round++) {
        const count = log.length + clients.length;
        for (const client of clients) client.send(text('x'));
        while (log.length < count) await turn();
        assert.strictEqual(other.getStore(), undefined, 'a test sees it');
      }
      const [late] = await connectAll(t, server, way, 1);
      late.send(text('x'));
      while (log[log.length - 1][0] !== 3) await turn();
      const strangers = log.filter(([id, value]) => id !== 0 && value !== undefined);
      assert.deepStrictEqual(strangers, []);
      assert.strictEqual(
        await new Promise((resolve) => setTimeout(() => resolve(other.getStore()), 1)),
        undefined
      );
    });

    test('have what they put off run before those of the next connection', async (t) => {
      const log = [];
      const server = await serveScoped(t, way, (ws, id) => {
        ws.on('message', ({ data }) => {
          log.push(`${id} ${data}`);
          process.nextTick(() => log.push(`${id} tick`));
          Promise.resolve().then(() => log.push(`${id} promise`));
          queueMicrotask(() => process.nextTick(() => log.push(`${id} tick of a microtask`)));
        });
      });
      const clients = await connectAll(t, server, way, 3);
      for (let round = 0; round < 3; round++) {
        log.length = 0;
        // In one tick, so that the server finds all of them in one turn of the loop.
        for (const client of clients) client.send(text('a'));
        while (log.length < 12) await turn();
        const expected = [0, 1, 2].flatMap((id) =>
          ['a', 'tick', 'promise', 'tick of a microtask'].map((what) => `${id} ${what}`)
        );
        assert.deepStrictEqual([...log].sort(), [...expected].sort());
        for (const id of [0, 1, 2]) {
          const first = log.indexOf(`${id} a`);
          assert.deepStrictEqual(log.slice(first, first + 4), expected.slice(id * 4, id * 4 + 4));
        }
      }
    });

    test('are one entry into the resource for all messages of a packet, and as many exits', async (t) => {
      const ids = new Map();
      const calls = [];
      const hook = createHook({
        init: (id, type, trigger, resource) => type === 'WEBSOCKET' && ids.set(id, { trigger, resource }),
        before: (id) => ids.has(id) && calls.push(['before', id]),
        after: (id) => ids.has(id) && calls.push(['after', id])
      }).enable();
      t.after(() => hook.disable());
      let constructedIn;
      const handlers = [];
      const server = await serveScoped(t, way, (ws) => {
        constructedIn = executionAsyncId();
        ws.on('message', () => handlers.push([executionAsyncId(), executionAsyncResource()]));
      });
      const [client] = await connectAll(t, server, way, 1);
      while (calls.length === 0 || calls.length % 2 === 1) await turn();
      await turn();
      calls.length = 0;
      client.send(text('a'), text('b'), text('c'));
      while (handlers.length < 3) await turn();
      assert.strictEqual(ids.size, 1);
      const [[id, { trigger, resource }]] = ids;
      assert.deepStrictEqual(calls, [
        ['before', id],
        ['after', id]
      ]);
      assert.strictEqual(trigger, constructedIn);
      for (const [current, its] of handlers) {
        assert.strictEqual(current, id);
        assert.strictEqual(its, resource);
      }
    });

    test('run in it when they close the connection, and when others do', async (t) => {
      const logs = [[], [], []];
      const made = [];
      const server = await serveScoped(t, way, (ws, id) => {
        noteStores(ws, logs[id]);
        made.push(ws);
        ws.on('message', () => (id === 0 ? ws.terminate() : ws.close(3000)));
      });
      const clients = await connectAll(t, server, way, 3);
      const closed = made.map(closing);
      clients[0].send(text('x'));
      clients[1].send(text('x'));
      await clients[1].frames(1);
      clients[1].socket.destroy();
      store.run('a stranger', () => made[2].terminate());
      await Promise.all(closed);
      await turn();
      logs.forEach((log, id) =>
        assert.ok(
          log.every(([, one]) => one === id),
          JSON.stringify(log)
        )
      );
    });

    test('of drain run in it, too', async (t) => {
      const { promise, resolve } = deferred();
      const server = await serveScoped(t, way, (ws) => {
        ws.on('open', () => {
          while (ws.send(Buffer.alloc(1 << 20)));
          ws.on('drain', () => resolve([store.getStore(), executionAsyncResource().constructor.name]));
        });
      });
      const [client] = await connectAll(t, server, way, 1);
      client.drop();
      assert.deepStrictEqual(await promise, [0, 'AsyncResource']);
    });

    test('that are async and reject are told to captureRejections', async (t) => {
      EventEmitter.captureRejections = true;
      t.after(() => (EventEmitter.captureRejections = false));
      const { promise, resolve } = deferred();
      const server = await serveScoped(t, way, (ws) => {
        ws.on('error', (error) => resolve([error.message, store.getStore()]));
        ws.on('message', async () => {
          throw new Error('planned');
        });
      });
      const [client] = await connectAll(t, server, way, 1);
      client.send(text('x'));
      assert.deepStrictEqual(await promise, ['planned', 0]);
    });
  });
}

for (const transport of ['direct', 'stream']) {
  describe(`handlers of a client (${transport})`, () => {
    test('run in the context of its constructor, from open to close', async (t) => {
      const server = await listen(t, async (peer) => {
        await agree(peer);
        peer.send(fromServer.text('with the answer'));
      });
      const log = [];
      const clients = [0, 1].map((id) =>
        store.run(id, () => {
          const ws = new WebSocket.Client(server.url, [], { transport });
          const note = noteStores(ws, (log[id] = []));
          ws.on('open', () => ws.ping('p', note('pong')));
          return ws;
        })
      );
      const closed = clients.map(closing);
      const told = (what) => log.every((one) => one.some(([name]) => name === what));
      while (!told('message')) await turn();
      for (let i = 0; i < clients.length; i++) {
        const peer = await server.next();
        peer.send(fromServer.text('later'), fromServer.pong('p'), fromServer.text('x', { rsv: 1 }));
      }
      await Promise.all(closed);
      await turn();
      const names = [
        'open',
        'onopen',
        'data',
        'message',
        'onmessage',
        'pong',
        'error',
        'onerror',
        'end',
        'close',
        'onclose'
      ];
      log.forEach((one, id) => assert.deepStrictEqual(seen(one), { ...seen(one), ...with_(names, id) }));
    });

    test('run in it when a signal ends the connection, or a timeout', async (t) => {
      const server = await listen(t);
      const controller = new AbortController();
      for (const more of [{ signal: controller.signal }, { handshakeTimeout: 0.02 }]) {
        const log = [];
        const ws = store.run(7, () => new WebSocket.Client(server.url, [], { transport, ...more }));
        noteStores(ws, log);
        const closed = closing(ws);
        if (more.signal) server.next().then(() => store.run('a stranger', () => controller.abort()));
        await closed;
        await turn();
        assert.ok(log.some(([what]) => what === 'error') && log.some(([what]) => what === 'close'));
        assert.ok(
          log.every(([, one]) => one === 7),
          JSON.stringify(log)
        );
      }
    });
  });
}

describe('handlers of an EventSource', () => {
  test('run in the context of its constructor, and throw in it', async (t) => {
    const server = http.createServer();
    t.after(() => server.close());
    const caught = [];
    const handlers = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', ({ message }) => caught.push(`${message} in ${store.getStore()}`));
    t.after(() => {
      process.removeAllListeners('uncaughtException');
      for (const handler of handlers) process.on('uncaughtException', handler);
    });
    const log = [];
    let count = 0;
    const sources = [];
    server.on('request', (request, response) => {
      const id = count++;
      store.run(id, () => {
        const source = new WebSocket.EventSource(request, response);
        const note = (what) => () => log.push([what, store.getStore(), id]);
        for (const type of ['open', 'drain', 'close']) source.on(type, note(type));
        for (const type of ['open', 'close']) source[`on${type}`] = note(`on${type}`);
        source.on('open', () => {
          while (source.send('x'.repeat(1 << 20)));
          throw new Error('planned');
        });
        sources.push(source);
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    for (let i = 0; i < 2; i++) {
      const request = http.get({ port: server.address().port, headers: { accept: 'text/event-stream' } });
      request.on('error', () => {});
      const [response] = await once(request, 'response');
      response.on('error', () => {}).resume();
      while (!log.some(([what, , id]) => what === 'drain' && id === i)) await turn();
      // One is closed by somebody else, the other by its peer.
      if (i === 0) store.run('a stranger', () => sources[0].close());
      request.destroy();
    }
    while (log.filter(([what]) => what === 'onclose').length < 2) await turn();
    await turn();
    for (const [what, current, id] of log) assert.strictEqual(current, id, what);
    assert.deepStrictEqual(caught, ['planned in 0', 'planned in 1']);
  });
});
