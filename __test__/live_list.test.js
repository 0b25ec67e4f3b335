'use strict';

/** The list of the connections that have a stream (`lib/connection/live.js`), and the Buffer that is recognized at `send`. */

const assert = require('node:assert');
const net = require('node:net');
const { test } = require('node:test');

const live = require('../lib/connection/live');
const { toBuffer } = require('../lib/native/bytes');

/** Entries over a socket that is never connected. */
function entries(count) {
  const stream = new net.Socket();
  return Array.from({ length: count }, (_, number) => ({ _stream: stream, _place: -1, number }));
}

/** What of ours is in the list. */
function listed() {
  return live
    .all()
    .map(({ number }) => number)
    .sort((a, b) => a - b);
}

test('the list holds what was added and not removed, in whatever order that happens', () => {
  const all = entries(100);
  all.forEach(live.add);
  // The first, the last, and every third in between; some of them twice.
  const gone = all.filter(({ number }) => number % 3 === 0 || number === 99);
  for (const entry of [...gone, ...gone.slice(0, 5).reverse()]) live.remove(entry);
  const left = all.filter((entry) => !gone.includes(entry));
  assert.deepStrictEqual(
    listed(),
    left.map(({ number }) => number)
  );
  for (const entry of left.reverse()) live.remove(entry);
  assert.deepStrictEqual(listed(), []);
});

test('an entry that is added twice is in the list once, and can be added again once it was removed', () => {
  const [entry] = entries(1);
  live.add(entry);
  live.add(entry);
  assert.deepStrictEqual(listed(), [0]);
  live.remove(entry);
  assert.deepStrictEqual(listed(), []);
  live.add(entry);
  assert.deepStrictEqual(listed(), [0]);
  live.remove(entry);
});

test('a Buffer that was sent before is refused once its memory was transferred away', () => {
  const buffer = Buffer.allocUnsafeSlow(16);
  assert.strictEqual(toBuffer(buffer), buffer);
  assert.strictEqual(toBuffer(buffer), buffer);
  structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
  assert.throws(() => toBuffer(buffer), { name: 'TypeError', message: /detached/ });
});
