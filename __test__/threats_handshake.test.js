'use strict';

// Requests that nobody sends in good faith: answered with 101 or 400, never with an exception in the server.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const native = require('../lib/native');
const WebSocket = require('../testing/peers/implementation');
const { MemorySocket, fakeRequest } = require('../testing/peers/memory_socket');
const { dial, connect, request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { text } = require('../testing/wire');

/** What the server answers to `lines` of a request on top of the usual ones: the status line and the body. */
async function answer(t, port, bytes) {
  const client = await dial(t, port);
  client.send(bytes);
  const head = await client.head();
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)[1]);
  if (status !== 101) return { status, body: (await client.rest()).toString() };
  client.send(text('ping'));
  assert.deepStrictEqual(await client.frames(1), ['1:ping']);
  return { status, head };
}

/** The usual request with one header in another form, or without it. */
function variant(name, ...values) {
  const lines = request().toString().split('\r\n').slice(0, -2);
  const kept = lines.filter((line) => !line.toLowerCase().startsWith(name.toLowerCase() + ':'));
  return Buffer.from([...kept, ...values.map((value) => `${name}: ${value}`), '', ''].join('\r\n'), 'latin1');
}

const echo = (ws) => {
  ws.onmessage = ({ data }) => ws.send(data);
};

describe('a request', () => {
  for (const [what, bytes, allowed] of [
    ['without Host', variant('Host'), [101, 400]],
    ['with two Hosts', variant('Host', 'a', 'b'), [101, 400]],
    ['with an empty key', variant('Sec-WebSocket-Key', ''), [101, 400]],
    ['with two keys', variant('Sec-WebSocket-Key', 'a', 'b'), [101, 400]],
    ['with a key of 8 KB', variant('Sec-WebSocket-Key', 'a'.repeat(8192)), [101, 400]],
    ['with a key that is not ASCII', variant('Sec-WebSocket-Key', '\xe9\xff\x80'), [101, 400]],
    ['without a key', variant('Sec-WebSocket-Key'), [400]],
    ['with an empty version', variant('Sec-WebSocket-Version', ''), [400]],
    ['with version 13 twice', variant('Sec-WebSocket-Version', '13', '13'), [400]],
    ['with version 99999999999999999999', variant('Sec-WebSocket-Version', '99999999999999999999'), [400]],
    ['with version 13.0', variant('Sec-WebSocket-Version', '13.0'), [400]],
    ['with version 0x0d', variant('Sec-WebSocket-Version', '0x0d'), [400]],
    ['with a thousand protocols', variant('Sec-WebSocket-Protocol', 'p,'.repeat(1000) + 'p'), [101]],
    ['with an empty protocol', variant('Sec-WebSocket-Protocol', ''), [101]],
    ['with a protocol that is not ASCII', variant('Sec-WebSocket-Protocol', 'p\xe9, \xff'), [101, 400]],
    ['with a protocol called __proto__', variant('Sec-WebSocket-Protocol', '__proto__, constructor'), [101]],
    ['with an Origin that is not ASCII', variant('Origin', 'http://\xe9\xff'), [101, 400]],
    ['with an Origin of 8 KB', variant('Origin', 'x'.repeat(8192)), [101]],
    ['with a header called __proto__', variant('__proto__', 'x'), [101]],
    [
      'with a path of 8 KB',
      Buffer.from(
        request()
          .toString()
          .replace('GET /', 'GET /' + 'x'.repeat(8000))
      ),
      [101]
    ],
    [
      'with a path that is no path',
      Buffer.from(request().toString().replace('GET / ', 'GET http://[::/ ')),
      [101, 400]
    ],
    ['of HTTP/1.0', Buffer.from(request().toString().replace('HTTP/1.1', 'HTTP/1.0')), [101, 400]],
    ['with a body announced', variant('Content-Length', '5'), [101, 400]],
    ['with a chunked body announced', variant('Transfer-Encoding', 'chunked'), [101, 400]]
  ]) {
    test(`${what} gets ${allowed.join(' or ')}`, async (t) => {
      const { port } = await serve(t, echo);
      const { status, body } = await answer(t, port, bytes);
      assert.ok(allowed.includes(status), `${status} ${body}`);
      const next = await answer(t, port, request());
      assert.strictEqual(next.status, 101, 'the server goes on');
    });
  }
});

