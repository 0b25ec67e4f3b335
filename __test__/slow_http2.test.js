'use strict';

// A WebSocket over HTTP/2 whose handlers are slow has turns like others: what else there is on the loop comes in between.

const assert = require('node:assert');
const { test } = require('node:test');

const { pair } = require('../testing/peers/http2');
const { text } = require('../testing/wire');

/** Messages that come in one write, and how long the handler of each takes, in milliseconds. */
const COUNT = 80;
const EACH = 0.5;

function work() {
  const end = performance.now() + EACH;
  while (performance.now() < end);
}

test('messages over HTTP/2 whose handlers take long are told in several turns, in their order', async (t) => {
  const { ws, stream } = await pair(t);
  const sent = Array.from({ length: COUNT }, (_, i) => String(i));
  const received = [];
  let turns = 0;
  const countTurns = () => setImmediate(() => ++turns && received.length < COUNT && countTurns());
  const most = await new Promise((resolve) => {
    ws.onmessage = ({ data }) => {
      if (received.length === 0) countTurns();
      work();
      if (received.push(data) === COUNT) resolve(turns);
    };
    stream.write(Buffer.concat(sent.map((each) => text(each))));
  });
  assert.deepStrictEqual(received, sent);
  assert.ok(most >= 2, `${most} turns`);
});

test('an exception in a handler of a message over HTTP/2 is uncaught once, and stops no message behind it', async (t) => {
  const { ws, stream } = await pair(t);
  const uncaught = [];
  process.setUncaughtExceptionCaptureCallback((error) => uncaught.push(error.message));
  t.after(() => process.setUncaughtExceptionCaptureCallback(null));
  const received = [];
  await new Promise((resolve) => {
    ws.onmessage = ({ data }) => {
      received.push(data);
      if (data === 'c') resolve();
      if (data === 'a') throw new Error('of a');
    };
    stream.write(Buffer.concat(['a', 'b', 'c'].map((each) => text(each))));
  });
  assert.deepStrictEqual([received, uncaught], [['a', 'b', 'c'], ['of a']]);
});
