'use strict';

// A request that is refused: an HTTP response that the client can read to its end, whatever it does meanwhile.

const assert = require('node:assert');
const { once } = require('node:events');
const http = require('node:http');
const http2 = require('node:http2');
const { PassThrough } = require('node:stream');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { alsoWithWebAssembly } = require('../testing/peers/engines');
const { ask, connect: connectHttp2 } = require('../testing/peers/http2');
const { moveTime, until } = require('../testing/peers/moved_time');
const { dial, request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');

/** What a client gets from a server that refuses it with these arguments; `secure` is over TLS. */
async function refusal(t, args, { secure = false } = {}) {
  let result;
  const upgrade = (_, socket) => (result = WebSocket.reject(socket, ...args));
  const server = await serve(t, undefined, { upgrade, secure });
  const client = await dial(t, server.port, { secure });
  client.send(request());
  const answer = String(await client.rest());
  assert.strictEqual(result, true);
  const [head, body] = answer.split(/\r\n\r\n([^]*)/);
  const [first, ...lines] = head.split('\r\n');
  const headers = new Map(lines.map((line) => line.split(/: (.*)/).slice(0, 2)));
  return { first, headers, body, lines };
}

for (const secure of [false, true]) {
  test(`a refusal has what a response needs${secure ? ', over TLS' : ''}`, async (t) => {
    const { first, headers, body } = await refusal(
      t,
      [401, { 'WWW-Authenticate': 'Basic realm="here"', 'X-Ünused': undefined }, 'Who are you? ü'],
      { secure }
    );
    assert.strictEqual(first, 'HTTP/1.1 401 Unauthorized');
    assert.ok(!Number.isNaN(Date.parse(headers.get('Date'))));
    headers.delete('Date');
    assert.deepStrictEqual(Object.fromEntries(headers), {
      Connection: 'close',
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': '15',
      'WWW-Authenticate': 'Basic realm="here"'
    });
    assert.strictEqual(body, 'Who are you? ü');
  });
}

test('each item of an array is a header of its own, or one of a list', async (t) => {
  const cookies = ['a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT', 'b=2'];
  const headers = { 'Set-Cookie': cookies, 'WWW-Authenticate': ['Basic', 'Bearer'], Vary: ['A', 'B'] };
  for (const given of [headers, Object.entries(headers), new Map(Object.entries(headers))]) {
    const { lines } = await refusal(t, [401, given]);
    assert.deepStrictEqual(
      lines.filter((line) => /^(Set|WWW|Vary)/.test(line)),
      [
        ...cookies.map((cookie) => `Set-Cookie: ${cookie}`),
        'WWW-Authenticate: Basic',
        'WWW-Authenticate: Bearer',
        'Vary: A, B'
      ]
    );
  }
  assert.throws(() => WebSocket.reject(new PassThrough(), 401, { 'Set-Cookie': ['a', null] }), /is null/);
});

test('without arguments it is a 400 that says so', async (t) => {
  const { first, body } = await refusal(t, []);
  assert.deepStrictEqual([first, body], ['HTTP/1.1 400 Bad Request', 'Bad Request']);
});

test('a body may be bytes of any type, and a header may say which', async (t) => {
  const json = Buffer.from('{"error":"full"}');
  for (const body of [json, new Uint8Array(json), new Uint8Array(json).buffer]) {
    const got = await refusal(t, [503, { 'content-type': 'application/json', 'Retry-After': 30 }, body]);
    assert.strictEqual(got.first, 'HTTP/1.1 503 Service Unavailable');
    assert.strictEqual(got.headers.get('content-type'), 'application/json');
    assert.strictEqual(got.headers.get('Retry-After'), '30');
    assert.ok(!got.headers.has('Content-Type'));
    assert.strictEqual(got.body, String(json));
  }
});

test('a redirection and a 426 say what they have to', async (t) => {
  const moved = await refusal(t, [307, { Location: 'wss://elsewhere.example/' }, '']);
  assert.deepStrictEqual(
    [moved.headers.get('Location'), moved.headers.get('Content-Length')],
    ['wss://elsewhere.example/', '0']
  );
  const upgrade = await refusal(t, [426, { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' }]);
  assert.strictEqual(upgrade.headers.get('Connection'), 'Upgrade, close');
  const same = await refusal(t, [304]);
  assert.ok(!same.headers.has('Content-Length') && same.body === '');
});

test('headers of the connection are made for the caller, and cookies may repeat', async (t) => {
  const headers = [
    ['Connection', 'keep-alive'],
    ['Content-Length', '1'],
    ['transfer-encoding', 'chunked'],
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2']
  ];
  const { lines, body } = await refusal(t, [403, headers, 'No']);
  assert.deepStrictEqual(
    lines.filter((line) => !/^(Date|Content-Type)/.test(line)),
    ['Connection: close', 'Content-Length: 2', 'Set-Cookie: a=1', 'Set-Cookie: b=2']
  );
  assert.strictEqual(body, 'No');
});

describe('what cannot be answered with throws before anything is written:', () => {
  for (const [what, args, expected] of [
    ['a line break in a value', [401, { 'X-A': 'b\r\nSet-Cookie: c=d' }], /^TypeError: .*CR, LF or NUL/],
    ['a NUL in a value', [401, { 'X-A': 'b\0' }], /^TypeError: .*CR, LF or NUL/],
    ['a line break in a name', [401, { 'X-A: b\r\nX-B': 'c' }], /^TypeError: .*must be a token/],
    ['a blank in a name', [401, { 'X A': 'b' }], /^TypeError: .*must be a token/],
    ['a value of null', [401, { 'X-A': null }], /^TypeError: .*null/],
    ['a status that agrees', [101], /^RangeError: .*from 300 to 599, not 101/],
    ['a status that is no refusal', [200], /^RangeError: .*from 300 to 599/],
    ['a status that is none', ['401'], /^RangeError: .*from 300 to 599/]
  ]) {
    test(what, async (t) => {
      const seen = new Promise((resolve) => {
        serve(t, undefined, {
          upgrade(_, socket) {
            assert.throws(
              () => WebSocket.reject(socket, ...args),
              (error) => expected.test(String(error))
            );
            assert.strictEqual(socket.bytesWritten, 0);
            socket.destroy();
            resolve();
          }
        }).then(async ({ port }) => (await dial(t, port)).send(request()));
      });
      await seen;
    });
  }

  test('no socket', () => {
    for (const value of [undefined, null, {}, 'socket']) {
      assert.throws(() => WebSocket.reject(value, 401), /^TypeError: reject\(socket, .*needs the socket/);
    }
  });

  test('a socket that has a WebSocket', async (t) => {
    const thrown = new Promise((resolve) => {
      serve(t, (ws, _, socket) => {
        assert.throws(() => WebSocket.reject(socket, 401), { code: 'ERR_WEBSOCKET_SOCKET_TAKEN' });
        resolve();
      }).then(async ({ port }) => (await dial(t, port)).send(request()));
    });
    await thrown;
  });
});

test('characters that are no bytes cannot become a line break', async (t) => {
  // U+010D and U+010A end in the bytes of CR and LF.
  const { lines } = await refusal(t, [401, { 'X-A': 'b\u010d\u010aX-B: c' }]);
  assert.ok(!lines.some((line) => line.startsWith('X-B')));
});

test('a client that has sent more gets the answer all the same', async (t) => {
  const server = await serve(t, undefined, {
    upgrade: (_, socket) => WebSocket.reject(socket, 403, null, 'No')
  });
  const client = await dial(t, server.port);
  client.send(request(), Buffer.alloc(300_000));
  const answer = String(await client.rest());
  assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n[^]*\r\n\r\nNo$/);
});

test('a client that never closes is left', async (t) => {
  const advance = moveTime(t);
  let socket;
  const server = await serve(t, undefined, {
    upgrade(_, raw) {
      socket = raw;
      WebSocket.reject(socket, 403);
    }
  });
  const client = await dial(t, server.port);
  client.send(request());
  await client.rest();
  assert.strictEqual(socket.destroyed, false);
  advance(6000);
  assert.strictEqual(socket.destroyed, true);
});

test('a socket that has gone takes no answer, and no error of it ends the process', async (t) => {
  let result;
  const server = await serve(t, undefined, {
    upgrade(_, socket) {
      socket.destroy(new Error('it failed'));
      result = WebSocket.reject(socket, 401);
    }
  });
  const client = await dial(t, server.port);
  client.send(request());
  await client.rest();
  assert.strictEqual(result, false);
});

test('Node’s own client reads it as a response', async (t) => {
  const server = await serve(t, undefined, {
    upgrade: (_, socket) => WebSocket.reject(socket, 401, { 'X-Why': 'no token' }, 'No')
  });
  const asked = http.get({
    port: server.port,
    host: '127.0.0.1',
    headers: { Connection: 'Upgrade', Upgrade: 'websocket' }
  });
  const [response] = await once(asked, 'response');
  let body = '';
  for await (const chunk of response) body += chunk;
  assert.deepStrictEqual([response.statusCode, response.headers['x-why'], body], [401, 'no token', 'No']);

  const client = new WebSocket.Client(server.url);
  const [event] = await new Promise((resolve) => client.once('error', (...args) => resolve(args)));
  assert.deepStrictEqual([event.error.statusCode, client.headers['x-why']], [401, 'no token']);
});

test('a mistake writes nothing, and is answered with what to write', async (t) => {
  const told = [];
  const upgrade = (message, socket) => {
    for (const args of [
      [socket, 401, 'Unauthorized'],
      [socket, 401, null, { error: 'no' }],
      [socket, 401, null, ['no']],
      [socket, '401'],
      [{ end() {}, on() {} }, 401]
    ]) {
      assert.throws(
        () => WebSocket.reject(...args),
        (error) => told.push(error.message) > 0
      );
    }
    WebSocket.reject(socket, 403);
  };
  const server = await serve(t, undefined, { upgrade });
  const client = await dial(t, server.port);
  client.send(request());
  assert.match(String(await client.rest()), /^HTTP\/1\.1 403 Forbidden\r\n/);
  const body = /for an object write JSON\.stringify\(object\)$/;
  const expected = [
    /: write reject\(socket, status, \{\}, body\)$/,
    body,
    body,
    /not a string$/,
    /needs the socket/
  ];
  assert.strictEqual(told.length, expected.length);
  expected.forEach((pattern, i) => assert.match(told[i], pattern));
});

test('over HTTP/2 the stream is answered', async (t) => {
  const server = http2.createServer({ settings: { enableConnectProtocol: true } });
  server.on('stream', (stream, headers) => {
    if (headers[':method'] === 'CONNECT') WebSocket.reject(stream, 401, { 'X-Why': 'no token' }, 'No');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const session = http2.connect(`http://127.0.0.1:${server.address().port}`);
  t.after(() => {
    session.destroy();
    server.close();
  });
  await until(() => session.remoteSettings && session.remoteSettings.enableConnectProtocol);
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/',
    ':scheme': 'http'
  });
  const [headers] = await once(stream, 'response');
  let body = '';
  for await (const chunk of stream) body += chunk;
  assert.deepStrictEqual([headers[':status'], headers['x-why'], body], [401, 'no token', 'No']);
});

test('over HTTP/2 the body may be bytes, and a response is no stream', async (t) => {
  const bytes = Buffer.from([0xff, 0, 0xfe, 13, 10, 13, 10, 0x80]);
  const results = [];
  const server = http2.createServer({ settings: { enableConnectProtocol: true } });
  server.on('request', () => {});
  server.on('connect', (request, response) => {
    const { stream } = request;
    for (const [target, body] of [
      [response, ''],
      [stream, bytes]
    ]) {
      try {
        results.push(WebSocket.reject(target, 403, { 'Content-Type': 'application/octet-stream' }, body));
      } catch (error) {
        results.push(error.message);
      }
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const session = await connectHttp2(`http://127.0.0.1:${server.address().port}`);
  t.after(() => {
    session.destroy();
    server.close();
  });
  const stream = ask(session);
  const [headers] = await once(stream, 'response');
  assert.deepStrictEqual([headers[':status'], headers['content-length']], [403, String(bytes.length)]);
  assert.deepStrictEqual(Buffer.concat(await stream.toArray()), bytes);
  assert.match(results[0], /needs the socket, not a response: that of HTTP\/2 has it as response\.stream$/);
  assert.deepStrictEqual(results.slice(1), [true]);
});

alsoWithWebAssembly(__filename);
