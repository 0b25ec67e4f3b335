'use strict';

// A program may hand over an object that inherits from its socket (`Object.create(socket)`), to put something of its own in
// front. Node calls the listeners that were added to it with the socket itself.

const assert = require('node:assert');
const http = require('node:http');
const https = require('node:https');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { makeCertificate } = require('../testing/certificate');
const { TRANSPORTS } = require('../testing/peers/engines');
const { connect, describe: told } = require('../testing/peers/raw_client');
const wire = require('../testing/wire');

const WAYS = [
  ...TRANSPORTS.map((transport) => ({ transport, secure: false })),
  { transport: 'stream', secure: true }
];

/** A connection to a server that makes its WebSocket from an object that inherits from its socket, and echoes. */
async function pair(t, { transport, secure }, meet = () => {}) {
  const server = secure ? https.createServer(makeCertificate({ names: ['localhost'] })) : http.createServer();
  const log = [];
  const closed = new Promise((resolve) => {
    server.on('upgrade', (request, socket, head) => {
      const own = Object.create(socket);
      const ws = new WebSocket(request, own, head, null, { transport });
      ws.on('message', ({ data }) => ws.send(data));
      for (const type of ['open', 'message', 'error', 'end']) ws.on(type, () => log.push(type));
      ws.on('close', ({ code }) => resolve([...log, code]));
      meet(own, socket, request, head);
    });
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  return { closed, peer: await connect(t, server.address().port, { secure }) };
}

for (const way of WAYS) {
  describe(`what inherits from a socket, over the ${way.transport} transport${way.secure ? ' and TLS' : ''}`, () => {
    test('carries a conversation to its end', async (t) => {
      const { closed, peer } = await pair(t, way);
      const big = 'x'.repeat(1000000);
      peer.send(wire.text('small'), wire.text(big));
      assert.deepStrictEqual(told(await peer.frame()), '1:small');
      assert.deepStrictEqual(told(await peer.frame()), `1:${big}`);
      peer.send(wire.close(4000));
      assert.deepStrictEqual(await closed, ['open', 'message', 'message', 'end', 4000]);
    });

    test('is destroyed with the socket', async (t) => {
      const { closed, peer } = await pair(t, way, (own, socket) => {
        setImmediate(() => socket.destroy());
      });
      assert.strictEqual((await closed).pop(), 1006);
      await peer.closed;
    });

    test('has its own methods called', async (t) => {
      let written = 0;
      const { closed, peer } = await pair(t, way, (own, socket) => {
        own.write = (chunk, ...rest) => {
          written += chunk.length;
          return socket.write(chunk, ...rest);
        };
      });
      peer.send(wire.text('12345678'));
      await peer.frame();
      assert.ok(written >= 10, `${written} bytes`);
      peer.send(wire.close(1000));
      await closed;
    });

    test('makes the socket one that is taken', async (t) => {
      let code;
      const { closed, peer } = await pair(t, way, (own, socket, request, head) => {
        try {
          new WebSocket(request, socket, head);
        } catch (error) {
          ({ code } = error);
        }
      });
      assert.strictEqual(code, 'ERR_WEBSOCKET_SOCKET_TAKEN');
      peer.send(wire.close(1000));
      await closed;
    });
  });
}
