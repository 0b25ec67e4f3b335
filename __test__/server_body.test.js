'use strict';

// A request for a WebSocket that has a body, which no client sends. Up to Node.js 24 the body is what follows the head, and
// so is taken for frames, as it is by faye-websocket; from 26 on Node reads it, and hands over a stream that begins
// behind it.

const assert = require('node:assert');
const { Socket } = require('node:net');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { closeCode } = require('../testing/peers/attack');
const { dial, request } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { close, text } = require('../testing/wire');

const MAJOR = parseInt(process.versions.node, 10);
const READS_BODIES = MAJOR >= 26;
// Some 25 does and some does not.
const skip = MAJOR === 25 && 'this Node may do either';

/** Bodies: how each is announced, and its bytes. */
const BODIES = {
  'of a length': ['Content-Length: 5', 'hello'],
  'in chunks': ['Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n']
};

/** Serves echoes, with an idle timeout that must not outlast the upgrade; says what each `upgrade` was given. */
async function start(t) {
  const given = [];
  const server = await serve(t, undefined, {
    upgrade: (request, socket, head) => {
      const ws = new WebSocket(request, socket, head);
      ws.onmessage = ({ data }) => ws.send(data);
      given.push({ socket, raw: request.socket, closed: closing(ws) });
    }
  });
  server.server.setTimeout(60_000);
  return { port: server.port, given };
}

describe('a request with a body', { skip }, () => {
  for (const [how, [header, body]] of Object.entries(BODIES)) {
    for (const later of [false, true]) {
      test(`${how}, ${later ? 'which comes later' : 'which comes with it'}`, async (t) => {
        const { port, given } = await start(t);
        const client = await dial(t, port);
        if (later) client.send(request([header]));
        else client.send(request([header]), Buffer.from(body), text('first'));
        assert.match(await client.head(), /^HTTP\/1\.1 101 /);
        if (later) client.send(Buffer.from(body), text('first'));
        const { socket, raw, closed } = given[0];
        assert.strictEqual(raw.timeout, 0, 'the idle timeout of the server is off');

        if (!READS_BODIES) {
          assert.ok(socket instanceof Socket);
          assert.strictEqual(await closeCode(client), 1002);
          assert.strictEqual((await closed).code, 1002);
          return;
        }
        assert.strictEqual(socket instanceof Socket, !later);
        assert.deepStrictEqual(await client.frames(1), ['1:first']);
        const large = 'x'.repeat(200_000);
        client.send(text(large), text('last'));
        assert.deepStrictEqual(await client.frames(2), [`1:${large}`, '1:last']);
        client.send(close(1000));
        assert.deepStrictEqual(await client.frames(1), ['8:1000:']);
        assert.strictEqual((await closed).code, 1000);
        await client.closed;
      });
    }
  }

  test('of no length is one without', async (t) => {
    const { port } = await start(t);
    const client = await dial(t, port);
    client.send(request(['Content-Length: 0']), text('first'));
    assert.match(await client.head(), /^HTTP\/1\.1 101 /);
    assert.deepStrictEqual(await client.frames(1), ['1:first']);
  });
});
