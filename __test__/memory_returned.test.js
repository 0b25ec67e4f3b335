'use strict';

// Memory that large messages have left behind goes back to the system: a little at a time, and what the C library's heap has
// at most once a minute, however often a peer sends something large and stops.

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { describe, test } = require('node:test');
const nodeTimers = require('node:timers');

const native = require('../lib/native');
const { collected, hasTrim } = require('../testing/peers/returned');

const MIB = 1 << 20;
const PEER = path.join(__dirname, '../testing/peers/returning.js');

describe('the heap', { skip: !hasTrim && 'the allocator gives back what is free by itself' }, () => {
  for (const [size, count] of [
    [MIB, 400],
    [100_000, 4000]
  ]) {
    test(`gives back what ${count} Buffers of ${size} bytes have left, in steps, and touches no other`, async () => {
      native.keep();
      const neighbours = [];
      const large = [];
      for (let i = 0; i < count; i++) {
        large.push(Buffer.allocUnsafeSlow(size).fill(1));
        neighbours.push(Buffer.allocUnsafeSlow(3000).fill(i % 251));
      }
      const full = process.memoryUsage.rss();
      await collected(large);

      const { steps, largest } = giveBack();
      const amount = size * count;
      const returned = full - process.memoryUsage.rss();
      assert.ok(returned > amount / 2, `${returned} of ${amount} bytes went back`);
      assert.ok(steps >= 5, `${steps} steps`);
      assert.ok(largest < returned / 2, `a step gave ${largest} of ${returned} bytes back`);
      neighbours.forEach((bytes, i) => assert.ok(bytes.every((byte) => byte === i % 251)));
    });
  }

  test('of a thread is not searched without end where all of its memory seems to be in use', () => {
    // Each block that glibc allocates is written over, as if the system said of all memory that it is there.
    const env = { ...process.env, MALLOC_PERTURB_: '165' };
    const output = execFileSync(process.execPath, [PEER, 'thread'], { env, timeout: 60_000 });
    assert.match(String(output), /^\d+ steps\n$/);
  });

  for (const limit of ['v', 'd']) {
    test(`keeps its free memory for who allocates meanwhile, where it may not grow at will (ulimit -${limit})`, () => {
      // Far more than the process takes.
      const limited = `ulimit -${limit} ${1 << 30} && exec "$0" "$1"`;
      assert.strictEqual(String(execFileSync('sh', ['-c', limited, process.execPath, PEER])), '0 steps\n');
    });
  }

  test('is used again at once when large messages pass once more', async () => {
    native.keep();
    const large = Array.from({ length: 200 }, () => Buffer.allocUnsafeSlow(MIB).fill(1));
    await collected(large);
    native.trim(1);
    native.trimSome();
    native.keep();
    while (native.trimSome() === 1);
    const again = Array.from({ length: 200 }, (_, i) => Buffer.allocUnsafeSlow(MIB).fill(i % 251));
    again.forEach((bytes, i) => assert.ok(bytes.equals(Buffer.alloc(MIB, i % 251))));
  });
});

/** Has the heap give back what is free; how many steps that took, and how many bytes one of them gave back at most. */
function giveBack() {
  let [steps, largest] = [0, 0];
  const counted = (call) => {
    const before = process.memoryUsage.rss();
    const result = call();
    largest = Math.max(largest, before - process.memoryUsage.rss());
    return result;
  };
  counted(() => native.trim(1));
  while (counted(() => native.trimSome()) === 1) steps++;
  return { steps, largest };
}

describe('what is kept', () => {
  /** Runs `lib/transport/memory.js` with time of our own; what it asked the native side for, by the second. */
  function watched(t) {
    const timers = new Set();
    let now = 0;
    const add = (every) => (call, delay) => {
      const timer = { call, at: now + delay, every: every ? delay : 0, unref: () => timer };
      timers.add(timer);
      return timer;
    };
    const calls = [];
    const spies = {
      keep: () => {},
      trim: (heap) => void calls.push({ second: now / 1000, heap }),
      trimSome: () => 0
    };
    const file = require.resolve('../lib/transport/memory');
    const cached = require.cache[file];
    const { setTimeout, setInterval, clearInterval } = nodeTimers;
    const before = { setTimeout, setInterval, clearInterval };
    const clock = Object.getOwnPropertyDescriptor(performance, 'now');
    Object.defineProperty(performance, 'now', { configurable: true, value: () => now });
    Object.assign(nodeTimers, {
      setTimeout: add(false),
      setInterval: add(true),
      clearInterval: (timer) => timers.delete(timer)
    });
    const originals = Object.fromEntries(Object.keys(spies).map((name) => [name, native[name]]));
    Object.assign(native, spies);
    delete require.cache[file];
    const memory = require(file);
    t.after(() => {
      Object.assign(nodeTimers, before);
      Object.assign(native, originals);
      if (clock) Object.defineProperty(performance, 'now', clock);
      else delete performance.now;
      require.cache[file] = cached;
    });
    /** Lets a second pass. */
    const tick = () => {
      now += 1000;
      for (const timer of [...timers]) {
        if (!timers.has(timer) || timer.at > now) continue;
        if (timer.every) timer.at += timer.every;
        else timers.delete(timer);
        timer.call();
      }
    };
    return { memory, calls, tick, timers };
  }

  test('goes back after a second in which nobody used it, and the heap at most once a minute', (t) => {
    const { memory, calls, tick, timers } = watched(t);
    // A peer that sends something large every third second.
    for (let second = 0; second < 300; second++) {
      if (second % 3 === 0) memory.touch();
      tick();
    }
    const heaps = calls.filter(({ heap }) => heap !== 0).map(({ second }) => second);
    assert.ok(heaps.length >= 4 && heaps.length <= 5, `at ${heaps}`);
    heaps.slice(1).forEach((second, i) => assert.ok(second - heaps[i] >= 60, `at ${heaps}`));
    // What is ours does not wait for the heap.
    assert.ok(calls.length > 50, `${calls.length} calls`);

    for (let second = 0; second < 130; second++) tick();
    const { length } = calls;
    for (let second = 0; second < 130; second++) tick();
    assert.strictEqual(calls.length, length, 'it rests');
    assert.strictEqual(timers.size, 0);
  });

  test('stays while messages pass without a break', (t) => {
    const { memory, calls, tick } = watched(t);
    for (let second = 0; second < 100; second++) {
      memory.touch();
      tick();
    }
    assert.deepStrictEqual(calls, []);
  });
});
