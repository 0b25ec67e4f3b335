'use strict';

// A server's WebSockets over HTTP/2 (RFC 8441), asked by Node's own client of HTTP/2, which knows nothing of WebSockets.

const assert = require('node:assert');
const { once } = require('node:events');
const http2 = require('node:http2');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { ask, connect, serve } = require('../testing/peers/http2');
const { until } = require('../testing/peers/told');

const CANCEL = http2.constants.NGHTTP2_CANCEL;
/** A masked text frame `hi`, and its echo; a masked close frame with 3001, and its echo. */
const HI = Buffer.from([0x81, 0x82, 1, 2, 3, 4, 0x69, 0x6b]);
const HI_BACK = Buffer.from([0x81, 2, 0x68, 0x69]);
const BYE = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x0b, 0xb9]);
const BYE_BACK = Buffer.from([0x88, 2, 0x0b, 0xb9]);

/** Runs `use` with a server and a session. */
function conversation(settings, use) {
  return async () => {
    const server = await serve(settings);
    const session = await connect(server.origin);
    try {
      await use({ server, session });
    } finally {
      session.destroy();
      server.stop();
    }
  };
}

describe('a server over HTTP/2', { timeout: 20000 }, () => {
  test(
    'answers an extended CONNECT with 200, and echoes',
    conversation({ protocols: ['chat'] }, async ({ session, server }) => {
      const stream = ask(session, { 'sec-websocket-protocol': 'other, chat', ':path': '/a?b' });
      const [headers] = await once(stream, 'response');
      assert.strictEqual(headers[':status'], 200);
      assert.strictEqual(headers['sec-websocket-protocol'], 'chat');
      for (const name of ['connection', 'upgrade', 'sec-websocket-accept'])
        assert.ok(!(name in headers), name);

      stream.write(HI);
      assert.deepStrictEqual((await once(stream, 'data'))[0], HI_BACK);
      stream.write(BYE);
      assert.deepStrictEqual((await once(stream, 'data'))[0], BYE_BACK);
      stream.end();
      await once(stream, 'close');
      assert.strictEqual(stream.rstCode, 0);
      assert.strictEqual(server.requests[0].url, '/a?b');
    })
  );

  test('knows the URL, the protocol and the extensions of its request', async () => {
    const seen = [];
    const server = await serve({
      protocols: ['chat'],
      options: {
        extensions: [WebSocket.deflate],
        headers: [
          ['X-Own', '1'],
          ['Set-Cookie', 'a'],
          ['Set-Cookie', 'b']
        ]
      },
      behaviour: (ws) => ws.on('open', () => seen.push([ws.url, ws.protocol, ws.version, ws.transport]))
    });
    const session = await connect(server.origin);
    const stream = ask(session, {
      ':path': '/path?query',
      ':authority': 'example.com',
      'sec-websocket-protocol': 'chat',
      'sec-websocket-extensions': 'permessage-deflate'
    });
    const [headers] = await once(stream, 'response');
    assert.strictEqual(headers['sec-websocket-extensions'], 'permessage-deflate');
    assert.strictEqual(headers['x-own'], '1');
    assert.deepStrictEqual(headers['set-cookie'], ['a', 'b']);
    assert.deepStrictEqual(seen, [['ws://example.com/path?query', 'chat', 'hybi-13', 'stream']]);
    session.destroy();
    server.stop();
  });

  test('serves a request that is made of the headers of the event stream', async () => {
    const server = http2.createServer({ settings: { enableConnectProtocol: true } });
    server.on('stream', (stream, headers) => {
      assert.strictEqual(WebSocket.isWebSocket(headers), true);
      const ws = new WebSocket(headers, stream);
      ws.on('message', (event) => ws.send(event.data));
    });
    await once(server.listen(0), 'listening');
    const session = await connect(`http://localhost:${server.address().port}`);
    const stream = ask(session);
    stream.write(HI);
    assert.deepStrictEqual((await once(stream, 'data'))[0], HI_BACK);
    session.destroy();
    server.close();
  });

  test(
    'refuses a version that is not 13 with 400, and tells error and close',
    conversation(
      {
        behaviour: (ws, request) => {
          request.told = [];
          ws.on('error', (event) => request.told.push(event.error.code));
          ws.on('close', (event) => request.told.push(event.code));
        }
      },
      async ({ session, server }) => {
        const stream = ask(session, { 'sec-websocket-version': '12' });
        const [headers] = await once(stream, 'response');
        assert.strictEqual(headers[':status'], 400);
        assert.strictEqual(headers['sec-websocket-version'], '13');
        let body = '';
        stream.setEncoding('utf8').on('data', (text) => (body += text));
        await once(stream, 'end');
        assert.strictEqual(body, 'Unsupported WebSocket version: 12');
        stream.end();
        await once(stream, 'close');
        await until(() => server.requests[0].told.length === 2);
        assert.deepStrictEqual(server.requests[0].told, ['ERR_WEBSOCKET_HANDSHAKE', 1002]);
      }
    )
  );

  test('tells 1006 for a stream that is reset, and the others of its connection go on', async () => {
    const closed = [];
    const server = await serve({
      behaviour(ws) {
        ws.on('message', (event) => ws.send(event.data));
        ws.on('close', (event) => closed.push(event.code));
      }
    });
    const session = await connect(server.origin);
    const [lost, stays] = [ask(session), ask(session)];
    await Promise.all([once(lost, 'response'), once(stays, 'response')]);
    lost.close(CANCEL);
    await once(lost, 'close');
    stays.write(HI);
    assert.deepStrictEqual((await once(stays, 'data'))[0], HI_BACK);
    await until(() => closed.length > 0);
    assert.deepStrictEqual(closed, [1006]);
    assert.strictEqual(server.sessions.size, 1);
    session.destroy();
    await until(() => closed.length > 1);
    assert.deepStrictEqual(closed, [1006, 1006]);
    server.stop();
  });

  test(
    'resets the stream with CANCEL when it terminates',
    conversation({ behaviour: (ws) => ws.on('open', () => ws.terminate()) }, async ({ session }) => {
      const stream = ask(session);
      stream.on('error', () => {});
      await once(stream, 'close');
      assert.strictEqual(stream.rstCode, CANCEL);
    })
  );

  test(
    'sends its close frame, and what was sent before, ahead of the end of the stream',
    conversation(
      {
        behaviour: (ws) =>
          ws.on('message', () => {
            ws.send(Buffer.alloc(200_000, 7));
            ws.close(3002, 'enough');
          })
      },
      async ({ session }) => {
        const stream = ask(session);
        const chunks = [];
        stream.on('data', (chunk) => {
          chunks.push(chunk);
          if (Buffer.concat(chunks).length === 200_000 + 10 + 10) stream.end(BYE);
        });
        stream.write(HI);
        await once(stream, 'close');
        const all = Buffer.concat(chunks);
        assert.strictEqual(all.length, 200_000 + 10 + 10);
        assert.strictEqual(all.subarray(-6).toString(), 'enough');
        assert.strictEqual(stream.rstCode, 0);
      }
    )
  );

  test('closes with 1002 on a frame that is not legal', async () => {
    const closed = [];
    const server = await serve({ behaviour: (ws) => ws.on('close', (event) => closed.push(event.code)) });
    const session = await connect(server.origin);
    const stream = ask(session);
    stream.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
    const [frame] = await once(stream, 'data');
    assert.deepStrictEqual([frame[0], frame.readUInt16BE(2)], [0x88, 1002]);
    stream.end();
    await once(stream, 'close');
    await until(() => closed.length > 0);
    assert.deepStrictEqual(closed, [1002]);
    session.destroy();
    server.stop();
  });

  test('holds a peer that does not read back, and is held back by its window', async () => {
    const written = [];
    const server = await serve({
      behaviour(ws) {
        ws.on('open', () => {
          let more = true;
          for (let i = 0; i < 64 && more; i++) written.push((more = ws.send(Buffer.alloc(65_536, i))));
          ws.on('drain', () => written.push('drain'));
        });
      }
    });
    const session = await connect(server.origin);
    const stream = ask(session);
    stream.pause();
    await once(stream, 'response');
    await until(() => written.length > 0);
    assert.strictEqual(written[written.length - 1], false);
    assert.ok(written.length < 64, `${written.length} sends went out`);
    stream.resume();
    await until(() => written.includes('drain'));
    session.destroy();
    server.stop();
  });

  test('does not read on while it is paused', async () => {
    let paused;
    const got = [];
    const server = await serve({
      behaviour(ws) {
        paused = ws;
        ws.on('message', (event) => got.push(event.data.length));
        ws.on('open', () => ws.pause());
      }
    });
    const session = await connect(server.origin);
    const stream = ask(session);
    await once(stream, 'response');
    const frame = Buffer.concat([
      Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0]),
      Buffer.alloc(1 << 20)
    ]);
    let taken = 0;
    for (let i = 0; i < 8; i++) stream.write(frame, () => taken++);
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    assert.deepStrictEqual([got.length, taken < 8], [0, true]);
    paused.resume();
    await until(() => got.length === 8);
    assert.deepStrictEqual(got, Array(8).fill(1 << 20));
    session.destroy();
    server.stop();
  });

  test('serves two hundred connections over one of TCP, each in its order', async () => {
    const server = await serve();
    const session = await connect(server.origin, { settings: { initialWindowSize: 1 << 20 } });
    const streams = Array.from({ length: 200 }, () => ask(session));
    const echoes = await Promise.all(
      streams.map(async (stream, i) => {
        for (let n = 0; n < 20; n++) stream.write(Buffer.from([0x82, 0x82, 0, 0, 0, 0, i, n]));
        let all = Buffer.alloc(0);
        for await (const chunk of stream) {
          all = Buffer.concat([all, chunk]);
          if (all.length === 20 * 4) break;
        }
        return all;
      })
    );
    echoes.forEach((all, i) => {
      for (let n = 0; n < 20; n++)
        assert.deepStrictEqual([...all.subarray(n * 4, n * 4 + 4)], [0x82, 2, i, n]);
    });
    assert.strictEqual(server.sessions.size, 1);
    session.destroy();
    server.stop();
  });
});

