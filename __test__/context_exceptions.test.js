'use strict';

// An exception of a handler surfaces once, in the context of its own connection, and disturbs nobody else.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const WebSocket = require('../testing/peers/implementation');
const { MemorySocket, fakeRequest } = require('../testing/peers/memory_socket');
const { closing } = require('../testing/peers/server');
const { WAYS, connectAll, serveScoped, store, uncaughtWithStores } = require('../testing/peers/scoped');
const { ping, text } = require('../testing/wire');

for (const [name, way] of Object.entries(WAYS)) {
  describe(`an exception (${name})`, () => {
    test('surfaces once, in its own context, and everything behind it is told in the right one', async (t) => {
      const caught = uncaughtWithStores(t);
      const log = [];
      const server = await serveScoped(t, way, (ws, id) => {
        ws.on('message', ({ data }) => {
          log.push(`${data} of ${id} in ${store.getStore()}`);
          process.nextTick(() => log.push(`tick of ${id} in ${store.getStore()}`));
          if (id === 1) throw new Error(data);
        });
      });
      const clients = await connectAll(t, server, way, 3);
      for (let round = 0; round < 3; round++) {
        log.length = caught.length = 0;
        for (const client of clients) client.send(text('a'), ping('between'), text('b'));
        while (log.length < 12) await turn();
        assert.deepStrictEqual(caught, ['a in 1', 'b in 1']);
        const expected = [0, 1, 2].flatMap((id) =>
          ['a', 'b', 'tick', 'tick'].map((what) => `${what} of ${id} in ${id}`)
        );
        assert.deepStrictEqual([...log].sort(), expected.sort());
      }
    });

    test('of what a handler has put off disturbs nobody either', async (t) => {
      const caught = uncaughtWithStores(t);
      const log = [];
      const server = await serveScoped(t, way, (ws, id) => {
        ws.on('message', ({ data }) => {
          process.nextTick(() => {
            throw new Error(`${data}, tick`);
          });
          queueMicrotask(() => {
            throw new Error(`${data}, microtask`);
          });
          process.nextTick(() => log.push(`${data} of ${id} in ${store.getStore()}`));
        });
      });
      const clients = await connectAll(t, server, way, 3);
      for (const client of clients) client.send(text('a'), text('b'));
      while (log.length < 6) await turn();
      const of = (id) => ['a', 'b'].map((data) => `${data} of ${id} in ${id}`);
      assert.deepStrictEqual(log.sort(), [0, 1, 2].flatMap(of).sort());
      while (caught.length < 12) await turn();
      // Where an exception of a microtask surfaces is Node's matter: before Node 24 in no context at all.
      const thrown = [0, 1, 2].flatMap((id) => ['a', 'b'].map((data) => `${data}, tick in ${id}`));
      assert.deepStrictEqual(caught.filter((one) => one.includes('tick in')).sort(), thrown.sort());
      assert.strictEqual(caught.filter((one) => one.includes('microtask')).length, 6);
    });

    for (const event of ['open', 'error', 'end', 'close', 'pong']) {
      test(`of a handler of ${event} surfaces in its own context`, async (t) => {
        const caught = uncaughtWithStores(t);
        const closed = [];
        const fail = () => {
          throw new Error('planned');
        };
        const server = await serveScoped(t, way, (ws) => {
          closed.push(closing(ws));
          if (event === 'pong') ws.on('open', () => ws.ping('p', fail));
          else ws.on(event, fail);
        });
        const clients = await connectAll(t, server, way, 2);
        // A pong with the payload that was asked for, then what ends a connection with an error.
        const pong = Buffer.from([0x8a, 0x81, 0, 0, 0, 0, 0x70]);
        for (const client of clients) client.send(pong, text('x', { rsv: 1 }));
        await Promise.all(closed);
        await turn();
        assert.deepStrictEqual(caught.sort(), ['planned in 0', 'planned in 1']);
      });
    }
  });
}

for (const [name, way] of Object.entries(WAYS)) {
  describe(`exceptions of several handlers of one ending (${name})`, () => {
    const EVENTS = ['error', 'end', 'close'];

    /** Has each handler of `ws` throw that the ending calls; resolves behind the last. */
    const failAlways = (ws) => {
      for (const event of EVENTS) {
        ws.on(event, () => {
          throw new Error(event);
        });
      }
    };

    test('of a server surface each, in order, in its own context', async (t) => {
      const caught = uncaughtWithStores(t);
      const server = await serveScoped(t, way, failAlways);
      const clients = await connectAll(t, server, way, 2);
      for (const id of [0, 1]) {
        caught.length = 0;
        clients[id].send(text('x', { rsv: 1 }));
        while (caught.length < 3) await turn();
        await turn();
        assert.deepStrictEqual(caught, [`error in ${id}`, `end in ${id}`, `close in ${id}`]);
      }
    });

    test('of a client that is refused, that finds nobody, and that a signal ends surface each', async (t) => {
      const caught = uncaughtWithStores(t);
      const server = await serveScoped(t, way, (ws) => ws.close(3000));
      server.server.removeAllListeners('upgrade');
      server.server.on('upgrade', (request, socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'));
      const controller = new AbortController();
      const makes = [
        () => new WebSocket.Client(server.url, [], way.options),
        () => new WebSocket.Client('ws://127.0.0.1:1/', [], way.options),
        () => new WebSocket.Client('ws://127.0.0.1:1/', [], { ...way.options, signal: controller.signal })
      ];
      for (const make of makes) {
        caught.length = 0;
        failAlways(store.run('c', make));
        if (make === makes[2]) controller.abort();
        while (caught.length < 3) await turn();
        assert.deepStrictEqual(caught, ['error in c', 'end in c', 'close in c']);
      }
    });
  });
}

describe('an exception of a connection that somebody feeds by hand', () => {
  test('is thrown at whoever fed it, and what stands behind goes on by itself', async (t) => {
    const caught = uncaughtWithStores(t);
    const stream = new MemorySocket();
    const ws = store.run(5, () => new WebSocket(fakeRequest(), stream, Buffer.alloc(0)));
    const log = [];
    ws.on('message', ({ data }) => {
      log.push(`${data} in ${store.getStore()}`);
      if (data.startsWith('throw')) throw new Error(data);
    });
    await new Promise((resolve) => ws.on('open', resolve));
    const feed = (...frames) => stream.feed(Buffer.concat(frames));
    assert.throws(
      () => feed(text('throw 1'), text('behind'), text('throw 2'), text('last')),
      /^Error: throw 1$/
    );
    while (log.length < 4) await turn();
    assert.throws(() => feed(text('throw 3')), /^Error: throw 3$/);
    feed(text('fine'));
    assert.deepStrictEqual(
      log,
      ['throw 1', 'behind', 'throw 2', 'last', 'throw 3', 'fine'].map((data) => `${data} in 5`)
    );
    assert.strictEqual(caught.length, 1);
  });
});
