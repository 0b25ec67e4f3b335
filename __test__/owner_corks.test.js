'use strict';

// While the owner of a socket has it corked, Node gathers what is written, and frames are no exception.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const WebSocket = require('../testing/peers/implementation');
const { dial, request } = require('../testing/peers/raw_client');
const { ROLES } = require('../testing/peers/roles');
const { serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const { text } = require('../testing/wire');

/** Turns of the loop in which what has left arrives. */
async function turns() {
  for (let i = 0; i < 20; i++) await turn();
}

for (const { name, secure, options } of WAYS) {
  for (const [role, make] of Object.entries(ROLES)) {
    describe(`a corked socket (${name}, ${role})`, () => {
      test('keeps frames of all kinds and sizes, in order, until it is uncorked', async (t) => {
        const { ws, peer } = await make(t, options, secure);
        const large = 'x'.repeat(50000);
        await turns();
        ws._stream.cork();
        ws.send('a');
        ws.send(Buffer.from('b'));
        await turns();
        ws.ping('p');
        ws.send(large);
        for (let i = 0; i < 10; i++) ws.send('many');
        ws.close(1000);
        await turns();
        assert.strictEqual(peer.bytes.length, 0);
        ws._stream.uncork();
        const many = Array(10).fill('1:many');
        assert.deepStrictEqual(await peer.frames(15), [
          '1:a',
          '2:b',
          '9:p',
          `1:${large}`,
          ...many,
          '8:1000:'
        ]);
      });

      test('lets go before it is corked what was sent before', async (t) => {
        const { ws, peer } = await make(t, options, secure);
        await turns();
        // A stream of TLS takes one write in a turn of the loop, and keeps what else was written to it.
        const count = secure ? 1 : 20;
        for (let i = 0; i < count; i++) ws.send(`${i}`);
        ws._stream.cork();
        ws.send('corked');
        const sent = Array.from({ length: count }, (_, i) => `1:${i}`);
        assert.deepStrictEqual(await peer.frames(count), sent);
        await turns();
        assert.strictEqual(peer.bytes.length, 0);
        // As often as it was corked.
        ws._stream.cork();
        ws._stream.uncork();
        await turns();
        assert.strictEqual(peer.bytes.length, 0);
        ws._stream.uncork();
        assert.deepStrictEqual(await peer.frames(1), ['1:corked']);
      });

      test('gives the answers of handlers to the system in one write', async (t) => {
        const { ws, peer, mask } = await make(t, options, secure);
        ws.on('message', ({ data }) => {
          const { _stream: stream } = ws;
          if (stream.writableCorked === 0) {
            stream.cork();
            setImmediate(() => stream.uncork());
          }
          ws.send(data);
          ws.send(data);
        });
        await turns();
        const { _handle: handle } = ws._stream;
        const gathered = t.mock.method(handle, 'writev');
        const single = t.mock.method(handle, 'writeBuffer');
        peer.send(text('a', { mask }), text('b', { mask }), text('c', { mask }));
        assert.deepStrictEqual(await peer.frames(6), ['1:a', '1:a', '1:b', '1:b', '1:c', '1:c']);
        assert.strictEqual(gathered.mock.callCount(), 1);
        assert.strictEqual(single.mock.callCount(), 0);
      });

      test('that is ended lets go of what it keeps', async (t) => {
        const { ws, peer } = await make(t, options, secure);
        await turns();
        ws._stream.cork();
        ws.send('a');
        await turns();
        ws._stream.end();
        assert.deepStrictEqual(await peer.frames(1), ['1:a']);
      });
    });
  }

  test(`a socket that is corked before it is a WebSocket's keeps the answer, too (${name})`, async (t) => {
    const made = [];
    const server = await serve(t, undefined, {
      secure,
      upgrade(asked, socket, head) {
        socket.cork();
        const ws = new WebSocket(asked, socket, head, [], options);
        ws.on('open', () => ws.send('open'));
        ws.on('message', ({ data }) => ws.send(data));
        made.push(socket, ws);
      }
    });
    const client = await dial(t, server.port, { secure });
    client.send(request());
    while (made.length === 0) await turn();
    const [socket, ws] = made;
    if (ws.readyState === 0) await once(ws, 'open');
    await turns();
    assert.strictEqual(client.bytes.length, 0);
    socket.uncork();
    assert.match(await client.head(), /^HTTP\/1\.1 101 /);
    client.send(text('x'));
    assert.deepStrictEqual(await client.frames(2), ['1:open', '1:x']);
  });
}
