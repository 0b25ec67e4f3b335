'use strict';

// What becomes of many WebSockets of one HTTP/2 session when that session, or its streams, end in one way or another.

const assert = require('node:assert');
const { once } = require('node:events');
const http2 = require('node:http2');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { ask, connect, echo, serve } = require('../testing/peers/http2');
const { until } = require('../testing/peers/told');
const { uncaught } = require('../testing/peers/watch');

const { Client } = WebSocket;
const MANY = 100;
const { NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR } = http2.constants;

/** The codes that a connection closes with: one, if all is well. */
function codesOf(ws) {
  const codes = [];
  ws.on('error', () => {});
  ws.on('close', ({ code }) => codes.push(code));
  return codes;
}

/** Opens clients over one session: them, the server's ends, and what all of them close with. */
async function open(t, count, behaviour = echo) {
  const ends = [];
  const server = await serve({ behaviour: (ws) => ends.push(ws) && behaviour(ws) });
  const session = http2.connect(server.origin);
  session.on('error', () => {});
  t.after(() => {
    session.destroy();
    server.stop();
  });
  const clients = Array.from({ length: count }, () => new Client(server.url, null, { http2: session }));
  const codes = clients.map(codesOf);
  await Promise.all(clients.map(({ opened }) => opened));
  codes.push(...ends.map(codesOf));
  const [other] = server.sessions;
  return { server, session, other, clients, ends, codes };
}

/** Waits until all are closed, and a while longer; each is to be told once. */
async function assertClosed(codes, code) {
  await until(() => codes.every(({ length }) => length > 0));
  await new Promise(setImmediate);
  assert.deepStrictEqual(
    codes,
    codes.map(() => [code])
  );
}

describe('a hundred WebSockets over one session', { timeout: 60_000 }, () => {
  const WAYS = {
    'the server destroys': ({ other }) => other.destroy(),
    'the client destroys with an error': ({ session }) => session.destroy(new Error('no more')),
    'the server leaves with GOAWAY and an error': ({ other }) => other.goaway(NGHTTP2_INTERNAL_ERROR)
  };
  for (const [name, end] of Object.entries(WAYS)) {
    test(`are each told 1006 once when it is one that ${name}, in the middle of messages`, async (t) => {
      const thrown = uncaught(t);
      const all = await open(t, MANY);
      assert.strictEqual(all.ends.length, MANY);
      for (const client of all.clients) client.send('x'.repeat(20_000));
      await new Promise(setImmediate);
      end(all);
      await assertClosed(all.codes, 1006);
      assert.deepStrictEqual(thrown, []);
    });
  }
});

describe('a session that dies', { timeout: 60_000 }, () => {
  const SIZE = 100;
  const COUNT = 300;
  const WAYS = {
    'with its client': ({ session }) => session.destroy(),
    'since the server destroys it': ({ other }) => other.destroy(),
    'with one stream alone': ({ clients }) => clients[0]._stream.close(http2.constants.NGHTTP2_CANCEL)
  };
  for (const [name, end] of Object.entries(WAYS)) {
    test(`${name} takes no message with it that had come and waited`, async (t) => {
      const got = [];
      const all = await open(t, 1, (ws) => {
        ws.pause();
        ws.on('message', ({ data }) => got.push(data));
        ws.on('close', () => got.push('close'));
      });
      const sent = Array.from({ length: COUNT }, (_, i) => String(i).padEnd(SIZE));
      for (const text of sent) all.clients[0].send(text);
      const { _stream: stream } = all.ends[0];
      // A frame's head is two bytes, and a mask four.
      const waiting = () => Math.floor(stream.readableLength / (SIZE + 6));
      await until(() => waiting() > COUNT / 2);
      const least = waiting();
      end(all);
      await until(() => got.includes('close'));
      assert.ok(got.length > least, `${got.length - 1} messages of ${least}`);
      assert.deepStrictEqual(got, [...sent.slice(0, got.length - 1), 'close']);
    });
  }
});

