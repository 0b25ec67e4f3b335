'use strict';

// Rules of the RFCs for a server that the original leaves out: which handshakes are refused, and with which codes a
// connection is closed (RFC 6455, sections 4.2 and 7.4).

const assert = require('node:assert');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { connect, dial, request } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');

/** What a server answers to a request with some lines changed; a line of null leaves the header out. */
async function answerTo(t, changes) {
  const { port } = await serve(t);
  const client = await dial(t, port);
  const lines = request().toString('latin1').split('\r\n');
  for (const [name, value] of Object.entries(changes)) {
    const at = lines.findIndex((line) => line.startsWith(`${name}:`));
    lines.splice(at, 1, ...(value === null ? [] : [`${name}: ${value}`]));
  }
  client.send(lines.join('\r\n'));
  return client.head();
}

describe('a handshake', () => {
  for (const version of [null, '', '8', '12', '14', '13, 8', '013', 'x']) {
    test(`with version ${version} is refused, and the answer names the version to speak`, async (t) => {
      const answer = await answerTo(t, { 'Sec-WebSocket-Version': version });
      assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
      assert.match(answer, /\r\nSec-WebSocket-Version: 13\r\n/);
    });
  }

  test('that is refused for something else names no version', async (t) => {
    const answer = await answerTo(t, { 'Sec-WebSocket-Key': null });
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.doesNotMatch(answer, /Sec-WebSocket-Version/);
  });

  for (const key of [
    '',
    'short',
    'dGhlIHNhbXBsZSBub25jZQ',
    'dGhlIHNhbXBsZSBub25j~Q==',
    `${'A'.repeat(22)}=x`
  ]) {
    test(`with the key ${JSON.stringify(key)} is refused`, async (t) => {
      assert.match(await answerTo(t, { 'Sec-WebSocket-Key': key }), /^HTTP\/1\.1 400 /);
    });
  }

  test('with two keys is refused', async (t) => {
    const { port } = await serve(t);
    const client = await dial(t, port);
    client.send(request(['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==']));
    assert.match(await client.head(), /^HTTP\/1\.1 400 /);
  });

  for (const key of ['AAAAAAAAAAAAAAAAAAAAAA==', '+/+/+/+/+/+/+/+/+/+/+w==']) {
    test(`with the key ${key} is answered`, async (t) => {
      assert.match(await answerTo(t, { 'Sec-WebSocket-Key': key }), /^HTTP\/1\.1 101 /);
    });
  }

  test('finds the token behind a tab in Connection', async (t) => {
    assert.match(await answerTo(t, { Connection: 'keep-alive,\tUpgrade' }), /^HTTP\/1\.1 101 /);
  });

  // Node's own parser does not hand all of these over; other servers do.
  for (const list of [
    'keep-alive,\tUpgrade',
    'keep-alive\t,\t \tupgrade\t, x',
    ',\tUpgrade\t,',
    'a,UPGRADE,b'
  ]) {
    test(`finds the token in Connection: ${JSON.stringify(list)}`, () => {
      const headers = { connection: list, upgrade: 'websocket' };
      assert.strictEqual(WebSocket.isWebSocket({ method: 'GET', headers }), true);
    });
  }

  for (const list of ['keep-alive\tUpgrade', 'Upgrade;x', 'xUpgrade', 'Up\tgrade']) {
    test(`finds no token in Connection: ${JSON.stringify(list)}`, () => {
      const headers = { connection: list, upgrade: 'websocket' };
      assert.strictEqual(WebSocket.isWebSocket({ method: 'GET', headers }), false);
    });
  }
});

describe('a close code', () => {
  for (const code of [1012, 1013, 1014]) {
    test(`of ${code} from a peer reaches the application, and is answered`, async (t) => {
      const { port, next } = await serve(t);
      const client = await connect(t, port);
      const ws = await next();
      const closed = closing(ws);
      client.send([0x88, 0x84, 0, 0, 0, 0, code >> 8, code & 255, 0x6f, 0x6b]);
      const event = await closed;
      assert.deepStrictEqual([event.code, event.reason], [code, 'ok']);
      assert.deepStrictEqual(await client.frames(1), [`8:${code}:ok`]);
    });
  }

  for (const code of [1001, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014]) {
    test(`of ${code} is a server's to send`, async (t) => {
      const { port, next } = await serve(t);
      const client = await connect(t, port);
      const ws = await next();
      ws.close(code, 'later');
      assert.deepStrictEqual(await client.frames(1), [`8:${code}:later`]);
    });
  }
});
