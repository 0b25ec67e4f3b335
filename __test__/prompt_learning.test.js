'use strict';

// Which frames of a burst leave at once, over the stream transport, by a clock that the test moves. That of the direct
// transport has its test in src/transport/tests.rs.

const assert = require('node:assert');
const { test } = require('node:test');
const { performance } = require('node:perf_hooks');

let time = 1000;
performance.now = () => time;

const { AT_ONCE, endBurst, isDue } = require('../lib/transport/prompt');

/** What `isDue` reads and writes of a connection whose stream takes everything. */
function connection() {
  const stream = { writableLength: 0, writableCorked: 0 };
  return { _stream: stream, _chunk: null, _works: 0, _wroteIn: 0, _wroteAt: 0, _writes: 0, _atOnce: AT_ONCE };
}

/** How many frames of a burst leave within it, if each takes so many milliseconds. */
function burst(ws, frames, each = 0) {
  let left = 0;
  for (let i = 0; i < frames; i++) {
    if (isDue(ws)) left++;
    time += each;
  }
  endBurst();
  return left;
}

test('four frames of a burst leave at once', () => {
  const ws = connection();
  assert.strictEqual(burst(ws, 4), 4);
  assert.strictEqual(burst(ws, 8), 4);
});

test('one does once later ones have left within a millisecond', () => {
  const ws = connection();
  burst(ws, 8);
  assert.strictEqual(burst(ws, 8), 1);
  assert.strictEqual(burst(ws, 1), 1);
  assert.strictEqual(burst(ws, 2), 1);
  // Another connection's do.
  assert.strictEqual(burst(connection(), 4), 4);
});

test('four do again once some have waited for a millisecond, for what came behind them', () => {
  const ws = connection();
  burst(ws, 8);
  assert.strictEqual(burst(ws, 2, 0.75), 1);
  assert.strictEqual(burst(ws, 4), 1);
  isDue(ws);
  isDue(ws);
  time += 1;
  endBurst();
  assert.strictEqual(burst(ws, 4), 4);
});

test('each frame that is made a millisecond after the last write leaves, and nothing is learned of that', () => {
  const ws = connection();
  assert.strictEqual(burst(ws, 8, 1), 8);
  assert.strictEqual(burst(ws, 4), 4);
});
