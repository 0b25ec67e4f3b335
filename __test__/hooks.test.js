'use strict';

// Whoever watches a connection from outside sees all of it: wrappers of `emit`, whenever they were put there, and
// `domain`. And whoever takes all listeners off is not thrown at.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/scoped');
const { uncaught } = require('../testing/peers/watch');
const { binary, close, frame, ping, text } = require('../testing/wire');

const TRANSPORTS = ['direct', 'stream'];

/** What a program says in a process of its own; `before` runs before the package is loaded, `main` gets the rest. */
async function program(t, transport, before, main) {
  const script = `
    (${before})();
    const WebSocket = require('../testing/peers/implementation');
    (async () => (${main})(WebSocket, ${JSON.stringify({ transport })}))().then(
      (result) => process.stdout.write(JSON.stringify(result), () => process.exit()),
      (error) => { console.error(error); process.exit(1); }
    );
  `;
  const child = spawn(process.execPath, ['-e', script], {
    cwd: __dirname,
    stdio: ['ignore', 'pipe', 'inherit']
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  assert.strictEqual((await once(child, 'close'))[0], 0);
  return JSON.parse(output);
}

/** A server and a client that exchange three messages and close: what `global.seen` has then. */
async function converse(WebSocket, options) {
  const server = require('http').createServer();
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head, [], options);
    ws.on('message', ({ data }) => ws.send(data));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new WebSocket.Client(`ws://127.0.0.1:${server.address().port}/`, [], options);
  let missing = 3;
  client.on('message', () => --missing === 0 && client.close());
  await new Promise((resolve) => client.on('open', resolve));
  for (let i = 0; i < 3; i++) {
    client.send('x');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (client.readyState !== 3) await new Promise((resolve) => client.on('close', resolve));
  return global.seen;
}

/** Counts what passes through `EventEmitter.prototype.emit`, as agents do. */
function wrapEmit() {
  const { EventEmitter } = require('events');
  const original = EventEmitter.prototype.emit;
  global.seen = {};
  EventEmitter.prototype.emit = function (type, ...rest) {
    if (this._stream && ['open', 'data', 'message', 'close'].includes(type)) {
      global.seen[type] = (global.seen[type] || 0) + 1;
    }
    return original.call(this, type, ...rest);
  };
}

const nothing = () => {};
const ALL = { open: 2, data: 6, message: 6, close: 2 };
const ALL_OF_ONE = { open: 1, data: 3, message: 3, close: 1 };

for (const transport of TRANSPORTS) {
  describe(`a wrapper of emit (${transport})`, () => {
    test('sees all events when it was installed before us', async (t) => {
      const seen = await program(t, transport, wrapEmit, converse);
      // The server's connection may still be closing.
      assert.deepStrictEqual({ ...seen, close: 2 }, ALL);
    });

    test('sees all events when it was installed after us, and when one before us is there as well', async (t) => {
      const after = `async (WebSocket, options) => { (${wrapEmit})(); return (${converse})(WebSocket, options); }`;
      assert.deepStrictEqual({ ...(await program(t, transport, nothing, after)), close: 2 }, ALL);
      // Both count in the same place.
      const both = await program(t, transport, wrapEmit, after);
      assert.deepStrictEqual({ ...both, close: 4 }, { open: 4, data: 12, message: 12, close: 4 });
    });

    test('sees all events when it is put on a prototype of ours, or on an instance', async (t) => {
      const wrap = (target, seen) => {
        const { emit } = target;
        target.emit = function (type, ...rest) {
          if (type in seen) seen[type]++;
          return emit.call(this, type, ...rest);
        };
      };
      const zero = () => ({ open: 0, data: 0, message: 0, close: 0 });
      for (const make of [
        (options, seen) => {
          class Wrapped extends WebSocket {}
          wrap(Wrapped.prototype, seen);
          return { WebSocket: Wrapped, options };
        },
        (options) => ({ options })
      ]) {
        const seen = zero();
        const settings = make({ transport }, seen);
        const server = await serve(t, (ws) => settings.WebSocket || wrap(ws, seen), settings);
        const client = await connect(t, server.port);
        const closed = closing(await server.next());
        client.send(text('a'), binary('b'), text('c'));
        while (seen.message < 3) await turn();
        client.socket.destroy();
        await closed;
        await turn();
        assert.deepStrictEqual(seen, ALL_OF_ONE);
      }
    });

    test('that is put there and taken away again in mid-connection sees what happens meanwhile', async (t) => {
      const server = await serve(t, undefined, { options: { transport } });
      const client = await connect(t, server.port);
      const ws = await server.next();
      const got = [];
      ws.on('message', ({ data }) => got.push(data));
      const send = async (data) => {
        client.send(text(data));
        while (got[got.length - 1] !== data) await turn();
      };
      const seen = [];
      await send('1');
      ws.emit = function (type, event) {
        if (type === 'message') seen.push(event.data);
        return Object.getPrototypeOf(this).emit.apply(this, arguments);
      };
      await send('2');
      delete ws.emit;
      await send('3');
      assert.deepStrictEqual([seen, got], [['2'], ['1', '2', '3']]);
    });
  });

  describe(`a dispatchEvent of somebody else (${transport})`, () => {
    /** Puts one that notes the types of events in front of what `target` has. */
    const watch = (target, seen) => {
      const { dispatchEvent } = target;
      target.dispatchEvent = function (event) {
        seen.push(event.type);
        return dispatchEvent.call(this, event);
      };
    };
    const PLACES = {
      'the prototype of a class of its own': (seen) => {
        class Own extends WebSocket {}
        watch(Own.prototype, seen);
        return { WebSocket: Own };
      },
      'the instance': (seen) => ({ meet: (ws) => watch(ws, seen) })
    };
    const ENDINGS = {
      'is closed': { last: close(1000), types: ['open', 'message', 'message', 'close'] },
      fails: { last: frame({ opcode: 3 }), types: ['open', 'message', 'message', 'error', 'close'] }
    };

    for (const [place, make] of Object.entries(PLACES)) {
      for (const [ending, { last, types }] of Object.entries(ENDINGS)) {
        test(`on ${place} gets each event of a connection that ${ending}`, async (t) => {
          const seen = [];
          const got = [];
          const { meet, ...settings } = make(seen);
          const server = await serve(t, meet, { ...settings, options: { transport } });
          const client = await connect(t, server.port);
          const ws = await server.next();
          ws.onmessage = ({ data }) => got.push(`onmessage ${data}`);
          ws.on('message', ({ data }) => got.push(`message ${data}`));
          const closed = closing(ws);
          client.send(text('a'), text('b'), last);
          await closed;
          assert.deepStrictEqual(seen, types);
          assert.deepStrictEqual(got, ['onmessage a', 'message a', 'onmessage b', 'message b']);
        });
      }
    }

    test('that calls nothing keeps events to itself', async (t) => {
      const seen = [];
      const server = await serve(t, undefined, { options: { transport } });
      const client = await connect(t, server.port);
      const ws = await server.next();
      const got = [];
      ws.on('message', ({ data }) => got.push(data));
      ws.dispatchEvent = (event) => {
        seen.push(event.data);
        if (event.data === 'b') delete ws.dispatchEvent;
      };
      client.send(text('a'), text('b'), text('c'));
      while (got.length === 0) await turn();
      assert.deepStrictEqual([seen, got], [['a', 'b'], ['c']]);
    });
  });

  describe(`a domain (${transport})`, () => {
    const domains = async (WebSocket, options) => {
      const domain = require('domain');
      const seen = [];
      process.on('uncaughtException', (error) => seen.push(`uncaught ${error.message}`));
      const server = require('http').createServer();
      let count = 0;
      server.on('upgrade', (request, socket, head) => {
        const id = count++;
        const own = domain.create();
        own.on('error', (error) => seen.push(`${error.message} in domain ${id}`));
        own.run(() => {
          const ws = new WebSocket(request, socket, head, [], options);
          for (const type of ['open', 'message', 'close']) {
            ws.on(type, () => {
              if (process.domain !== own) seen.push(`${type} in another domain`);
              throw new Error(`${type} ${id}`);
            });
          }
        });
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { connect } = require('../testing/peers/raw_client');
      const { text } = require('../testing/wire');
      const clients = [];
      for (let i = 0; i < 2; i++) clients.push(await connect({ after() {} }, server.address().port));
      for (const client of clients) client.send(text('a'), text('b'));
      while (seen.length < 6) await new Promise(setImmediate);
      for (const client of clients) client.socket.destroy();
      while (seen.length < 8) await new Promise(setImmediate);
      if (process.domain) seen.push('a domain is left');
      return seen.sort();
    };

    for (const [when, before] of [
      ['before us', () => require('domain')],
      ['after us', nothing]
    ]) {
      test(`that was loaded ${when} catches what handlers of its connections throw`, async (t) => {
        const types = ['close', 'message', 'message', 'open'];
        const expected = types.flatMap((type) => [0, 1].map((id) => `${type} ${id} in domain ${id}`));
        assert.deepStrictEqual(await program(t, transport, before, domains), expected.sort());
      });
    }
  });
}

for (const [name, way] of Object.entries(WAYS)) {
  describe(`removeAllListeners (${name})`, () => {
    const on = {
      'of the WebSocket': (ws) => ws.removeAllListeners(),
      "of the WebSocket's error": (ws) => ws.removeAllListeners('error'),
      'of the socket': (ws, socket) => socket.removeAllListeners(),
      "of the socket's error": (ws, socket) => socket.removeAllListeners('error'),
      'of both': (ws, socket) => ws.removeAllListeners() && socket.removeAllListeners()
    };
    for (const [what, act] of Object.entries(on)) {
      test(`${what} makes a reset by the peer no exception, and close follows`, async (t) => {
        const caught = uncaught(t);
        let socket;
        const server = await serve(t, (ws, request, stream) => (socket = stream), way);
        const client = await connect(t, server.port, way);
        const ws = await server.next();
        client.send(ping('x'));
        await client.frames(1);
        act(ws, socket);
        const closed = closing(ws);
        socket.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
        await closed;
        await turn();
        assert.deepStrictEqual(caught, []);
        assert.strictEqual(ws.readyState, 3);
      });
    }

    test('makes a violation by the peer no exception, and close follows', async (t) => {
      const caught = uncaught(t);
      const server = await serve(t, undefined, way);
      const client = await connect(t, server.port, way);
      const ws = await server.next();
      ws.removeAllListeners();
      const closed = closing(ws);
      client.send(text('x', { rsv: 1 }));
      await closed;
      assert.deepStrictEqual(caught, []);
    });
  });
}

test('removeAllListeners of a client makes it no exception that nobody can be reached', async (t) => {
  const caught = uncaught(t);
  const client = new WebSocket.Client('ws://127.0.0.1:1/');
  client.removeAllListeners();
  await closing(client);
  assert.deepStrictEqual(caught, []);
});
