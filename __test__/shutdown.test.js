'use strict';

// The end of many connections at once: what is told to whom, and what is left afterwards.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { TRANSPORTS, alsoWithWebAssembly } = require('../testing/peers/engines');
const { moveTime, until } = require('../testing/peers/moved_time');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { close } = require('../testing/wire');
const live = require('../lib/connection/live');

/** A server of so many connections, with their clients. */
async function crowd(t, count, settings = {}) {
  const made = [];
  const server = await serve(t, (ws) => made.push(ws), settings);
  const clients = [];
  for (let i = 0; i < count; i++) clients.push(await connect(t, server.port, settings));
  await until(() => made.length === count && made.every((ws) => ws.readyState === 1));
  return { server, made, clients };
}

/** Answers the close frame of a server. */
async function obey(client) {
  const frame = await client.frame();
  client.send(close(frame.payload.readUInt16BE(0)));
  return [frame.payload.readUInt16BE(0), String(frame.payload.subarray(2))];
}

const ways = [...TRANSPORTS.map((transport) => ({ transport })), { transport: 'stream', secure: true }];

for (const { transport, secure = false } of ways) {
  describe(`shutdown over ${secure ? 'TLS' : `the ${transport} transport`}`, () => {
    const begin = (t, count) => crowd(t, count, { options: { transport }, secure });

    test('closes all with 1001 and counts them', async (t) => {
      const { made, clients } = await begin(t, 5);
      const done = WebSocket.shutdown(new Set(made));
      assert.deepStrictEqual(await Promise.all(clients.map(obey)), new Array(5).fill([1001, '']));
      assert.deepStrictEqual(await done, { closed: 5, terminated: 0 });
      assert.ok(made.every((ws) => ws.readyState === 3));
    });

    test('takes a server, and closes what came to that', async (t) => {
      const { server, made, clients } = await begin(t, 3);
      const other = await begin(t, 1);
      const done = WebSocket.shutdown(server.server, { code: 1012, reason: 'new version' });
      assert.deepStrictEqual(await Promise.all(clients.map(obey)), new Array(3).fill([1012, 'new version']));
      assert.deepStrictEqual(await done, { closed: 3, terminated: 0 });
      assert.ok(made.every((ws) => ws.readyState === 3));
      assert.strictEqual(other.made[0].readyState, 1);
      other.made[0].terminate();
    });

    test('terminates those that do not answer', async (t) => {
      const { made, clients } = await begin(t, 4);
      const advance = moveTime(t);
      const done = WebSocket.shutdown(made, { timeout: 60 });
      await obey(clients[0]);
      await until(() => made[0].readyState === 3);
      advance(50_000);
      assert.deepStrictEqual(
        made.map((ws) => ws.readyState),
        [3, 2, 2, 2]
      );
      advance(20_000);
      assert.deepStrictEqual(await done, { closed: 1, terminated: 3 });
      assert.ok(made.every((ws) => ws.readyState === 3));
    });
  });
}

test('a rate spreads the closing', async (t) => {
  const { made, clients } = await crowd(t, 6);
  for (const client of clients) obey(client);
  const { setTimeout: real } = globalThis;
  const pauses = [];
  t.mock.method(globalThis, 'setTimeout', (callback, delay) => {
    pauses.push([delay, made.filter((ws) => ws.readyState > 1).length]);
    return real(callback, delay === 50 ? 1 : delay);
  });
  const done = WebSocket.shutdown(made, { rate: 40 });
  assert.deepStrictEqual(await done, { closed: 6, terminated: 0 });
  t.mock.restoreAll();
  // Two every 50 ms.
  assert.deepStrictEqual(
    pauses.filter(([delay]) => delay === 50).map(([, closing]) => closing),
    [2, 4]
  );
});

test('a slow rate closes one at a time', async (t) => {
  const { made, clients } = await crowd(t, 2);
  for (const client of clients) obey(client);
  const { setTimeout: real } = globalThis;
  const delays = [];
  t.mock.method(globalThis, 'setTimeout', (callback, delay) => {
    delays.push(delay);
    return real(callback, delay === 2000 ? 1 : delay);
  });
  await WebSocket.shutdown(made, { rate: 0.5 });
  assert.ok(delays.includes(2000));
});

test('connections that come meanwhile are closed as well', async (t) => {
  const { server, made, clients } = await crowd(t, 1);
  const done = WebSocket.shutdown(server.server);
  const late = await connect(t, server.port);
  await until(() => made.length === 2);
  await obey(clients[0]);
  assert.deepStrictEqual(await obey(late), [1001, '']);
  assert.deepStrictEqual(await done, { closed: 2, terminated: 0 });
});

