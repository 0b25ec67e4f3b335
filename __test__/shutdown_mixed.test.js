'use strict';

// The end of many connections where bytes travel over HTTP/2, and of connections of every kind and state at once.

const assert = require('node:assert');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { alsoWithWebAssembly } = require('../testing/peers/engines');
const http2Peers = require('../testing/peers/http2');
const { moveTime, until } = require('../testing/peers/moved_time');
const { connect, dial } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { close } = require('../testing/wire');

const HIXIE_76 =
  'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nOrigin: http://localhost\r\n' +
  'Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n\r\n';

/** A server over HTTP/2 with so many connections, over two sessions, and their clients. */
async function overHttp2(t, count, settings = {}) {
  const made = [];
  const server = await http2Peers.serve({ behaviour: (ws) => made.push(ws), ...settings });
  const { ca } = server;
  const sessions = [];
  for (let i = 0; i < 2; i++) sessions.push(await http2Peers.connect(server.origin, ca ? { ca } : undefined));
  t.after(() => {
    for (const session of sessions) session.destroy();
    server.stop();
  });
  const clients = [];
  for (let i = 0; i < count; i++) {
    clients.push(new WebSocket.Client(`${server.url}${i}`, [], { http2: sessions[i % 2] }));
  }
  await Promise.all(clients.map((client) => client.opened));
  await until(() => made.length === count && made.every((ws) => ws.readyState === 1));
  // In the order of their clients.
  made.sort((a, b) => (a.url < b.url ? -1 : 1));
  return { made, clients, sessions, server };
}

/** The server under what `serve` gives, which its connections know. */
const serverOf = (ws) => ws._stream.session.socket.server || ws._stream.session.socket._server;

for (const secure of [false, true]) {
  describe(`shutdown over HTTP/2${secure ? ' and TLS' : ''}`, { timeout: 20000 }, () => {
    test('closes all with 1001, and leaves their sessions', async (t) => {
      const { made, clients, sessions } = await overHttp2(t, 5, { secure });
      assert.deepStrictEqual(await WebSocket.shutdown(made, { reason: 'off' }), { closed: 5, terminated: 0 });
      for (const client of clients)
        assert.deepStrictEqual(await client.closed, { code: 1001, reason: 'off' });
      assert.ok(sessions.every((session) => !session.destroyed && !session.closed));
    });

    test('takes a server, and closes what came to that', async (t) => {
      const { made, clients } = await overHttp2(t, 3, { secure });
      const other = await overHttp2(t, 1, { secure });
      const done = await WebSocket.shutdown(serverOf(made[0]), { code: 1012 });
      assert.deepStrictEqual(done, { closed: 3, terminated: 0 });
      for (const client of clients) assert.strictEqual((await client.closed).code, 1012);
      assert.strictEqual(other.made[0].readyState, 1);
    });

    test('ends those that do not answer, and no other of their session', async (t) => {
      const { made, server, sessions, clients } = await overHttp2(t, 2, { secure });
      const silent = http2Peers.ask(sessions[0]);
      await once(silent, 'response');
      await until(() => made.length === 3);
      silent.on('error', () => {}).resume();
      const advance = moveTime(t);
      const done = WebSocket.shutdown([made[2], made[1]], { timeout: 20 });
      await Promise.all([clients[1].closed, made[1].closed]);
      assert.strictEqual(made[2].readyState, 2);
      advance(21_000);
      assert.deepStrictEqual(await done, { closed: 1, terminated: 1 });
      assert.strictEqual(made[0].readyState, 1);
      clients[0].send('still here');
      assert.strictEqual((await once(made[0], 'message'))[0].data, 'still here');
      assert.strictEqual(server.sessions.size, 2);
    });
  });
}

test('connections of every kind and state are ended together', { timeout: 20000 }, async (t) => {
  const { made, clients, sessions } = await overHttp2(t, 2);
  const server = await serve(t);
  const peers = [];
  for (let i = 0; i < 6; i++) peers.push(await connect(t, server.port));
  const [open, paused, closing, mute, heldUp, gone] = await Promise.all(peers.map(() => server.next()));
  const draftPeer = await dial(t, server.port);
  draftPeer.send(HIXIE_76, '^n:ds[4U');
  const draft = await server.next();
  if (draft.readyState === 0) await once(draft, 'open');
  const opening = await dial(t, server.port);
  opening.send(HIXIE_76, '^n');
  const unfinished = await server.next();

  const nobody = net.createServer(() => {});
  await once(nobody.listen(0, '127.0.0.1'), 'listening');
  t.after(() => nobody.close());
  const connecting = new WebSocket.Client(`ws://127.0.0.1:${nobody.address().port}/`);
  const feeds = http.createServer();
  feeds.on('request', (request, response) => (feed = new WebSocket.EventSource(request, response)));
  let feed;
  await once(feeds.listen(0, '127.0.0.1'), 'listening');
  t.after(() => feeds.close());
  http.get(`http://127.0.0.1:${feeds.address().port}/`, { headers: { accept: 'text/event-stream' } });
  await until(() => feed !== undefined && feed.readyState === 1);

  paused.pause();
  closing.close(3001, 'before');
  // Its peer reads nothing, and more waits for it than the system takes.
  peers[4].socket.pause();
  while (heldUp.send(Buffer.alloc(1 << 20)));
  gone.terminate();
  const all = [open, paused, closing, mute, heldUp, gone, draft, unfinished, connecting, feed, ...made];
  all.push(clients[0]);
  assert.deepStrictEqual(
    all.map((each) => each.readyState),
    [1, 1, 2, 1, 1, 3, 1, 0, 0, 1, 1, 1, 1]
  );

  const done = WebSocket.shutdown(new Set(all), { timeout: 0.4, rate: 1000 });
  const answers = [0, 1, 2].map(async (i) => {
    const { payload } = await peers[i].frame();
    peers[i].send(close(payload.readUInt16BE(0)));
    return payload.readUInt16BE(0);
  });
  assert.deepStrictEqual(await Promise.all(answers), [1001, 1001, 3001]);
  const { closed, terminated } = await done;
  assert.ok(all.every((each) => each.readyState === 3));
  // Mute, held up, opening on either side, and the draft, whose peer does not answer; `gone` was over before.
  assert.deepStrictEqual([closed + terminated, terminated >= 2], [12, true]);
  assert.ok(sessions.every((session) => !session.destroyed));
});

alsoWithWebAssembly(__filename);
