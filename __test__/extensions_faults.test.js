'use strict';

// Messages behind one that cannot be inflated, where permessage-deflate is one of several extensions: they wait for a session that
// is closed when the first has failed, and nobody gets them.

const assert = require('node:assert');
const crypto = require('node:crypto');
const { describe, test } = require('node:test');
const zlib = require('node:zlib');

const websocket = require('../driver');
const { request: given } = require('../testing/driver/harness');
const { passing } = require('../testing/passing_extension');
const { dial, request } = require('../testing/peers/raw_client');
const { agreement, listen } = require('../testing/peers/raw_server');
const { uncaughtWithStores } = require('../testing/peers/scoped');
const { closing, serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const WebSocket = require('..');
const { frame } = require('../testing/wire');

const RSV1 = 4;
const HEADER = 'permessage-deflate, x-plain';
const compressed = (data) => zlib.deflateRawSync(data, { finishFlush: 2 }).subarray(0, -4);

/** Random bytes compressed, with an end that cannot be. A thread inflates it. */
const bad = compressed(crypto.randomBytes(100_000));
bad.fill(0xff, 50_000);

/** The bad message, and some behind it that are short or long. */
function messages(mask) {
  const payloads = [bad, compressed('abc'), compressed(crypto.randomBytes(80_000)), compressed('def')];
  return Buffer.concat(payloads.map((payload) => frame({ opcode: 2, rsv: RSV1, payload, ...mask })));
}

const extensions = [WebSocket.deflate, passing('x-plain')];

/** Asserts that a connection ends with 1010, and that nothing is thrown behind that. */
async function endsAlone(ws) {
  const told = [];
  for (const name of ['message', 'error']) ws.on(name, (event) => told.push(event.message || name));
  const { code } = await closing(ws);
  await new Promise(setImmediate);
  assert.strictEqual(code, 1010);
  assert.match(told.join(), /^permessage-deflate: [^,]*$/);
}

describe('nothing is told of messages behind one that cannot be inflated', () => {
  for (const { name, options } of WAYS.filter(({ secure }) => !secure)) {
    test(`by a server, ${name}`, async (t) => {
      const server = await serve(t, undefined, { options: { ...options, extensions } });
      const peer = await dial(t, server.port);
      peer.send(request([`Sec-WebSocket-Extensions: ${HEADER}`]));
      const ws = await server.next();
      peer.send(messages());
      await endsAlone(ws);
    });

    test(`by a client, ${name}`, async (t) => {
      const server = await listen(t);
      const ws = new WebSocket.Client(server.url, [], { ...options, extensions });
      const ended = endsAlone(ws);
      const peer = await server.next();
      const head = await peer.head();
      peer.send(agreement(head, [`Sec-WebSocket-Extensions: ${HEADER}`]), messages({ mask: null }));
      await ended;
    });
  }

  test('by a driver', async () => {
    const driver = websocket.http(given({ 'sec-websocket-extensions': HEADER }));
    for (const extension of extensions) driver.addExtension(extension);
    driver.start();
    const ended = endsAlone(driver);
    driver.parse(messages());
    await ended;
  });
});

test('a session of deflate works on what waits, and on what comes later, behind a message whose handler has thrown', async (t) => {
  const uncaught = uncaughtWithStores(t);
  const inflating = WebSocket.deflate.createServerSession([{}]);
  t.after(() => inflating.close());
  const told = [];
  const inflate = (data) =>
    new Promise((resolve) => {
      inflating.processIncomingMessage({ rsv1: true, data: compressed(data) }, (_error, message) => {
        told.push(message.data.length);
        resolve();
        if (message.data.length === 3) throw new Error('of a handler');
      });
    });
  // A thread inflates the first one, and the others wait for it.
  await Promise.all([crypto.randomBytes(300_000), 'abc', 'four'].map(inflate));
  await inflate('later');
  await new Promise(setImmediate);
  assert.deepStrictEqual(told, [300_000, 3, 4, 5]);
  assert.deepStrictEqual(uncaught, ['of a handler in undefined']);
});
