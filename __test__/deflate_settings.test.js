'use strict';

// The settings of our permessage-deflate: what is wrong is thrown by `configure`, and not when the first message comes.
// And its sessions in other hosts.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const zlib = require('node:zlib');

const Extensions = require('websocket-extensions');

const WebSocket = require('..');
const deflate = require('../deflate');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');

describe('configure', () => {
  for (const [settings, error] of [
    [{ levle: 9 }, /^Error: Unrecognized option: levle: write level$/],
    [{ level: 10 }, /level/],
    [{ level: '9' }, /level/],
    [{ memLevel: 0 }, /memLevel/],
    [{ strategy: 5 }, /strategy/],
    [{ maxWindowBits: 7 }, /maxWindowBits/],
    [{ requestMaxWindowBits: 16 }, /requestMaxWindowBits/],
    [{ threshold: -1 }, /^RangeError: The option threshold must be/],
    [{ threshold: '10' }, /^RangeError: The option threshold must be/],
    [{ maxLength: 'long' }, /^RangeError: The option maxLength must be/],
    [{ maxLength: -1 }, /^RangeError: The option maxLength must be/],
    [{ zlib: { ...zlib } }, /^TypeError: The option zlib has no effect here/]
  ]) {
    test(`throws for ${Object.entries(settings).map(([name, value]) => `${name} ${typeof value} ${String(value)}`)}`, () => {
      assert.throws(() => deflate.configure(settings), error);
    });
  }

  test('takes all settings of the npm package, and leaves the extension as it is', () => {
    const configured = deflate.configure({
      level: 1,
      memLevel: 9,
      strategy: zlib.constants.Z_FILTERED,
      noContextTakeover: true,
      maxWindowBits: 9,
      requestNoContextTakeover: true,
      requestMaxWindowBits: 10,
      threshold: 0,
      maxLength: 1000,
      zlib
    });
    const offer = (extension) => extension.createClientSession().generateOffer();
    assert.deepStrictEqual(offer(configured), {
      server_no_context_takeover: true,
      server_max_window_bits: 10,
      client_no_context_takeover: true,
      client_max_window_bits: 9
    });
    assert.deepStrictEqual(offer(deflate), offer(deflate.configure()));
    assert.notDeepStrictEqual(offer(deflate), offer(configured));
  });

  for (const [maxLength, fits] of [
    [20, false],
    [30, true],
    ['30', true],
    [0, true]
  ]) {
    test(`with maxLength ${typeof maxLength} ${maxLength} ${fits ? 'inflates' : 'refuses'} 26 bytes in another host`, (t, done) => {
      const session = deflate.configure({ maxLength }).createClientSession();
      assert.strictEqual(session.activate({}), true);
      const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
      const data = zlib.deflateRawSync('abcdefghijklmnopqrstuvwxyz', options).subarray(0, -4);
      session.processIncomingMessage({ rsv1: true, data }, (error, message) => {
        if (fits) assert.strictEqual(String(message.data), 'abcdefghijklmnopqrstuvwxyz');
        else assert.strictEqual(error.type, 'too_large');
        session.close();
        done();
      });
    });
  }
});

describe('a session in another host', () => {
  /** Bytes of windows that are held when a host has sent a message, and when it was closed. */
  async function windows(data) {
    const host = new Extensions();
    host.add(deflate);
    host.generateResponse('permessage-deflate');
    const message = { rsv1: false, rsv2: false, rsv3: false, opcode: 2, data };
    let held;
    const sent = new Promise((resolve) => {
      host.processOutgoingMessage(message, (error, { rsv1 }) => {
        held = WebSocket.memoryUsage().windows;
        resolve([error, rsv1]);
      });
    });
    const closed = new Promise((resolve) => host.close(resolve));
    assert.deepStrictEqual(await sent, [null, true]);
    await closed;
    await new Promise(setImmediate);
    return [held, WebSocket.memoryUsage().windows];
  }

  for (const size of [1000, 100_000]) {
    test(`gives its memory back when it is closed behind a message of ${size} bytes`, async () => {
      const [during, after] = await windows(Buffer.alloc(size, 'some words '));
      assert.ok(size > 1000 || during > 0, 'held while it is open');
      assert.strictEqual(after, 0);
    });
  }
});

describe('threshold', () => {
  const RSV1 = 0x40;

  for (const transport of ['stream', 'direct']) {
    test(`says from how many bytes on messages are compressed, over the ${transport} transport`, async (t) => {
      const messages = (threshold) => [
        Buffer.alloc(threshold - 1, 'a'),
        Buffer.alloc(threshold, 'a'),
        'a'.repeat(threshold - 1),
        'a'.repeat(threshold),
        'é'.repeat(threshold / 2 - 1),
        'é'.repeat(threshold / 2)
      ];
      for (const threshold of [20, 100, 100_000]) {
        const options = { extensions: [deflate.configure({ threshold })], transport };
        const { port } = await serve(t, (ws) => messages(threshold).forEach((data) => ws.send(data)), {
          options
        });
        const client = await connect(t, port, { headers: ['Sec-WebSocket-Extensions: permessage-deflate'] });
        for (const [i, message] of messages(threshold).entries()) {
          const { head, payload } = await client.frame();
          const compressed = (head[0] & RSV1) !== 0;
          assert.strictEqual(compressed, i % 2 === 1, `message ${i} of ${threshold}`);
          if (!compressed) assert.ok(payload.equals(Buffer.from(message)));
        }
      }
    });
  }

  for (const transport of ['stream', 'direct']) {
    test(`counts the bytes of a large text, and not its units, over the ${transport} transport`, async (t) => {
      for (const [character, bytes] of [
        ['é', 2],
        ['天', 3]
      ]) {
        const text = character.repeat(70_000);
        for (const [threshold, elsewhere] of [
          [text.length * bytes, true],
          [text.length * bytes + 1, false]
        ]) {
          const options = { extensions: [deflate.configure({ threshold })], transport };
          const { port, next } = await serve(t, undefined, { options });
          const client = await connect(t, port, {
            headers: ['Sec-WebSocket-Extensions: permessage-deflate']
          });
          const ws = await next();
          ws.send(text);
          // What is compressed elsewhere counts by its units until it is.
          assert.strictEqual(ws.bufferedAmount === text.length, elsewhere, `${character} ${threshold}`);
          const { head } = await client.frame();
          assert.strictEqual((head[0] & RSV1) !== 0, elsewhere);
          ws.terminate();
        }
      }
    });
  }
});
