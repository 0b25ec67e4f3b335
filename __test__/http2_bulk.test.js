'use strict';

// Many who ask for a WebSocket over HTTP/2 at once, which one read of Node's brings: the loop goes on in between.

const assert = require('node:assert');
const { once } = require('node:events');
const { constants } = require('node:http2');
const { test } = require('node:test');

const { ask, connect, serve } = require('../testing/peers/http2');
const { until } = require('../testing/peers/told');
const { text } = require('../testing/wire');

/** How many ask, and how long the handler of each `open` takes, in milliseconds. */
const COUNT = 20;
const EACH = 1;

function work() {
  const end = performance.now() + EACH;
  while (performance.now() < end);
}

/**
 * A server whose handlers of `open` are slow, and a session to it, until the end of a test.
 *
 * @param {import('node:test').TestContext} t
 */
async function crowd(t) {
  const opened = [];
  const closed = [];
  const made = [];
  const server = await serve({
    behaviour(ws, request) {
      made.push(ws);
      ws.on('open', () => {
        opened.push(request.url);
        work();
      });
      ws.on('message', ({ data }) => ws.send(data));
      ws.on('close', ({ code }) => closed.push([request.url, code]));
    }
  });
  const session = await connect(server.origin);
  t.after(() => {
    session.destroy();
    server.stop();
  });
  const streams = Array.from({ length: COUNT }, (_, i) => ask(session, { ':path': `/${i}` }));
  return { opened, closed, made, session, streams };
}

const paths = Array.from({ length: COUNT }, (_, i) => `/${i}`);

test('requests over HTTP/2 that come together are answered in several turns, in their order', async (t) => {
  const { opened, made, streams } = await crowd(t);
  let turns = 0;
  const countTurns = () => setImmediate(() => opened.length < COUNT && ++turns && countTurns());
  await until(() => made.length > 0);
  countTurns();
  streams.forEach((stream, i) => stream.write(text(String(i))));
  const answers = await Promise.all(streams.map((stream) => once(stream, 'response')));
  for (const [headers] of answers) assert.strictEqual(headers[':status'], 200);
  await until(() => opened.length === COUNT);
  assert.deepStrictEqual(opened, paths);
  assert.ok(turns >= 4, `${turns} turns`);
  const echoes = await Promise.all(streams.map((stream) => once(stream, 'data')));
  assert.deepStrictEqual(
    echoes.map(([bytes]) => bytes.subarray(2).toString()),
    streams.map((_, i) => String(i))
  );
});

test('who gives up before the answer is told as closed, without open', async (t) => {
  const { opened, closed, made, streams } = await crowd(t);
  for (const stream of streams) {
    stream.on('error', () => {});
    stream.close(constants.NGHTTP2_CANCEL);
  }
  await until(() => made.length === COUNT && closed.length === COUNT);
  assert.deepStrictEqual(closed.map(([url]) => url).sort(), [...paths].sort());
  assert.ok(closed.every(([, code]) => code === 1006));
  assert.ok(opened.length < COUNT, `${opened.length} opened`);
});

test('what is sent, and a close, while an answer waits, leave behind it', async (t) => {
  const { opened, made, streams } = await crowd(t);
  await until(() => made.length === COUNT);
  const last = made[COUNT - 1];
  assert.strictEqual(last.readyState, 0);
  last.send('early');
  last.close(3001, 'bye');
  made[COUNT - 2].terminate();
  const got = [];
  streams[COUNT - 2].on('error', () => {});
  streams[COUNT - 1].on('data', (bytes) => got.push(bytes));
  await Promise.all([once(streams[COUNT - 1], 'response'), once(streams[COUNT - 2], 'close')]);
  await until(() => Buffer.concat(got).length === 7 + 7);
  const bytes = Buffer.concat(got);
  assert.strictEqual(bytes.subarray(2, 7).toString(), 'early');
  assert.strictEqual(bytes.subarray(11).toString(), 'bye');
  await until(() => opened.length === COUNT - 2);
  assert.deepStrictEqual(opened, paths.slice(0, -2));
});
