'use strict';

// A client's WebSockets over HTTP/2 (RFC 8441): over a session of the caller's, and over one that TLS has negotiated.

const assert = require('node:assert');
const { once } = require('node:events');
const http2 = require('node:http2');
const https = require('node:https');
const net = require('node:net');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { connect, echo, serve } = require('../testing/peers/http2');
const { moveTime } = require('../testing/peers/moved_time');
const { record, until } = require('../testing/peers/told');
const { uncaught } = require('../testing/peers/watch');
const { makeCertificate } = require('../testing/certificate');

const { Client } = WebSocket;

/** Runs `use` with a server and a session that is connected or connecting. */
async function over(settings, use) {
  const server = await serve(settings);
  const session = http2.connect(server.origin, { ca: server.ca });
  session.on('error', () => {});
  try {
    await use({ server, session });
  } finally {
    session.destroy();
    server.stop();
  }
}

describe('a client over an HTTP/2 session', { timeout: 20000 }, () => {
  for (const secure of [false, true]) {
    test(`talks through a session that is still connecting${secure ? ', over TLS' : ''}`, () =>
      over({ secure, protocols: ['chat'], options: { headers: { Constructor: 'b' } } }, async (both) => {
        const { server, session } = both;
        const ws = new Client(`${server.url}path?query`, ['chat'], {
          http2: session,
          headers: { 'X-Own': 'yes', Constructor: 'a' }
        });
        const told = record(ws);
        ws.send('early');
        await until(() => told.length === 2);
        ws.close(3001, 'bye');
        await once(ws, 'close');
        assert.deepStrictEqual(told, ['open', 'early', 3001]);
        assert.deepStrictEqual([ws.protocol, ws.statusCode, ws.transport], ['chat', 200, 'stream']);
        assert.strictEqual(ws.headers['sec-websocket-protocol'], 'chat');
        assert.ok(!('upgrade' in ws.headers));
        const [request] = server.requests;
        assert.strictEqual(request.headers['x-own'], 'yes');
        // An object has a property of that name from the beginning.
        assert.deepStrictEqual([request.headers.constructor, ws.headers.constructor], ['a', 'b']);
        assert.strictEqual(request.headers[':scheme'], secure ? 'https' : 'http');
        assert.strictEqual(request.url, '/path?query');
        for (const name of ['sec-websocket-key', 'connection', 'upgrade', 'host'])
          assert.ok(!(name in request.headers), name);
      }));
  }

  test('shares a session with others, which outlives it', () =>
    over({}, async ({ server, session }) => {
      const all = Array.from({ length: 50 }, () => new Client(server.url, null, { http2: session }));
      const told = all.map((ws) => record(ws));
      all.forEach((ws, i) => ws.send(String(i)));
      await until(() => told.every((each) => each.length === 2));
      for (const ws of all) ws.close();
      await until(() => told.every((each) => each.length === 3));
      told.forEach((each, i) => assert.deepStrictEqual(each, ['open', String(i), 1000]));
      assert.deepStrictEqual([session.destroyed, session.closed, server.sessions.size], [false, false, 1]);
    }));

  test('compresses, and carries a megabyte each way', () =>
    over({ options: { extensions: [WebSocket.deflate] } }, async ({ server, session }) => {
      const ws = new Client(server.url, null, { http2: session, extensions: [WebSocket.deflate] });
      const data = Buffer.from('compress me, '.repeat(80_000));
      ws.send(data);
      const [event] = await once(ws, 'message');
      assert.ok(data.equals(event.data));
      assert.match(ws.headers['sec-websocket-extensions'], /^permessage-deflate/);
    }));

  test('is told 1006 when the session is destroyed, once it is open and before', () =>
    over({}, async ({ server, session }) => {
      const open = new Client(server.url, null, { http2: session });
      const told = record(open);
      await once(open, 'open');
      const other = http2.connect(server.origin);
      other.on('error', () => {});
      const waiting = new Client(server.url, null, { http2: other });
      const waited = record(waiting);
      session.destroy();
      other.destroy();
      await until(() => told.includes(1006) && waited.includes(1006));
      assert.strictEqual(told[told.length - 1], 1006);
      assert.strictEqual(waited.includes('open'), false);
      assert.strictEqual(waited.length, 2);
    }));

  test('is told what the server answers instead', () =>
    over({ options: {} }, async ({ server, session }) => {
      const refusing = http2.createServer({ settings: { enableConnectProtocol: true } });
      refusing.on('stream', (stream) => {
        stream.respond({ ':status': 403, 'x-why': 'no' });
        stream.end('no');
      });
      await once(refusing.listen(0), 'listening');
      const other = await connect(`http://localhost:${refusing.address().port}`);
      const ws = new Client(server.url, null, { http2: other });
      const told = record(ws);
      await until(() => told.length === 2);
      assert.deepStrictEqual(told, ['ERR_WEBSOCKET_HANDSHAKE', 1002]);
      assert.deepStrictEqual([ws.statusCode, ws.headers['x-why']], [403, 'no']);
      other.destroy();
      refusing.close();
      void session;
    }));

  test('never asks a server that does not announce extended CONNECT, and says so', () =>
    over({ enableConnectProtocol: false }, async ({ server, session }) => {
      const ws = new Client(server.url, null, { http2: session });
      const told = record(ws);
      let message;
      ws.on('error', (event) => (message = event.message));
      await until(() => told.length === 2);
      assert.deepStrictEqual(told, ['ERR_WEBSOCKET_HANDSHAKE', 1006]);
      assert.match(message, /no WebSocket over HTTP\/2/);
      assert.strictEqual(server.requests.length, 0);
      assert.strictEqual(session.destroyed, false);
    }));

  test('can be closed, terminated and aborted before it is open', () =>
    over({}, async ({ server, session }) => {
      const controller = new AbortController();
      const all = [0, 1, 2].map(
        () => new Client(server.url, null, { http2: session, signal: controller.signal })
      );
      const told = all.map((ws) => record(ws));
      all[0].close();
      all[1].terminate();
      controller.abort();
      await until(() => told.every((each) => typeof each[each.length - 1] === 'number'));
      assert.ok(told.every((each) => !each.includes('open')));
      assert.strictEqual(session.destroyed, false);
    }));

  test('gives up after handshakeTimeout', async () => {
    const silent = net.createServer((socket) => socket.on('error', () => {}));
    await once(silent.listen(0), 'listening');
    const session = http2.connect(`http://localhost:${silent.address().port}`);
    session.on('error', () => {});
    const ws = new Client('ws://localhost/', null, { http2: session, handshakeTimeout: 0.05 });
    const told = record(ws);
    await until(() => told.length === 2);
    assert.deepStrictEqual(told, ['ERR_WEBSOCKET_TIMEOUT', 1006]);
    session.destroy();
    silent.close();
  });
});

