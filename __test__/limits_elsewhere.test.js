'use strict';

// The times that a peer gets, where bytes travel in other ways: over HTTP/2 in both roles, for a client over each transport,
// and in the drafts, which have no pings.

const assert = require('node:assert');
const { once } = require('node:events');
const http2 = require('node:http2');
const { Duplex } = require('node:stream');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { connectionOf } = require('../lib/faye/connection_of');
const { makeCertificate } = require('../testing/certificate');
const { TRANSPORTS, alsoWithWebAssembly } = require('../testing/peers/engines');
const http2Peers = require('../testing/peers/http2');
const { moveTime, until } = require('../testing/peers/moved_time');
const { RawClient, dial, request } = require('../testing/peers/raw_client');
const { agreement, listen } = require('../testing/peers/raw_server');
const { closing, serve } = require('../testing/peers/server');
const wire = require('../testing/wire');

const CERTIFICATE = makeCertificate({ names: ['localhost'] });
const HIXIE_75 =
  'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nOrigin: http://localhost\r\n';
const HIXIE_76 = `${HIXIE_75}Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n\r\n`;

/** A server's connection over HTTP/2, and its peer. */
async function servedOverHttp2(t, options) {
  let ws;
  const server = await http2Peers.serve({ behaviour: (made) => (ws = made), options });
  const session = await http2Peers.connect(server.origin);
  t.after(() => {
    session.destroy();
    server.stop();
  });
  const peer = new RawClient(http2Peers.ask(session));
  await until(() => ws && ws.readyState === 1);
  return { ws, peer, from: wire };
}

/** A client's connection over HTTP/2, and its peer, a stream of a server that knows nothing of WebSockets. */
async function clientOverHttp2(t, options) {
  const server = http2.createServer({ settings: { enableConnectProtocol: true } });
  const streams = [];
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 });
    streams.push(new RawClient(stream));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  const session = await http2Peers.connect(`http://127.0.0.1:${port}`);
  t.after(() => {
    session.destroy();
    server.close();
  });
  const ws = new WebSocket.Client(`ws://127.0.0.1:${port}/`, [], { http2: session, ...options });
  await once(ws, 'open');
  return { ws, peer: streams[0], from: wire.fromServer };
}

/** A client's connection over a transport, and its peer of raw bytes. */
function clientOver(transport, certificate) {
  return async (t, options) => {
    const peers = [];
    const { port } = await listen(
      t,
      async (peer) => {
        peer.send(agreement(await peer.head()));
        peers.push(peer);
      },
      { certificate }
    );
    const url = `${certificate ? 'wss' : 'ws'}://127.0.0.1:${port}/`;
    const tls = { ca: CERTIFICATE.cert, servername: 'localhost' };
    const ws = new WebSocket.Client(url, [], { transport, ...(certificate && { tls }), ...options });
    t.after(() => ws.terminate());
    await once(ws, 'open');
    await until(() => peers.length === 1);
    return { ws, peer: peers[0], from: wire.fromServer };
  };
}

const PLACES = {
  'a server over HTTP/2': servedOverHttp2,
  'a client over HTTP/2': clientOverHttp2,
  'a client over TLS': clientOver('stream', CERTIFICATE)
};
for (const transport of TRANSPORTS) {
  PLACES[`a client over the ${transport} transport`] = clientOver(transport);
}

/** Sends a frame, and waits until it has come. */
async function say(ws, peer, frame) {
  const limits = connectionOf(ws)._limits;
  const before = limits.chunks;
  peer.send(frame);
  await until(() => limits.chunks > before);
  // What has come in one chunk is dealt with in one turn.
  await new Promise((resolve) => setImmediate(resolve));
}

/** The codes of what a connection ends with. */
async function ending(ws) {
  const codes = [];
  ws.on('error', ({ error }) => codes.push(error.code));
  const { code } = await closing(ws);
  return [...codes, code];
}