describe('a session that takes no more streams', { timeout: 60_000 }, () => {
  const WAYS = {
    'after GOAWAY without an error': (session) => session.goaway(NGHTTP2_NO_ERROR),
    'after the server has closed it': (session) => session.close()
  };
  for (const [name, leave] of Object.entries(WAYS)) {
    test(`goes on with those that it has, ${name}`, async (t) => {
      const { other, session, server, clients, codes } = await open(t, 2);
      const told = once(session, 'goaway');
      leave(other);
      await told;
      clients[0].send('still here');
      assert.strictEqual((await once(clients[0], 'message'))[0].data, 'still here');
      // Who wants another one hears it at once.
      await until(() => session.closed || session.destroyed);
      assert.throws(() => new Client(server.url, null, { http2: session }), /a session that has ended/);
      clients.forEach((client) => client.close(3000));
      await assertClosed(codes, 3000);
    });
  }

  test('delivers what a server said before it closed the session', async (t) => {
    const heard = [];
    const { clients, codes, other } = await open(t, 1, (ws) =>
      ws.on('message', () => {
        ws.send('last words');
        ws.close(4000);
        other.close();
      })
    );
    clients[0].on('message', ({ data }) => heard.push(data));
    clients[0].send('go');
    await assertClosed(codes, 4000);
    assert.deepStrictEqual(heard, ['last words']);
  });
});

test('a reset with any code ends both ends with 1006, whoever resets', { timeout: 60_000 }, async (t) => {
  const { clients, ends, codes } = await open(t, 32);
  // Clients are numbered as their streams are.
  for (let code = 0; code < 14; code++) {
    (code % 2 === 0 ? clients[code] : ends[code])._stream.close(code);
  }
  await until(() => [...codes.slice(0, 14), ...codes.slice(32, 46)].every(({ length }) => length > 0));
  await new Promise(setImmediate);
  for (let i = 0; i < 32; i++) {
    const expected = i < 14 ? [1006] : [];
    assert.deepStrictEqual([codes[i], codes[32 + i]], [expected, expected], `code ${i}`);
  }
  clients[31].send('unharmed');
  assert.strictEqual((await once(clients[31], 'message'))[0].data, 'unharmed');
});

test('50 MB each way at once arrive over one stream', { timeout: 60_000 }, async (t) => {
  const PIECE = Buffer.alloc(1 << 20, 'x');
  const { clients, ends } = await open(t, 1, () => {});
  const received = [0, 0];
  const peers = [clients[0], ends[0]];
  peers.forEach((ws, i) => ws.on('message', ({ data }) => (received[i] += data.length)));
  for (let i = 0; i < 50; i++) for (const ws of peers) ws.send(PIECE);
  await until(() => received.every((bytes) => bytes === 50 * PIECE.length));
});

/** What the owner of a stream does to it in the tick in which its WebSocket is made. */
const AT_ONCE = {
  'destroys it': [(stream) => stream.destroy(), ['open', 'close 1006']],
  'resets it': [
    (stream) => stream.close(NGHTTP2_INTERNAL_ERROR),
    ['open', 'error ERR_HTTP2_STREAM_ERROR', 'close 1006']
  ],
  'destroys its session': [(stream) => stream.session.destroy(), ['open', 'close 1006']],
  'answers it': [
    (stream) => stream.respond({ ':status': 200 }),
    ['error ERR_HTTP2_HEADERS_SENT', 'close 1006']
  ]
};

describe('a stream whose owner, before the WebSocket has answered,', () => {
  for (const [name, [act, expected]] of Object.entries(AT_ONCE)) {
    test(`${name}, ends the connection and not the process`, async (t) => {
      const thrown = uncaught(t);
      const events = [];
      const closed = new Promise((resolve) => {
        const behaviour = (ws) => {
          ws.on('open', () => events.push('open'));
          ws.on('error', ({ code }) => events.push(`error ${code}`));
          ws.on('close', ({ code }) => resolve(events.push(`close ${code}`)));
          act(ws._stream);
        };
        serve({ behaviour }).then(async (server) => {
          const session = await connect(server.origin);
          t.after(() => {
            session.destroy();
            server.stop();
          });
          ask(session).on('error', () => {});
        });
      });
      await closed;
      assert.deepStrictEqual(events, expected);
      assert.deepStrictEqual(thrown, []);
    });
  }
});