describe('a client that nobody answers, over a session that goes on', { timeout: 20000 }, () => {
  const WAYS = {
    'handshakeTimeout passes': [{ handshakeTimeout: 30 }, 'ERR_WEBSOCKET_TIMEOUT'],
    'its signal is aborted': [{}, 'ABORT_ERR']
  };
  for (const [title, [options, code]] of Object.entries(WAYS)) {
    test(`is closed at once when ${title}, and its stream is reset`, async (t) => {
      const advance = moveTime(t);
      const controller = new AbortController();
      const server = http2.createServer({ settings: { enableConnectProtocol: true } });
      const asked = once(server, 'stream');
      await once(server.listen(0), 'listening');
      const session = http2.connect(`http://localhost:${server.address().port}`);
      t.after(() => {
        session.destroy();
        server.close();
      });
      const ws = new Client('ws://localhost/', null, {
        http2: session,
        signal: controller.signal,
        ...options
      });
      const told = record(ws);
      const [stream] = await asked;
      stream.on('error', () => {});
      const reset = once(stream, 'close');
      if (code === 'ABORT_ERR') controller.abort();
      else advance(30_000);
      await until(() => told.length === 2);
      assert.deepStrictEqual(told, [code, 1006]);
      await reset;
      assert.deepStrictEqual([stream.rstCode, session.destroyed], [http2.constants.NGHTTP2_CANCEL, false]);
    });
  }
});

