'use strict';

// Advisories of the field (2025 and 2026) that are about Node.js or its relatives, tried on us: header names that every
// object has (CVE-2026-21710), and frames of HTTP/2 that made the socket below it fail unheard (CVE-2025-59465).

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const tls = require('node:tls');

const WebSocket = require('..');
const { makeCertificate } = require('../testing/certificate');
const { connect } = require('../testing/peers/raw_client');
const { agreement, listen } = require('../testing/peers/raw_server');
const { serve } = require('../testing/peers/server');
const { text } = require('../testing/wire');

const NAMES = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', '12345678'];
const LINES = NAMES.flatMap((name) => [`${name}: a`, `${name}: b`]);

describe('header names that every object has', () => {
  test('are fields like others in a request', async (t) => {
    const { port, next } = await serve(t);
    const client = await connect(t, port, { headers: LINES });
    const ws = await next();
    client.send(text('x'));
    assert.strictEqual((await once(ws, 'message'))[0].data, 'x');
    assert.strictEqual(Object.prototype.a, undefined);
  });

  test('are fields like others in a response', async (t) => {
    const server = await listen(t);
    const ws = new WebSocket.Client(server.url);
    const peer = await server.next();
    const opened = once(ws, 'open');
    peer.send(
      agreement(await peer.head())
        .toString('latin1')
        .replace(/\r\n\r\n$/, `\r\n${LINES.join('\r\n')}\r\n\r\n`)
    );
    await opened;
    assert.strictEqual(Object.getPrototypeOf(ws.headers), Object.prototype);
    for (const name of NAMES) {
      const field = Object.getOwnPropertyDescriptor(ws.headers, name.toLowerCase());
      assert.strictEqual(field && field.value, 'a, b', name);
    }
    ws.close();
  });
});

/** A frame of HTTP/2 (RFC 9113, section 4.1). */
function frame(type, flags, stream, payload) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const hex = (digits) => Buffer.from(digits, 'hex');
/** SETTINGS with `SETTINGS_ENABLE_CONNECT_PROTOCOL` (RFC 8441), and the answer to the client's own. */
const SETTINGS = Buffer.concat([frame(4, 0, 0, hex('000800000001')), frame(4, 1, 0, hex(''))]);

const HOSTILE = {
  'a header block that cannot be decoded': frame(1, 4, 1, hex('80ffffffff')),
  'a header block longer than any frame may be': frame(1, 4, 1, Buffer.alloc(20_000, 1)),
  'a push': frame(5, 4, 1, hex('0000000288')),
  'a window that overflows': Buffer.concat(Array(2).fill(frame(8, 0, 0, hex('7fffffff')))),
  'data of a stream that there is not': frame(0, 0, 7, hex('00')),
  'the end of a header block without its beginning': frame(9, 4, 1, hex('88')),
  'header blocks in pieces without an end': Buffer.concat([
    frame(1, 0, 1, hex('88')),
    ...Array(2000).fill(frame(9, 0, 1, hex('')))
  ]),
  'what is no HTTP/2': Buffer.alloc(100, 0xff)
};

describe('a server of HTTP/2 that sends', () => {
  for (const [what, bytes] of Object.entries(HOSTILE)) {
    test(`${what} is left with one error, and nothing is uncaught`, async (t) => {
      const options = { ...makeCertificate({ names: ['localhost'] }), ALPNProtocols: ['h2'] };
      const sockets = new Set();
      const server = tls.createServer(options, (socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.write(SETTINGS);
        // Behind the client's preface and, where the settings have come in time, its request.
        socket.once('data', () => setImmediate(() => socket.end(bytes)));
      });
      t.after(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
      });
      await once(server.listen(0), 'listening');
      const told = [];
      const settings = { http2: true, tls: { rejectUnauthorized: false } };
      const ws = new WebSocket.Client(`wss://localhost:${server.address().port}/`, [], settings);
      ws.onerror = () => told.push('error');
      ws.onclose = () => told.push('close');
      await new Promise((resolve) => ws.on('close', resolve));
      await new Promise(setImmediate);
      assert.deepStrictEqual(told, ['error', 'close']);
    });
  }
});