describe('arguments over HTTP/2', () => {
  const headers = {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/',
    'sec-websocket-version': '13'
  };

  test('isWebSocket is false for a CONNECT to somewhere, and for another protocol', () => {
    assert.strictEqual(
      WebSocket.isWebSocket({ method: 'CONNECT', headers: { ':method': 'CONNECT' } }),
      false
    );
    assert.strictEqual(WebSocket.isWebSocket({ ...headers, ':protocol': 'connect-udp' }), false);
    assert.strictEqual(WebSocket.isWebSocket({ ...headers, ':method': 'GET' }), false);
    assert.strictEqual(WebSocket.isWebSocket(headers), true);
  });

  test('a stream that is none of HTTP/2 is a TypeError that says which is meant', () => {
    const { PassThrough } = require('node:stream');
    assert.throws(() => new WebSocket({ headers }, new PassThrough()), {
      name: 'TypeError',
      message: /new WebSocket\(request, request\.stream\)/
    });
  });

  test('a response that has begun is an Error with a code', async () => {
    const server = http2.createServer({ settings: { enableConnectProtocol: true } });
    let thrown;
    server.on('stream', (stream, asked) => {
      stream.respond({ ':status': 200 });
      try {
        new WebSocket(asked, stream);
      } catch (error) {
        thrown = error;
      }
      stream.end();
    });
    await once(server.listen(0), 'listening');
    const session = await connect(`http://localhost:${server.address().port}`);
    await once(ask(session), 'response');
    assert.strictEqual(thrown.code, 'ERR_HTTP_HEADERS_SENT');
    session.destroy();
    server.close();
  });
});
