'use strict';

/** The harness notices what it is there to notice. */

const assert = require('node:assert');
const path = require('node:path');
const { test } = require('node:test');
const { diff, judge } = require('../../testing/parity/compare');
const { Clock } = require('../../testing/parity/clock');
const { Implementation } = require('../../testing/parity/implementation');
const wire = require('../../testing/wire');
const { format } = require('../../testing/format');

const known = { reason: 'ours is better', reference: ['b'], native: [/^B/] };

test('equal traces pass', () => {
  assert.strictEqual(judge(['a', 'b'], ['a', 'b']), null);
});

test('a line that is missing, added, changed or moved fails', () => {
  for (const native of [['a'], ['a', 'b', 'c'], ['a', 'x'], ['b', 'a']]) {
    assert.match(judge(['a', 'b'], native), /The traces differ/);
  }
});

test('a listed difference passes, another one at the same place fails', () => {
  assert.strictEqual(judge(['a', 'b'], ['a', 'B!'], known), null);
  assert.match(judge(['a', 'b'], ['a', 'C'], known), /in another way/);
  assert.match(judge(['a', 'b'], ['a', 'B', 'C'], known), /in another way/);
});

test('a listed difference that has disappeared fails', () => {
  assert.match(judge(['a', 'b'], ['a', 'b'], known), /has disappeared/);
});

test('a script that breaks on both sides alike fails', () => {
  assert.match(judge(['the script hangs'], ['the script hangs']), /broke/);
});

test('a diff keeps the order of both traces', () => {
  const rows = diff(['a', 'b', 'c'], ['a', 'x', 'c', 'd']);
  assert.deepStrictEqual(
    rows.map(({ sign, line }) => sign + line),
    [' a', '-b', '+x', ' c', '+d']
  );
});

test('the clock fires timers in order of time, then of making, and only as time is moved', async () => {
  const clock = new Clock();
  const original = { setTimeout, setInterval, clearTimeout, clearInterval };
  const now = Object.getOwnPropertyDescriptor(performance, 'now');
  const fired = [];
  clock.install();
  try {
    setTimeout((word) => fired.push(word), 20, 'late');
    setTimeout(() => fired.push('early'), 10);
    const never = setTimeout(() => fired.push('never'), 15);
    const beat = setInterval(() => fired.push('beat'), 10);
    clearTimeout(never);
    await clock.advance(9, async () => {});
    assert.deepStrictEqual(fired, []);
    await clock.advance(11, async () => {});
    clearInterval(beat);
    await clock.advance(100, async () => {});
  } finally {
    Object.assign(globalThis, original);
    Object.assign(require('timers'), original);
    if (now) Object.defineProperty(performance, 'now', now);
    else delete performance.now;
  }
  assert.deepStrictEqual(fired, ['early', 'beat', 'late', 'beat']);
  assert.strictEqual(clock.pending(), 0);
});

test('a frame reads as it was built, masked or not, at every length form', () => {
  for (const form of [7, 16, 64]) {
    for (const mask of [null, wire.MASK]) {
      const bytes = wire.frame({ opcode: 2, payload: 'payload', form, mask });
      const read = wire.readFrame(bytes);
      assert.strictEqual(read.payload.toString(), 'payload');
      assert.strictEqual(read.masked, mask !== null);
      assert.strictEqual(read.size, bytes.length);
      for (let cut = 0; cut < bytes.length; cut++)
        assert.strictEqual(wire.readFrame(bytes.subarray(0, cut)), null);
    }
  }
});

test('values that differ are printed differently', () => {
  const values = [
    '1',
    1,
    true,
    'true',
    null,
    'null',
    undefined,
    [],
    '',
    {},
    Buffer.from('1'),
    Buffer.from([0x31, 0])
  ];
  values.push('x'.repeat(1000), 'x'.repeat(1001), Buffer.alloc(1000), Buffer.alloc(1001));
  const printed = values.map(format);
  assert.strictEqual(new Set(printed).size, values.length);
});

test('a worker that dies is reported, and the next script runs on another', async () => {
  const reference = new Implementation('reference');
  const name = 'server-handshake: answers 101 and opens, without protocol or extension';
  try {
    const first = await reference.run(name);
    const dying = reference.run(name);
    dying.catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    reference.child.kill('SIGKILL');
    await assert.rejects(dying, /died during/);
    assert.deepStrictEqual(await reference.run(name), first);
  } finally {
    reference.stop();
  }
});

test('a worker that is stuck in one call is ended and reported', async () => {
  const stuck = new Implementation(path.join(__dirname, '..', '..', 'testing', 'parity', 'stuck.js'), {
    stuckSeconds: 1
  });
  const name = 'server-handshake: answers 101 and opens, without protocol or extension';
  await assert.rejects(stuck.run(name), /stuck/);
  assert.strictEqual(stuck.child, null);
});
