'use strict';

// What the system may refuse besides threads and memory, and faults in what takes a job back: the descriptors of the direct
// transport, of which a connection can do without, and the way from the threads to the loop.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const { deflateRawSync } = require('node:zlib');

const { failing } = require('./failures/build');
const { closeCode, idle, serving } = require('./failures/opening');
const { connect } = require('../testing/peers/raw_client');
const { frame, text } = require('../testing/wire');

const built = failing();
const skip = built && built.folder ? false : 'there is no binary with failures';
const { WebSocket, inject } = built || {};

const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate';
const LARGE = Array.from({ length: 40_000 }, (_, i) => `record ${i * 7919}; `).join('');
const CHINESE = '水'.repeat(1 << 20);

const compressed = (message) =>
  frame({ opcode: 1, rsv: 4, payload: deflateRawSync(message, { finishFlush: 2 }).subarray(0, -4) });

const echo = (ws) => (ws.onmessage = ({ data }) => ws.send(String(data.length)));

/** Lets a place fail so often, within a test. */
function injecting(t, place, count = 1) {
  inject(place, count);
  t.after(() => inject(place, 0));
}

// The set is made once in a process, and so is the way back below: these tests come first, in this order.
describe('without descriptors for the direct transport', { skip }, () => {
  for (const places of [['set', 'hook'], ['watch']]) {
    test(`connections go on over the stream transport, and later ones use it again (${places})`, async (t) => {
      for (const place of places) injecting(t, place);
      const { server, client, ws } = await serving(t, { transport: 'direct' }, { onWebSocket: echo });
      client.send(text('first'), text('and more'));
      assert.deepStrictEqual(await client.frames(2), ['1:5', '1:8']);
      assert.strictEqual(ws.transport, 'stream');
      for (let refused = 1; refused < places.length; refused++) {
        const next = await connect(t, server.port);
        const end = await server.next();
        next.send(text('next'));
        assert.deepStrictEqual(await next.frames(1), ['1:4']);
        assert.strictEqual(end.transport, 'stream');
      }
      const other = await connect(t, server.port);
      const second = await server.next();
      other.send(text('second'));
      assert.deepStrictEqual(await other.frames(1), ['1:6']);
      assert.strictEqual(second.transport, 'direct');
    });
  }
});

describe('without a way back from the threads', { skip }, () => {
  for (const transport of ['direct', 'stream']) {
    test(`a large compressed message ends its connection with 1011 (${transport} transport)`, async (t) => {
      const options = { transport, extensions: [WebSocket.deflate] };
      const { client, events, closed } = await serving(t, options, { headers: [OFFER] });
      injecting(t, 'wake');
      client.send(Buffer.concat([text('before'), compressed(LARGE)]));
      assert.strictEqual(await closeCode(client), 1011);
      await closed;
      assert.strictEqual(events[0], 'message 6');
      assert.match(events[1], /^error /);
      assert.deepStrictEqual(events.slice(2), ['close 1011']);
    });

    test(`a large message to compress ends it, too (${transport} transport)`, async (t) => {
      const options = { transport, extensions: [WebSocket.deflate] };
      const { client, ws, events, closed } = await serving(t, options, { headers: [OFFER] });
      injecting(t, 'wake');
      assert.strictEqual(ws.send(Buffer.from(LARGE)), false);
      ws.send('behind');
      assert.strictEqual(await closeCode(client), 1011);
      await closed;
      assert.match(events[0], /^error /);
    });

    test(`a large text is converted on the loop (${transport} transport)`, async (t) => {
      const { client } = await serving(t, { transport }, { onWebSocket: echo });
      injecting(t, 'wake');
      client.send(Buffer.concat([text(CHINESE), text('more')]));
      assert.deepStrictEqual(await client.frames(2), [`1:${CHINESE.length}`, '1:4']);
    });
  }

  test('a plugin ends its connection with 1011', async (t) => {
    const options = { transport: 'stream', extensions: [idle, WebSocket.deflate] };
    const { client, closed } = await serving(t, options, { headers: [`${OFFER}, x-idle`] });
    injecting(t, 'wake');
    client.send(compressed(LARGE));
    assert.strictEqual(await closeCode(client), 1011);
    await closed;
  });
});

describe('a fault in what takes a job back', { skip }, () => {
  for (const transport of ['direct', 'stream']) {
    for (const [what, send] of Object.entries({
      'a message that was inflated': ({ client }) => client.send(compressed(LARGE), text('behind')),
      'a message that was compressed': ({ ws }) => [LARGE, 'behind'].map((data) => ws.send(data)),
      'a text that was converted': ({ client }) => client.send(text(CHINESE), text('behind'))
    })) {
      test(`ends the connection of ${what} with 1011, and no other (${transport} transport)`, async (t) => {
        const options = { transport, extensions: [WebSocket.deflate] };
        const one = await serving(t, options, { headers: [OFFER] });
        const other = await connect(t, one.server.port, { headers: [OFFER] });
        const bystander = await one.server.next();
        const heard = new Promise((resolve) => bystander.on('message', ({ data }) => resolve(data)));
        injecting(t, 'finished');
        send(one);
        assert.strictEqual(await closeCode(one.client), 1011);
        await one.closed;
        assert.deepStrictEqual(one.events, ['error Internal error', 'close 1011']);
        other.send(compressed(LARGE));
        assert.ok((await heard) === LARGE);
      });
    }
  }

  test('ends the connection of a plugin with 1011', async (t) => {
    const options = { transport: 'stream', extensions: [idle, WebSocket.deflate] };
    const { client, closed } = await serving(t, options, { headers: [`${OFFER}, x-idle`] });
    injecting(t, 'finished');
    client.send(compressed(LARGE));
    assert.strictEqual(await closeCode(client), 1011);
    await closed;
  });
});
