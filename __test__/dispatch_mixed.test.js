'use strict';

// Rows of one transport wait in the memory that both languages share while another transport reads: those of a handler
// that has thrown at who fed it, and those of a handler that runs the loop.

const assert = require('node:assert');
const { once } = require('node:events');
const { test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const Driver = require('../driver');
const { connect } = require('../testing/peers/raw_client');
const { load } = require('../testing/peers/run_loop');
const { serve } = require('../testing/peers/server');
const { uncaught } = require('../testing/peers/watch');
const { text } = require('../testing/wire');

const { runLoop, skip } = load();

const COUNT = 40;
const numbered = (name) => Array.from({ length: COUNT }, (_, i) => `${name} ${i} ${'é'.repeat(i % 7)}`);
const frames = (texts) => Buffer.concat(texts.map((each) => text(each)));

/** A server over `transport`, and a raw client of it; what the server receives goes to `received`. */
async function start(t, transport, received, onMessage = () => {}) {
  const { port, next } = await serve(
    t,
    (ws) =>
      ws.on('message', ({ data }) => {
        received.push(data);
        onMessage(received.length);
      }),
    { options: { transport } }
  );
  const client = await connect(t, port, {});
  const ws = await next();
  if (ws.readyState !== 1) await once(ws, 'open');
  await turn();
  return client;
}

test('what is left of a chunk when a handler throws at who fed it stays as it is while others read', async (t) => {
  const direct = [];
  const client = await start(t, 'direct', direct);
  const driver = Driver.http({
    method: 'GET',
    url: '/',
    headers: {
      host: 'localhost',
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13'
    }
  });
  const fed = [];
  driver.on('message', ({ data }) => {
    fed.push(data);
    if (fed.length % 8 === 1) throw new Error('asked');
  });
  driver.start();
  const expected = numbered('fed');
  const thrown = uncaught(t);
  assert.throws(() => driver.parse(frames(expected)), /asked/);
  // The bytes of another are read before the rest of those is told, or behind a part of it.
  client.send(frames(numbered('direct')));
  while (direct.length < COUNT || fed.length < COUNT) await turn();
  assert.deepStrictEqual(fed, expected);
  assert.deepStrictEqual(direct, numbered('direct'));
  assert.deepStrictEqual(thrown, Array(4).fill('asked'));
});

for (const [outer, inner] of [
  ['stream', 'direct'],
  ['direct', 'stream']
]) {
  test(
    `a handler over the ${outer} transport that runs the loop while the ${inner} transport reads loses nothing`,
    { skip },
    async (t) => {
      const [first, second, others] = [[], [], []];
      const client = await start(t, outer, first, (count) => {
        if (count !== 1) return;
        others[0].send(frames(numbered(inner)));
        const end = Date.now() + 20_000;
        while (second.length < COUNT && Date.now() < end) runLoop(false);
      });
      others.push(await start(t, inner, second));
      client.send(frames(numbered(outer)));
      while (first.length < COUNT || second.length < COUNT) await turn();
      assert.deepStrictEqual(first, numbered(outer));
      assert.deepStrictEqual(second, numbered(inner));
    }
  );
}