describe('Sec-WebSocket-Extensions', () => {
  for (const value of [
    '',
    ' ',
    ',',
    ';',
    '=',
    '"',
    'permessage-deflate; client_max_window_bits=99999999999',
    'permessage-deflate; client_max_window_bits=8',
    'permessage-deflate; client_max_window_bits=7',
    'permessage-deflate; client_max_window_bits=16',
    'permessage-deflate; client_max_window_bits="15"',
    'permessage-deflate; client_max_window_bits=-15',
    'permessage-deflate; client_max_window_bits=1e1',
    'permessage-deflate; server_max_window_bits=08',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; client_max_window_bits=10; client_max_window_bits=11',
    'permessage-deflate; unknown',
    'permessage-deflate; __proto__=1; constructor=2; hasOwnProperty',
    Array(700).fill('permessage-deflate').join(),
    'x'.repeat(15_000),
    '__proto__',
    'constructor; toString=valueOf',
    'a="unfinished',
    'a="\\',
    'a; ;; b',
    'a=b=c',
    '\xe9\xff'
  ]) {
    test(`is declined or refused: ${value.slice(0, 60) || 'nothing'}`, async (t) => {
      const { port } = await serve(t, echo);
      const { status, head } = await answer(t, port, variant('Sec-WebSocket-Extensions', value));
      assert.ok(status === 101 || status === 400, String(status));
      if (status === 101) assert.doesNotMatch(head, /sec-websocket-extensions/i);
    });
  }
});

describe('a request made by hand', () => {
  for (const [what, headers] of [
    ['arrays for values', { upgrade: ['websocket'], connection: ['Upgrade'], 'sec-websocket-key': ['x'] }],
    [
      'numbers for values',
      { 'sec-websocket-version': 13, 'sec-websocket-key': 42, 'sec-websocket-protocol': 7 }
    ],
    ['null for values', { 'sec-websocket-protocol': null, origin: null, 'sec-websocket-extensions': null }],
    [
      'objects for values',
      { 'sec-websocket-protocol': {}, 'sec-websocket-extensions': { a: 1 }, origin: [] }
    ],
    [
      'lone surrogates',
      { 'sec-websocket-protocol': '\ud800', origin: '\udfff', 'sec-websocket-key': '\ud800' }
    ],
    ['line breaks', { 'sec-websocket-protocol': 'a\r\nX-B: b', origin: 'a\r\nX-B: b', host: 'a\r\nX-B: b' }],
    ['NUL', { 'sec-websocket-key': 'a\0b', origin: '\0' }],
    ['no headers but one', { upgrade: 'websocket' }]
  ]) {
    test(`with ${what} gets 101 or 400, and forges nothing`, async () => {
      const stream = new MemorySocket();
      const ws = new WebSocket(fakeRequest(headers), stream, Buffer.alloc(0));
      let failed = false;
      ws.on('error', () => (failed = true));
      await new Promise(setImmediate);
      const head = stream.written.toString('latin1');
      assert.match(head, /^HTTP\/1\.1 (101|400) /);
      assert.doesNotMatch(head, /^X-B/m);
      assert.strictEqual(failed, head.startsWith('HTTP/1.1 400'));
    });
  }

  test('with headers that throw when they are read throws that', () => {
    const headers = Object.defineProperty({}, 'upgrade', {
      get() {
        throw new Error('planned');
      }
    });
    const bad = { ...fakeRequest(), headers };
    assert.throws(() => new WebSocket(bad, new MemorySocket(), Buffer.alloc(0)), /planned/);
  });
});

describe('a refused peer', () => {
  test('that goes on sending is heard no more, and its socket is closed', async (t) => {
    const messages = [];
    const { port, sockets } = await serve(t, (ws) => ws.on('message', ({ data }) => messages.push(data)));
    const client = await dial(t, port);
    client.send(variant('Sec-WebSocket-Version', '7'), text('a'), text('b'));
    assert.match(await client.head(), /^HTTP\/1\.1 400 Bad Request/);
    for (let i = 0; i < 100 && client.socket.writable; i++) client.socket.write(Buffer.alloc(10_000));
    await client.closed;
    while (sockets.size > 0) await once([...sockets][0], 'close');
    assert.deepStrictEqual(messages, []);
  });

  test('costs others nothing: a thousand refusals, then a message', async (t) => {
    const { port } = await serve(t, echo);
    const steady = await connect(t, port);
    const before = native.sessions();
    for (let i = 0; i < 1000; i += 50) {
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          const client = await dial(t, port);
          client.send(variant('Sec-WebSocket-Key'));
          await client.head();
          client.socket.destroy();
        })
      );
    }
    steady.send(text('x'));
    assert.deepStrictEqual(await steady.frames(1), ['1:x']);
    assert.strictEqual(native.sessions(), before);
  });
});
