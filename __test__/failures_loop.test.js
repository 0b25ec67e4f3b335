'use strict';

// Faults of our own code on the loop: each ends its connection with 1011, or its handshake with a 500, throws into
// nobody, and leaves other connections alone.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const { deflateRawSync } = require('node:zlib');

const { failing } = require('./failures/build');
const { closeCode, connecting, idle, serving } = require('./failures/opening');
const { connect, dial, request } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { frame, fromServer, text } = require('../testing/wire');

const built = failing();
const skip = built ? false : 'there is no cargo to build the failures with';
const { WebSocket, inject } = built || {};

const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate';

const draft = (...lines) =>
  [
    'GET / HTTP/1.1',
    'Host: a',
    'Connection: Upgrade',
    'Upgrade: WebSocket',
    'Origin: b',
    ...lines,
    '',
    ''
  ].join('\r\n');

/** Lets a place fail once, for a test only. */
function injectOnce(t, place) {
  inject(place, 1);
  t.after(() => inject(place, 0));
}

// The WebAssembly engine has one.
const TRANSPORTS = built && built.folder ? ['direct', 'stream'] : ['stream'];

for (const transport of TRANSPORTS) {
  describe(`a fault on the loop (${transport} transport)`, { skip }, () => {
    for (const [place, what] of [
      ['receive', 'panics'],
      ['progress', 'takes nothing and says nothing']
    ]) {
      test(`in a session that ${what} ends a server's connection with 1011, and no other`, async (t) => {
        const echo = (ws) => (ws.onmessage = ({ data }) => ws.send(data));
        const { server, client, ws, events, closed } = await serving(t, { transport }, { onWebSocket: echo });
        const other = await connect(t, server.port);
        client.send(text('before'));
        assert.deepStrictEqual(await client.frames(1), ['1:before']);
        assert.strictEqual(ws.transport, transport);
        injectOnce(t, place);
        client.send(text('lost'), text('behind'));
        assert.strictEqual(await closeCode(client), 1011);
        await closed;
        assert.deepStrictEqual(events, ['message 6', 'error Internal error', 'close 1011']);
        await client.closed;
        other.send(text('still here'));
        assert.deepStrictEqual(await other.frames(1), ['1:still here']);
      });

      test(`in a session that ${what} ends a client's connection with 1011`, async (t) => {
        const { client, events, closed } = await connecting(t, { transport });
        client.send(fromServer.text('before'));
        client.send(fromServer.text('before'));
        injectOnce(t, place);
        client.send(fromServer.text('lost'));
        assert.strictEqual(await closeCode(client), 1011);
        await closed;
        assert.deepStrictEqual(events.slice(-2), ['error Internal error', 'close 1011']);
      });
    }

    test('in compressing a small message ends the connection with 1011, and throws nothing', async (t) => {
      const options = { transport, extensions: [WebSocket.deflate] };
      const { client, ws, events, closed } = await serving(t, options, { headers: [OFFER] });
      injectOnce(t, 'pack');
      assert.strictEqual(ws.send('lost'), false);
      assert.strictEqual(ws.send('behind'), false);
      assert.strictEqual(await closeCode(client), 1011);
      await closed;
      assert.deepStrictEqual(events, ['error Internal error', 'close 1011']);
    });
  });
}

describe('a fault on the loop', { skip }, () => {
  const noDirect = built && built.folder ? false : 'there is no direct transport';

  test('in framing a text sends nothing of it, and throws to the caller', { skip: noDirect }, async (t) => {
    const thrown = [];
    const onWebSocket = (ws) =>
      (ws.onmessage = ({ data }) => {
        if (data === 'b') inject('frame', 1);
        try {
          ws.send(data);
        } catch (error) {
          thrown.push(error.message);
        }
      });
    const { client, ws } = await serving(t, { transport: 'direct' }, { onWebSocket });
    client.send(text('first'));
    assert.deepStrictEqual(await client.frames(1), ['1:first']);
    assert.strictEqual(ws.transport, 'direct');
    client.send(text('a'), text('b'), text('c'), text('d'));
    assert.deepStrictEqual(await client.frames(3), ['1:a', '1:c', '1:d']);
    assert.deepStrictEqual(thrown, ['faye-websocket-native: directText panicked']);
  });

  for (const way of ['in', 'out']) {
    test(`in a codec that is a plugin ends the connection with 1011 (a message ${way})`, async (t) => {
      const options = { extensions: [idle, WebSocket.deflate] };
      const { client, ws, closed } = await serving(t, options, { headers: [`${OFFER}, x-idle`] });
      injectOnce(t, 'codecRun');
      if (way === 'in') {
        const payload = deflateRawSync('lost', { finishFlush: 2 }).subarray(0, -4);
        client.send(frame({ opcode: 1, rsv: 4, payload }), text('behind'));
      } else {
        ws.send('lost');
        ws.send('behind');
      }
      assert.strictEqual(await closeCode(client), 1011);
      assert.strictEqual((await closed).code, 1011);
    });
  }

  for (const [what, head] of [
    ['a request', request()],
    ['a request of a draft', draft()]
  ]) {
    test(`refuses ${what} with a 500`, async (t) => {
      let closed;
      const server = await serve(t, (ws) => (closed = closing(ws)), { WebSocket });
      injectOnce(t, 'accept');
      const client = await dial(t, server.port);
      client.send(head);
      assert.match(await client.head(), /^HTTP\/1\.1 500 /);
      await closed;
      await connect(t, server.port);
    });
  }

  test('ends a connection of a draft', async (t) => {
    const server = await serve(t, () => {}, { WebSocket });
    const client = await dial(t, server.port);
    client.send(draft());
    assert.match(await client.head(), /^HTTP\/1\.1 101 /);
    const ws = await server.next();
    const errors = [];
    ws.onerror = ({ message }) => errors.push(message);
    injectOnce(t, 'draft');
    client.send(Buffer.from('\0lost\xff', 'latin1'));
    await closing(ws);
    assert.deepStrictEqual(errors, ['Internal error']);
  });
});

describe('the binary that is published', () => {
  const native = require('../lib/native');

  test('has no way to ask for a failure', () => {
    for (const name of ['inject', 'refuseMemory']) assert.strictEqual(native[name], undefined);
  });
});
