'use strict';

// A message for many that cannot be compressed for all of them: each connection compresses it for itself, and ends with 1011
// only where that fails as well.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { constants, inflateRawSync } = require('node:zlib');

const { failing } = require('./failures/build');
const { closeCode } = require('./failures/opening');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');

const built = failing();
const skip = built ? false : 'there is no cargo to build the failures with';
const { WebSocket, inject, native } = built || {};
const TRANSPORTS = built && built.folder ? ['direct', 'stream'] : ['stream'];

const ALONE = 'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover';
const LARGE = Array.from({ length: 20_000 }, (_, i) => `record ${i * 7919}; `).join('');
const SMALL = 'small '.repeat(100);

/** Three connections that compress in the same way, and their clients. */
async function join(t, transport) {
  const server = await serve(t, undefined, {
    WebSocket,
    options: { transport, extensions: [WebSocket.deflate] }
  });
  const made = [];
  const clients = [];
  for (let i = 0; i < 3; i++) {
    clients.push(await connect(t, server.port, { headers: [ALONE] }));
    const ws = await server.next();
    if (ws.readyState === 0) await once(ws, 'open');
    ws.on('error', () => {});
    made.push(ws);
  }
  return { made, clients };
}

/** The next message of a client. */
async function read(client) {
  const { head, payload } = await client.frame();
  if ((head[0] & 0x40) === 0) return String(payload);
  const whole = Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]);
  return String(inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH }));
}

/** Lets a place fail so often, for a test only. */
function injectFor(t, place, count) {
  inject(place, count);
  t.after(() => inject(place, 0));
}

for (const transport of TRANSPORTS) {
  describe(`a message to many (${transport} transport)`, { skip }, () => {
    for (const [size, place, message] of [
      ['large', 'deflate', LARGE],
      ['small', 'codecRun', SMALL]
    ]) {
      test(`comes to all, in order, if compressing it for all panics (a ${size} one)`, async (t) => {
        const { made, clients } = await join(t, transport);
        injectFor(t, place, 1);
        const prepared = WebSocket.prepare(message);
        assert.strictEqual(WebSocket.broadcast(made, prepared), 3);
        for (const ws of made) ws.send('behind');
        WebSocket.broadcast(made, prepared);
        for (const client of clients) {
          assert.ok((await read(client)) === message);
          assert.strictEqual(await read(client), 'behind');
          assert.ok((await read(client)) === message);
        }
      });
    }

    test('ends each connection with 1011 that cannot compress it for itself', async (t) => {
      const { made, clients } = await join(t, transport);
      injectFor(t, 'deflate', 1000);
      WebSocket.broadcast(made, LARGE);
      for (const client of clients) assert.strictEqual(await closeCode(client), 1011);
    });

    test('leaves no codec behind', async (t) => {
      const { made, clients } = await join(t, transport);
      const before = native.hibernate();
      injectFor(t, 'deflate', 1);
      for (let i = 0; i < 20; i++) {
        WebSocket.broadcast(made, LARGE);
        WebSocket.broadcast(made, SMALL);
        for (const client of clients) for (let k = 0; k < 2; k++) await read(client);
      }
      // It counts connections with compression, and codecs.
      assert.ok(native.hibernate() <= before);
    });
  });
}
