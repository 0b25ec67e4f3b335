'use strict';

// Long texts of the drafts, which become strings a piece in each turn of the loop.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const Driver = require('../driver');
const { dial } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');

const HEAD = [
  'GET / HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: WebSocket',
  'Origin: http://localhost',
  '',
  ''
].join('\r\n');
const END = Buffer.from([0xff]);
/** So much of a text is converted in a turn. */
const PIECE = 1 << 20;
const PIECES = 8;

const TEXTS = {
  Latin: `${'a'.repeat(PIECES * PIECE - 3)}é`,
  'Latin that ends its pieces in the middle of characters': `a${'é'.repeat((PIECES / 2) * PIECE)}`,
  Chinese: '漢'.repeat((PIECES * PIECE) / 3),
  emoji: `ab${'😀'.repeat((PIECES * PIECE) / 4)}`,
  'ASCII with one emoji': `${'a'.repeat(PIECES * PIECE)}😀`
};

/** A text as a frame. */
const framed = (text) => Buffer.concat([Buffer.from([0x00]), Buffer.from(text), END]);

describe('a long text of hixie-75', () => {
  for (const [name, text] of Object.entries(TEXTS)) {
    test(`comes whole and in order: ${name}`, async (t) => {
      const heard = [];
      const server = await serve(t, (ws) => ws.on('message', ({ data }) => heard.push(data)));
      const client = await dial(t, server.port);
      client.send(HEAD);
      const ws = await server.next();
      client.send(framed('before'), framed(text), framed('between'), framed(text), framed('behind'));
      while (heard.length < 5) await once(ws, 'message');
      assert.ok(heard[1] === text && heard[3] === text);
      assert.deepStrictEqual([heard[0], heard[2], heard[4]], ['before', 'between', 'behind']);
    });

    test(`comes whole to a driver: ${name}`, () => {
      const headers = { host: 'localhost', connection: 'Upgrade', upgrade: 'WebSocket' };
      const driver = Driver.http({ method: 'GET', url: '/', headers }, { allowDrafts: true });
      const heard = [];
      driver.on('message', ({ data }) => heard.push(data));
      driver.start();
      driver.parse(Buffer.concat([framed(text), framed('between'), framed(text)]));
      assert.ok(heard[0] === text && heard[1] === 'between' && heard[2] === text);
    });
  }

  test('is not told once its connection has been destroyed meanwhile', async (t) => {
    let messages = 0;
    const server = await serve(t, (ws) =>
      ws.on('message', () => {
        messages++;
        ws.terminate();
      })
    );
    const client = await dial(t, server.port);
    client.send(HEAD);
    const ws = await server.next();
    const closed = closing(ws);
    client.send(framed('first'), framed(TEXTS.emoji));
    await closed;
    assert.strictEqual(messages, 1);
  });
});