test('connections that are opening, closing or over are waited for, or not', async (t) => {
  const { made, clients } = await crowd(t, 2);
  made[0].terminate();
  await until(() => made[0].readyState === 3);
  made[1].close(3000);
  const server = await serve(t);
  const opening = new WebSocket.Client(server.url);
  const done = WebSocket.shutdown([...made, opening]);
  await obey(clients[1]);
  assert.deepStrictEqual(await done, { closed: 2, terminated: 0 });
  assert.strictEqual(opening.readyState, 3);
});

test('clients close with a code that is theirs, and event streams end', async (t) => {
  const server = await serve(t);
  const client = new WebSocket.Client(server.url);
  const ws = await server.next();
  const told = new Promise((resolve) => ws.once('close', ({ code, reason }) => resolve([code, reason])));
  await new Promise((resolve) => client.once('open', resolve));
  const sources = [];
  const feeds = http.createServer((request, response) => {
    sources.push(new WebSocket.EventSource(request, response));
  });
  await once(feeds.listen(0, '127.0.0.1'), 'listening');
  t.after(() => feeds.close());
  const asked = http.get({ port: feeds.address().port, headers: { Accept: 'text/event-stream' } });
  const [response] = await once(asked, 'response');
  response.resume();
  const ended = once(response, 'end');
  assert.deepStrictEqual(await WebSocket.shutdown([client]), { closed: 1, terminated: 0 });
  assert.deepStrictEqual(await told, [1000, '']);
  assert.deepStrictEqual(await WebSocket.shutdown(feeds), { closed: 1, terminated: 0 });
  assert.strictEqual(sources[0].readyState, 3);
  await ended;
});

test('an owner who takes all listeners off is waited for all the same', async (t) => {
  const { made, clients } = await crowd(t, 1);
  const advance = moveTime(t);
  const done = WebSocket.shutdown(made, { timeout: 60 });
  made[0].removeAllListeners();
  await obey(clients[0]);
  await until(() => made[0].readyState === 3);
  advance(61_000);
  assert.deepStrictEqual(await done, { closed: 1, terminated: 0 });
});

test('nothing is nothing', async (t) => {
  const { server } = await serve(t);
  assert.deepStrictEqual(await WebSocket.shutdown([]), { closed: 0, terminated: 0 });
  assert.deepStrictEqual(await WebSocket.shutdown(server), { closed: 0, terminated: 0 });
});

test('no connection is held that is over', async (t) => {
  const before = live.all().length;
  const { made, clients } = await crowd(t, 3);
  assert.strictEqual(live.all().length, before + 3);
  const done = WebSocket.shutdown(made);
  await Promise.all(clients.map(obey));
  await done;
  assert.strictEqual(live.all().length, before);
});

for (const [what, args, expected] of [
  ['no connections', [undefined], /^TypeError: shutdown\(connections/],
  [
    'one connection in the place of several',
    [{ close() {}, readyState: 1 }],
    /^TypeError: shutdown\(connections/
  ],
  ['what is no connection', [['a']], /^TypeError: shutdown\(connections/],
  ['a code that nobody may send', [[], { code: 1006 }], /^RangeError: The code of shutdown/],
  ['a code that is none', [[], { code: '1001' }], /^RangeError: The code of shutdown/],
  ['a rate of 0', [[], { rate: 0 }], /^RangeError: .*rate/],
  ['a timeout of 0', [[], { timeout: 0 }], /^RangeError: .*timeout/],
  ['an option that is unknown', [[], { codes: 1001 }], /^Error: Unrecognized option: codes: write code$/],
  ['a code in the place of the options', [[], 1001], /^TypeError: Options are an object, not a number$/],
  ['a code in a string', [[], { code: '1001' }], /not a string$/]
]) {
  test(`rejects ${what}`, async () => {
    await assert.rejects(WebSocket.shutdown(...args), (error) => expected.test(String(error)));
  });
}

test('a process waits for what it is told to, and then ends by itself', () => {
  const program = `
    const http = require('http');
    const WebSocket = require(${JSON.stringify(require.resolve('..'))});
    const server = http.createServer().on('upgrade', (...args) => new WebSocket(...args));
    server.listen(0, '127.0.0.1', () => {
      const url = 'ws://127.0.0.1:' + server.address().port;
      const clients = Array.from({ length: 20 }, () => new WebSocket.Client(url));
      let open = 0;
      for (const ws of clients) ws.on('open', async () => {
        if (++open < 20) return;
        server.close();
        console.log(JSON.stringify(await WebSocket.shutdown(server)));
      });
    });`;
  const { stdout, status } = spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
    timeout: 60_000
  });
  assert.deepStrictEqual([stdout, status], ['{"closed":20,"terminated":0}\n', 0]);
});

alsoWithWebAssembly(__filename);