describe('a client with http2: true', { timeout: 20000 }, () => {
  test('speaks HTTP/2 where TLS agrees on it, and ends its session behind it', async () => {
    const server = await serve({ secure: true });
    const ws = new Client(server.url, null, { http2: true, tls: { ca: server.ca } });
    const told = record(ws);
    ws.send('hello');
    await until(() => told.length === 2);
    assert.strictEqual(server.requests[0].httpVersion, '2.0');
    assert.strictEqual(ws.statusCode, 200);
    const [session] = server.sessions;
    ws.close();
    await until(() => session.destroyed && told.length === 3);
    assert.deepStrictEqual(told, ['open', 'hello', 1000]);
    server.stop();
  });

  test('speaks HTTP/1.1 where TLS agrees on that, and where the server wants no extended CONNECT', async () => {
    const certificate = makeCertificate({ names: ['localhost'] });
    const plain = https.createServer(certificate);
    plain.on('upgrade', (request, socket, head) => echo(new WebSocket(request, socket, head)));
    await once(plain.listen(0), 'listening');
    const other = await serve({ secure: true, enableConnectProtocol: false });
    const servers = [
      [`wss://localhost:${plain.address().port}/`, certificate.cert],
      [other.url, other.ca]
    ];
    for (const [url, ca] of servers) {
      const ws = new Client(url, null, { http2: true, tls: { ca } });
      const told = record(ws);
      ws.send('hello');
      await until(() => told.length === 2);
      assert.strictEqual(ws.statusCode, 101);
      ws.close();
      await once(ws, 'close');
      assert.deepStrictEqual(told, ['open', 'hello', 1000]);
    }
    plain.close();
    other.stop();
  });

  test('is told 1006 when its connection is reset, and nothing is uncaught', async (t) => {
    const server = await serve({ secure: true });
    const thrown = uncaught(t);
    // Below TLS, where a connection can be reset on every version of Node.
    const sockets = [];
    const between = net.createServer((socket) => {
      const onward = net.connect(server.port, 'localhost');
      for (const each of [socket, onward]) each.on('error', () => {});
      socket.pipe(onward).pipe(socket);
      sockets.push(socket);
    });
    await once(between.listen(0, 'localhost'), 'listening');
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      between.close();
      server.stop();
    });
    const url = `wss://localhost:${between.address().port}/`;
    const ws = new Client(url, null, { http2: true, tls: { ca: server.ca } });
    const told = record(ws);
    await until(() => told.length === 1);
    for (const socket of sockets) socket.resetAndDestroy();
    await until(() => told.includes(1006));
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    assert.deepStrictEqual(thrown, []);
  });

  test('verifies the certificate', async () => {
    const server = await serve({ secure: true });
    const ws = new Client(server.url, null, { http2: true });
    const told = record(ws);
    await until(() => told.length === 2);
    assert.deepStrictEqual(told, ['DEPTH_ZERO_SELF_SIGNED_CERT', 1006]);
    server.stop();
  });

  test('is an ordinary client for ws:', async () => {
    const server = require('node:http').createServer();
    server.on('upgrade', (request, socket, head) => echo(new WebSocket(request, socket, head)));
    await once(server.listen(0), 'listening');
    const ws = new Client(`ws://localhost:${server.address().port}/`, null, { http2: true });
    await once(ws, 'open');
    assert.strictEqual(ws.statusCode, 101);
    ws.close();
    await once(ws, 'close');
    server.close();
  });
});

describe('the option http2', () => {
  test('is a boolean or a session that lives', async () => {
    const session = http2.connect('http://localhost:1');
    session.on('error', () => {});
    session.destroy();
    for (const http2 of ['yes', 1, {}, () => {}]) {
      assert.throws(() => new Client('ws://localhost:1/', null, { http2 }), /must be true, or a session/);
    }
    assert.throws(
      () => new Client('ws://localhost:1/', null, { http2: session }),
      /has ended: connect another/
    );
  });

  test('has no proxy beside a session', () => {
    const session = http2.connect('http://localhost:1');
    session.on('error', () => {});
    const options = { http2: session, proxy: { origin: 'http://localhost:1' } };
    assert.throws(() => new Client('ws://localhost:1/', null, options), /leave one of them out/);
    session.destroy();
  });
});
