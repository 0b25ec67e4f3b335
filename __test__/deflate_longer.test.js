'use strict';

// A message that compression would make longer leaves as it is, and what comes behind it is compressed as if it had not
// been there. One that repeats another short one is compressed for the sake of those to come.

const assert = require('node:assert');
const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const zlib = require('node:zlib');

const Extensions = require('websocket-extensions');

const WebSocket = require('..');
const { connect } = require('../testing/peers/raw_client');
const { agreement, listen } = require('../testing/peers/raw_server');
const { serve } = require('../testing/peers/server');

const { deflate } = WebSocket;
const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate';
const RSV1 = 0x40;

/** A connection with permessage-deflate in a role, and its peer. */
async function pair(t, role, transport, settings = {}, answer = '') {
  const options = { extensions: [deflate.configure(settings)], transport };
  if (role === 'server') {
    const { port, next } = await serve(t, undefined, { options });
    const peer = await connect(t, port, { headers: [OFFER] });
    return { ws: await next(), peer };
  }
  const server = await listen(t);
  const ws = new WebSocket.Client(server.url, null, options);
  t.after(() => ws.terminate());
  const peer = await server.next();
  peer.send(agreement(await peer.head(), [OFFER + answer]));
  await once(ws, 'open');
  return { ws, peer };
}

/** What inflates the compressed frames of one direction, one after the other. */
function inflater() {
  let compressed = Buffer.alloc(0);
  let length = 0;
  return (payload) => {
    compressed = Buffer.concat([compressed, payload, Buffer.from([0, 0, 0xff, 0xff])]);
    const plain = zlib.inflateRawSync(compressed, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
    const message = plain.subarray(length);
    length = plain.length;
    return message;
  };
}

const sentence = (n) => `The ${n}th of the sentences in this text, and the last one for now. `.repeat(4);

for (const role of ['server', 'client']) {
  for (const transport of ['stream', 'direct']) {
    describe(`a message that compression makes longer (${role}, ${transport} transport)`, () => {
      for (const [what, settings, answer] of [
        ['the defaults', {}],
        ['no context takeover', { noContextTakeover: true }, '; client_no_context_takeover'],
        ['a level of its own', { level: 9 }],
        ['a small window', { maxWindowBits: 9 }, '; client_max_window_bits=9']
      ]) {
        test(`leaves as it is, whatever its size, and others around it are compressed, with ${what}`, async (t) => {
          const { ws, peer } = await pair(t, role, transport, settings, answer);
          const inflate = settings.noContextTakeover ? (payload) => inflater()(payload) : inflater();
          for (const [i, size] of [0, 1, 10, 100, 1000, 20_000, 65_536, 70_000, 600_000].entries()) {
            const noise = randomBytes(size);
            ws.send(sentence(i));
            ws.send(noise);
            const compressed = await peer.frame();
            assert.strictEqual(compressed.head[0] & RSV1, RSV1);
            assert.strictEqual(inflate(compressed.payload).toString(), sentence(i), `behind ${size} bytes`);
            const plain = await peer.frame();
            assert.deepStrictEqual([plain.opcode, plain.head[0] & RSV1], [2, 0], `${size} bytes`);
            assert.ok(plain.payload.equals(noise), `${size} bytes`);
          }
        });
      }

      test('leaves as it is if it is a text, too', async (t) => {
        const { ws, peer } = await pair(t, role, transport);
        const noise = randomBytes(150_000).toString('base64url');
        for (const text of ['', 'a', 'Hello', 'grüße', '水']) {
          ws.send(text);
          const { opcode, head, payload } = await peer.frame();
          assert.deepStrictEqual([opcode, head[0] & RSV1, payload.toString()], [1, 0, text]);
        }
        ws.send(noise);
        const { head, payload } = await peer.frame();
        assert.strictEqual(head[0] & RSV1, RSV1, 'six bits of eight are less');
        assert.strictEqual(inflater()(payload).toString(), noise);
      });

      test('is compressed where it repeats one before, so that later ones are shorter', async (t) => {
        const { ws, peer } = await pair(t, role, transport);
        const inflate = inflater();
        const lengths = [];
        for (let n = 1; n <= 6; n++) {
          const text = `{"type":"tick","n":${n}}`;
          ws.send(text);
          const { head, payload } = await peer.frame();
          lengths.push(payload.length);
          assert.strictEqual((head[0] & RSV1) === 0, n === 1);
          assert.strictEqual(n === 1 ? payload.toString() : inflate(payload).toString(), text);
        }
        assert.ok(lengths[5] < lengths[0] / 2, lengths.join());
      });
    });
  }
}

describe('a message that compression makes longer', () => {
  test('comes back from another end of ours as it was sent, between others', async (t) => {
    const options = { extensions: [deflate] };
    const { port } = await serve(t, (ws) => (ws.onmessage = ({ data }) => ws.send(data)), { options });
    const client = new WebSocket.Client(`ws://127.0.0.1:${port}/`, [], options);
    t.after(() => client.terminate());
    await once(client, 'open');
    const sizes = [0, 3, 50, 5000, 70_000, 20, 600_000, 300, 1, 16_384];
    const messages = sizes.flatMap((size, i) => [randomBytes(size), sentence(i).repeat(1 + (size >> 8))]);
    const received = [];
    client.on('message', ({ data }) => received.push(data));
    for (const message of messages) client.send(message);
    while (received.length < messages.length) await once(client, 'message');
    assert.deepStrictEqual(received, messages);
  });

  for (const size of [0, 5, 1000, 100_000]) {
    test(`passes a host of websocket-extensions as it is (${size} bytes)`, (t, done) => {
      const host = new Extensions();
      host.add(deflate);
      host.generateResponse('permessage-deflate');
      const data = randomBytes(size);
      const message = { rsv1: false, rsv2: false, rsv3: false, opcode: 2, data };
      host.processOutgoingMessage(message, (error, processed) => {
        assert.ifError(error);
        assert.strictEqual(processed.rsv1, false);
        assert.ok(processed.data.equals(data));
        host.close(done);
      });
    });
  }
});
