'use strict';

// An owner stops the socket of a request while it asks who that is, and constructs the WebSocket later. Whatever it has
// done to stop the socket, what the client sends is read from then on, and what has come before is not lost. What the
// owner stops afterwards stays stopped.

const assert = require('node:assert');
const { once } = require('node:events');
const { Duplex } = require('node:stream');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { dial, request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const { text } = require('../testing/wire');

const DIRECT = process.platform === 'linux' && WebSocket.engine === 'native';

/** Ways to stop a socket, each with what the owner does before it constructs. */
const STOPS = {
  'has paused': (socket) => socket.pause(),
  'has paused and resumed and paused': (socket) => socket.pause().resume().pause(),
  'has read, and paused': (socket) => {
    const listener = () => {};
    socket.on('data', listener);
    socket.pause();
    return () => socket.removeListener('data', listener);
  },
  'has read from, and has paused': (socket) => {
    const listener = () => {};
    socket.on('data', listener);
    socket.removeListener('data', listener);
    socket.pause();
  },
  'waits for with a listener of readable': (socket) => {
    const listener = () => {};
    socket.on('readable', listener);
    return () => socket.removeListener('readable', listener);
  }
};

/** A stream in memory; what is written to it is dropped. */
function memoryStream() {
  return new Duplex({ read() {}, write: (chunk, encoding, callback) => callback() });
}

/** A WebSocket on a stream in memory. */
function accept(stream) {
  const headers = { host: 'h', connection: 'upgrade', upgrade: 'websocket' };
  headers['sec-websocket-key'] = 'dGhlIHNhbXBsZSBub25jZQ==';
  headers['sec-websocket-version'] = '13';
  return new WebSocket({ method: 'GET', url: '/', headers }, stream, Buffer.alloc(0));
}

describe('a WebSocket on a socket that its owner', () => {
  for (const { name, secure, options } of WAYS) {
    for (const [what, stop] of Object.entries(STOPS)) {
      for (const early of [false, true]) {
        const title = `${what}, ${early ? 'with messages that wait' : 'with nothing that waits'}: ${name}`;
        test(title, { timeout: 30_000 }, async (t) => {
          let arrived;
          const upgraded = new Promise((resolve) => (arrived = resolve));
          const server = await serve(t, undefined, {
            secure,
            upgrade: (...parts) => arrived({ parts, before: stop(parts[1]) })
          });
          const client = await dial(t, server.port, { secure });
          client.send(request());
          const { parts, before } = await upgraded;
          if (early) {
            client.send(text('early'), text('as early'));
            // The kernel has it, and Node, where it reads.
            await dial(t, server.port);
          }
          if (typeof before === 'function') before();
          const ws = new WebSocket(...parts, [], options);
          ws.onmessage = ({ data }) => ws.send(`heard ${data}`);
          await client.head();
          client.send(text('one'), text('two'));
          const words = [...(early ? ['early', 'as early'] : []), 'one', 'two'];
          assert.deepStrictEqual(
            await client.frames(words.length),
            words.map((word) => `1:heard ${word}`)
          );
          if (DIRECT) assert.strictEqual(ws.transport, options.transport);
        });
      }
    }

    test(
      `pauses stays paused when the peer has taken what was sent: ${name}`,
      { timeout: 30_000 },
      async (t) => {
        const log = [];
        const onWebSocket = (ws) => (ws.onmessage = ({ data }) => log.push(data));
        const server = await serve(t, onWebSocket, { secure, options });
        const client = await dial(t, server.port, { secure });
        client.send(request());
        await client.head();
        const ws = await server.next();
        client.socket.pause();
        const drained = once(ws, 'drain');
        while (ws.send(Buffer.alloc(100_000)) || ws.bufferedAmount === 0);
        ws._stream.pause();
        client.drop();
        client.socket.resume();
        await drained;
        client.send(text('one'));
        // Another connection has been served meanwhile.
        const other = await dial(t, server.port, { secure });
        other.send(request());
        await other.head();
        assert.deepStrictEqual(log, []);
        ws._stream.resume();
        if (log.length === 0) await once(ws, 'message');
        assert.deepStrictEqual(log, ['one']);
      }
    );

    test(`pauses once it has the WebSocket is not read from: ${name}`, { timeout: 30_000 }, async (t) => {
      const log = [];
      const stop = (ws, _, socket) => {
        ws.onmessage = ({ data }) => log.push(data);
        socket.pause();
      };
      const server = await serve(t, stop, { secure, options });
      const client = await dial(t, server.port, { secure });
      client.send(request(), text('one'));
      const ws = await server.next();
      await client.head();
      client.send(text('two'));
      // Another connection has been served meanwhile.
      const other = await dial(t, server.port, { secure });
      other.send(request());
      await other.head();
      assert.deepStrictEqual(log, ['one'], 'what came with the request is no more to be read');
      ws._stream.resume();
      while (log.length < 2) await once(ws, 'message');
      assert.deepStrictEqual(log, ['one', 'two']);
    });
  }

  test('has paused, though it is no socket', { timeout: 30_000 }, async () => {
    const stream = memoryStream();
    stream.pause();
    stream.push(text('early'));
    const ws = accept(stream);
    const [{ data }] = await once(ws, 'message');
    assert.strictEqual(data, 'early');
    ws.terminate();
  });

  test('has paused, though the client speaks a draft', { timeout: 30_000 }, async (t) => {
    const server = await serve(t, undefined, {
      upgrade: (req, socket, head) => {
        socket.pause();
        setImmediate(() => {
          const ws = new WebSocket(req, socket, head);
          ws.onmessage = ({ data }) => ws.send(`heard ${data}`);
        });
      }
    });
    const client = await dial(t, server.port);
    const lines = [
      'GET / HTTP/1.1',
      'Host: localhost',
      'Upgrade: WebSocket',
      'Connection: Upgrade',
      'Origin: null'
    ];
    client.send([...lines, '', ''].join('\r\n'));
    await client.head();
    client.send(Buffer.from('\x00hello\xff', 'latin1'));
    const answer = '\x00heard hello\xff';
    const got = await client.wait(() => (client.bytes.length < answer.length ? undefined : client.bytes));
    assert.strictEqual(got.toString('latin1'), answer);
  });
});

describe('a connection that its owner pauses', () => {
  /** One that is open and paused, whose stream holds the second and third of three messages, and what it is told. */
  async function paused(t) {
    const stream = memoryStream();
    const ws = accept(stream);
    t.after(() => ws.terminate());
    const told = [];
    ws.onmessage = ({ data }) => told.push(data);
    await once(ws, 'open');
    ws.pause();
    for (const word of ['one', 'two', 'three']) stream.push(text(word));
    await turnsOfTheLoop();
    return { ws, stream, told };
  }

  async function turnsOfTheLoop() {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  test(
    'at once behind its resuming is told one chunk of what its stream holds',
    { timeout: 30_000 },
    async (t) => {
      const { ws, told } = await paused(t);
      assert.deepStrictEqual(told, ['one']);
      ws.resume();
      ws.pause();
      await turnsOfTheLoop();
      assert.deepStrictEqual(told, ['one', 'two']);
      ws.resume();
      await turnsOfTheLoop();
      assert.deepStrictEqual(told, ['one', 'two', 'three']);
    }
  );

  test(
    'is told nothing if the owner of its stream pauses that at once behind its resuming',
    { timeout: 30_000 },
    async (t) => {
      const { ws, stream, told } = await paused(t);
      ws.resume();
      stream.pause();
      await turnsOfTheLoop();
      assert.deepStrictEqual(told, ['one']);
      stream.resume();
      await turnsOfTheLoop();
      assert.deepStrictEqual(told, ['one', 'two', 'three']);
    }
  );
});
