'use strict';

// Work on other threads that panics: it ends its connection with 1011, and no other.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const { deflateRawSync } = require('node:zlib');

const { failing } = require('./failures/build');
const { closeCode, idle, serving } = require('./failures/opening');
const { connect } = require('../testing/peers/raw_client');
const { frame, ping, text } = require('../testing/wire');

const built = failing();
const skip = built ? false : 'there is no cargo to build the failures with';
const { WebSocket, inject } = built || {};

const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate';

/** A text that is worked on elsewhere, both ways. */
const LARGE = Array.from({ length: 40_000 }, (_, i) => `record ${i * 7919}; `).join('');

/** The compressed form of a message, as a client sends it. */
function compressed(message) {
  return frame({ opcode: 1, rsv: 4, payload: deflateRawSync(message, { finishFlush: 2 }).subarray(0, -4) });
}

/** Serves with permessage-deflate, and connects a client that offers it. */
function open(t, options, onWebSocket) {
  const headers = options.extensions ? [`${OFFER}, x-idle`] : [OFFER];
  return serving(t, { extensions: [WebSocket.deflate], ...options }, { onWebSocket, headers });
}

const WAYS = [
  ['direct', {}],
  ['stream', {}],
  ['plugin', { extensions: [idle, WebSocket && WebSocket.deflate] }]
].map(([name, options]) => [name, { transport: name === 'direct' ? 'direct' : 'stream', ...options }]);

for (const [way, options] of WAYS) {
  describe(`a job that panics (${way})`, { skip }, () => {
    const place = (native) => (way === 'plugin' && native === 'inflate' ? 'codec' : native);
    /** The host of plugins says whose message it was. */
    const error = (name = '') =>
      `error ${way === 'plugin' ? `${name}permessage-deflate: ` : ''}Internal error`;

    test('ends the connection of a message that it inflates with 1011', async (t) => {
      const { client, events, closed } = await open(t, options);
      inject(place('inflate'), 1);
      client.send(text('before'), compressed(LARGE), text('behind'), text('more'));
      assert.strictEqual(await closeCode(client), 1011);
      await closed;
      assert.deepStrictEqual(events, ['message 6', error('x-idle: '), 'close 1011']);
      await client.closed;
    });

    test('ends it also when what is behind the message comes later, in many pieces', async (t) => {
      const { client, events, closed } = await open(t, options);
      inject(place('inflate'), 1);
      client.send(compressed(LARGE));
      for (let i = 0; i < 50; i++) client.send(text(`${i}`));
      assert.strictEqual(await closeCode(client), 1011);
      await closed;
      assert.deepStrictEqual(events.slice(-2), [error('x-idle: '), 'close 1011']);
      await client.closed;
    });

    test('ends the connection of a message that it compresses with 1011, and what waits behind it goes nowhere', async (t) => {
      const { client, ws, events, closed } = await open(t, options);
      inject('deflate', 1);
      ws.send(LARGE);
      for (const message of ['a', Buffer.from('b'), LARGE]) ws.send(message);
      assert.strictEqual(await closeCode(client), 1011);
      await closed;
      assert.deepStrictEqual(events, [error(), 'close 1011']);
      assert.strictEqual(ws.send('more'), false);
      await client.closed;
    });

    test('says 1011 instead of the code with which the owner has closed behind the message', async (t) => {
      // A host of plugins sends what the owner has said, as the reference does.
      if (way === 'plugin') return;
      const { client, ws, closed } = await open(t, options);
      inject('deflate', 1);
      ws.send(LARGE);
      ws.close(1000);
      assert.strictEqual(await closeCode(client), 1011);
      assert.strictEqual((await closed).code, 1011);
    });

    test('ends it while messages come in, compressed ones too', async (t) => {
      const { client, ws, closed } = await open(t, options);
      inject('deflate', 1);
      ws.send(LARGE);
      client.send(compressed(LARGE), compressed('small'), text('plain'), ping('?'));
      assert.strictEqual(await closeCode(client), 1011);
      assert.strictEqual((await closed).code, 1011);
    });

    test('leaves other connections alone, which use the same threads', async (t) => {
      const { server, client, closed } = await open(t, options, (ws) => {
        ws.onmessage = ({ data }) => ws.send(data.slice(0, 100_000));
      });
      const headers = way === 'plugin' ? [`${OFFER}, x-idle`] : [OFFER];
      const other = await connect(t, server.port, { headers });
      for (let round = 0; round < 3; round++) {
        inject(place('inflate'), round === 0 ? 1 : 0);
        if (round === 0) {
          client.send(compressed(LARGE));
          await closed;
        }
        other.send(compressed(LARGE));
        assert.ok((await other.frame()).payload.length > 1000);
      }
    });
  });
}