for (const [place, meet] of Object.entries(PLACES)) {
  describe(place, { timeout: 20000 }, () => {
    test('ends the connection of a peer that answers no ping', async (t) => {
      const advance = moveTime(t);
      const { ws, peer } = await meet(t, { ping: 20, pongTimeout: 60 });
      const ended = ending(ws);
      advance(70_000);
      assert.strictEqual(ws.readyState, 1);
      // What waits to be sent when a pong is missed is looked at once more.
      for (let i = 0; i < 4; i++) {
        await until(() => ws.bufferedAmount === 0);
        advance(20_000);
      }
      assert.deepStrictEqual(await ended, ['ERR_WEBSOCKET_TIMEOUT', 1006]);
      await peer.closed;
    });

    test('keeps that of one that does', async (t) => {
      const advance = moveTime(t);
      const { ws, peer, from } = await meet(t, { pongTimeout: 60, idleTimeout: 100 });
      for (let i = 0; i < 5; i++) {
        ws.ping(`${i}`);
        assert.strictEqual(String((await peer.frame()).payload).length, 1);
        await say(ws, peer, from.pong(`${i}`));
        advance(50_000);
      }
      assert.strictEqual(ws.readyState, 1);
      ws.terminate();
    });

    test('leaves a silent peer after idleTimeout, and none that says something', async (t) => {
      const advance = moveTime(t);
      const { ws, peer, from } = await meet(t, { idleTimeout: 60 });
      const ended = ending(ws);
      for (const frame of [from.text('a'), from.ping('b'), from.pong('c')]) {
        advance(50_000);
        await say(ws, peer, frame);
      }
      assert.strictEqual(ws.readyState, 1);
      advance(75_000);
      assert.deepStrictEqual(await ended, ['ERR_WEBSOCKET_TIMEOUT', 1006]);
    });

    test('leaves a peer that does not answer a close frame after closeTimeout', async (t) => {
      const advance = moveTime(t);
      const { ws, peer } = await meet(t, { closeTimeout: 60 });
      const ended = ending(ws);
      ws.close(3000, 'go');
      assert.strictEqual((await peer.frame()).opcode, 8);
      advance(50_000);
      assert.strictEqual(ws.readyState, 2);
      advance(11_000);
      assert.deepStrictEqual(await ended, [1006]);
      await peer.closed;
    });
  });
}

/** A server's connection of a draft, and its peer. */
async function draft(t, version, options, { secure = false } = {}) {
  const server = await serve(t, () => {}, { options, secure });
  const peer = await dial(t, server.port, { secure });
  if (version === 'hixie-75') peer.send(`${HIXIE_75}\r\n`);
  else peer.send(HIXIE_76, '^n:ds[4U');
  await peer.head();
  const ws = await server.next();
  if (ws.readyState === 0) await once(ws, 'open');
  assert.strictEqual(ws.version, version);
  if (version === 'hixie-76') await peer.wait(() => (peer.bytes.length >= 16 ? true : undefined));
  return { ws, peer };
}

for (const version of ['hixie-75', 'hixie-76']) {
  for (const secure of [false, true]) {
    describe(`${version}${secure ? ' over TLS' : ''}`, { timeout: 20000 }, () => {
      test('has no pings that could be missed', async (t) => {
        const advance = moveTime(t);
        const { ws } = await draft(t, version, { ping: 20, pongTimeout: 30 }, { secure });
        assert.strictEqual(ws.ping('x'), false);
        advance(1_000_000);
        assert.strictEqual(ws.readyState, 1);
        ws.terminate();
      });

      test('leaves a silent peer after idleTimeout', async (t) => {
        const advance = moveTime(t);
        const { ws, peer } = await draft(t, version, { idleTimeout: 60 }, { secure });
        const ended = ending(ws);
        const limits = connectionOf(ws)._limits;
        const before = limits.chunks;
        advance(50_000);
        peer.send(Buffer.from('\0go\xff', 'latin1'));
        await until(() => limits.chunks > before);
        advance(50_000);
        assert.strictEqual(ws.readyState, 1);
        advance(30_000);
        assert.deepStrictEqual(await ended, ['ERR_WEBSOCKET_TIMEOUT', 1006]);
      });

      test('is gone within closeTimeout, whatever its peer does', async (t) => {
        const advance = moveTime(t);
        const { ws, peer } = await draft(t, version, { closeTimeout: 60 }, { secure });
        const ended = ending(ws);
        ws.close();
        if (ws.readyState === 2) {
          advance(50_000);
          advance(11_000);
        }
        // The drafts have no codes.
        assert.strictEqual((await ended).length, 1);
        await peer.closed;
      });
    });
  }
}

test('a pong may come within the call that sends its ping', async (t) => {
  class Answering extends Duplex {
    _read() {}

    _write(chunk, encoding, done) {
      if (chunk[0] === 0x89) this.push(wire.pong(chunk.subarray(2)));
      done();
    }
  }
  const advance = moveTime(t);
  const [, ...lines] = String(request()).trim().split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => line.split(': ')).map(([a, b]) => [a.toLowerCase(), b])
  );
  const options = { ping: 20, pongTimeout: 10 };
  const ws = new WebSocket({ method: 'GET', url: '/', headers }, new Answering(), null, null, options);
  await once(ws, 'open');
  for (let i = 0; i < 10; i++) {
    advance(15_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.strictEqual(ws.readyState, 1);
  ws.terminate();
});

test('a client of hixie-76 has handshakeTimeout over TLS as well', async (t) => {
  const server = await serve(t, () => {}, { options: { handshakeTimeout: 60 }, secure: true });
  const advance = moveTime(t);
  const peer = await dial(t, server.port, { secure: true });
  peer.send(HIXIE_76, '^n:ds[4');
  const ws = await server.next();
  const ended = ending(ws);
  advance(59_000);
  assert.strictEqual(ws.readyState, 0);
  advance(2_000);
  // The drafts have no codes.
  assert.deepStrictEqual(await ended, ['ERR_WEBSOCKET_TIMEOUT', null]);
  await peer.closed;
});

alsoWithWebAssembly(__filename);
