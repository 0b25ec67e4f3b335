'use strict';

// Frames of HTTP/2 by which a peer makes a server reset its streams, or end its session (CVE-2025-8671, CVE-2026-21714, and header blocks without an
// end), while
// a WebSocket is open on them: it is told as lost, and nothing of it stays.

const assert = require('node:assert');
const { once } = require('node:events');
const net = require('node:net');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { serve } = require('../testing/peers/http2');
const { until } = require('../testing/peers/told');

const DATA = 0;
const HEADERS = 1;
const SETTINGS = 4;
const WINDOW_UPDATE = 8;
const CONTINUATION = 9;
const END_STREAM = 1;
const END_HEADERS = 4;
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** A frame (RFC 9113 section 4.1). */
function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.set([type, flags], 3);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A window's increment. */
function increment(bytes) {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return payload;
}

/** A field of a header block, in letters (RFC 7541 section 6.2.2). */
const field = (name, value) =>
  Buffer.from(`\x10${[name, value].map((text) => String.fromCharCode(text.length) + text).join('')}`);

const REQUEST = Buffer.concat([
  field(':method', 'CONNECT'),
  field(':protocol', 'websocket'),
  field(':scheme', 'http'),
  field(':path', '/'),
  field(':authority', 'localhost'),
  field('sec-websocket-version', '13')
]);

/** So many fields of a block that never ends (CVE-2024-27983, CVE-2024-28182), a frame for each. */
const FIELDS = 20000;
const endless = Buffer.concat([
  frame(HEADERS, 0, 3, REQUEST),
  ...Array.from({ length: FIELDS }, (_, i) => frame(CONTINUATION, 0, 3, field(`x-${i}`, 'x'.repeat(100))))
]);

const ATTACKS = {
  'a header block without an end': endless,
  'a window of its stream that grows by nothing': frame(WINDOW_UPDATE, 0, 1, increment(0)),
  'a window of its stream past 2^31': frame(WINDOW_UPDATE, 0, 1, increment(2 ** 31 - 1)),
  'a window of its session past 2^31': frame(WINDOW_UPDATE, 0, 0, increment(2 ** 31 - 1)),
  'data behind the end of its stream': Buffer.concat([
    frame(DATA, END_STREAM, 1),
    frame(DATA, 0, 1, Buffer.from('x'))
  ])
};

/** Node.js 18 has no mend of CVE-2026-21714: such a session stays until its peer ends the socket. */
const isUnmended = (name) => process.version.startsWith('v18.') && name.includes('session');

describe('a WebSocket over HTTP/2', { timeout: 20000 }, () => {
  for (const [name, bytes] of Object.entries(ATTACKS)) {
    test(`is lost, and nothing of it stays, behind ${name}`, { skip: isUnmended(name) }, async (t) => {
      let ws;
      const server = await serve({ behaviour: (made) => (ws = made) });
      const socket = net.connect(server.port, 'localhost').on('error', () => {});
      t.after(() => {
        socket.destroy();
        server.stop();
      });
      await once(socket, 'connect');
      const before = WebSocket.memoryUsage().connections;
      socket.resume();
      socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0), frame(HEADERS, END_HEADERS, 1, REQUEST)]));
      await until(() => ws !== undefined && ws.readyState === 1);
      const closed = new Promise((resolve) => ws.on('close', resolve));
      socket.write(bytes);
      assert.strictEqual((await closed).code, 1006);
      assert.strictEqual(WebSocket.memoryUsage().connections, before);
    });
  }
});
