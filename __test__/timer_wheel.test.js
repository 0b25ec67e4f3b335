'use strict';

// The timer wheel with a clock that the test moves, and the one timer of Node's that moves it for all connections.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { after, before, describe, test } = require('node:test');

const { Entry, TimerWheel } = require('../lib/transport/timer_wheel');
const timers = require('../lib/transport/timers');
const { moveTime } = require('../testing/peers/moved_time');
const { random } = require('../testing/peers/random');

/** Takes all that is due; the times at which it was to be. */
function taken(wheel) {
  const times = [];
  for (let entry = wheel.take(); entry !== null; entry = wheel.take()) times.push(entry.at);
  return times;
}

/** A wheel that begins at `now` with entries at the times given. */
function wheelOf(now, ...times) {
  const wheel = new TimerWheel(now);
  const entries = times.map((at) => {
    const entry = new Entry();
    wheel.add(entry, at);
    return entry;
  });
  return { wheel, entries };
}

describe('a wheel', () => {
  test('gives nothing before its time, and each entry at its own', () => {
    const { wheel } = wheelOf(0, 1, 63, 64, 65, 4095, 4096, 262144, 2 ** 31);
    for (const at of [1, 63, 64, 65, 4095, 4096, 262144, 2 ** 31]) {
      wheel.advance(at - 1);
      assert.deepStrictEqual(taken(wheel), [], `before ${at}`);
      wheel.advance(at);
      assert.deepStrictEqual(taken(wheel), [at]);
    }
    assert.strictEqual(wheel.size, 0);
    assert.strictEqual(wheel.deadline(), Infinity);
  });

  test('gives what has fallen due in one leap in the order of the times', () => {
    const { wheel } = wheelOf(1000, 70000, 1001, 5000, 1064, 300000);
    wheel.advance(10 ** 9);
    assert.deepStrictEqual(taken(wheel), [1001, 1064, 5000, 70000, 300000]);
  });

  test('gives an entry whose time had passed when it was added', () => {
    const { wheel } = wheelOf(500, 400, 500);
    wheel.advance(501);
    assert.deepStrictEqual(taken(wheel), [400, 500]);
  });

  test('says when it has to be advanced: to the millisecond for a few entries, and never too late', () => {
    const { wheel, entries } = wheelOf(0, 30000, 29999);
    assert.strictEqual(wheel.deadline(), 29999);
    wheel.remove(entries[1]);
    assert.strictEqual(wheel.deadline(), 30000);
    for (let i = 0; i < 100; i++) wheel.add(new Entry(), 29000 + i);
    assert.ok(wheel.deadline() <= 29000 && wheel.deadline() > 0);
  });

  test('forgets an entry that is removed, also one that is due, and bears that it is removed again', () => {
    const { wheel, entries } = wheelOf(0, 10, 10, 20);
    wheel.advance(10);
    assert.ok(entries.every((entry) => entry.isWaiting));
    wheel.remove(entries[0]);
    wheel.remove(entries[0]);
    wheel.remove(entries[2]);
    wheel.advance(100);
    assert.deepStrictEqual(taken(wheel), [10]);
    assert.strictEqual(wheel.size, 0);
  });

  test('takes an entry again that it has given', () => {
    const { wheel, entries } = wheelOf(0, 10);
    wheel.advance(10);
    assert.strictEqual(wheel.take(), entries[0]);
    wheel.add(entries[0], 15);
    wheel.advance(14);
    assert.strictEqual(wheel.take(), null);
    wheel.advance(15);
    assert.strictEqual(wheel.take(), entries[0]);
  });

  for (const seed of [1, 2, 3, 4, 5]) {
    test(`agrees with a sorted list (seed ${seed})`, () => {
      const below = random(seed);
      const wheel = new TimerWheel(below(10 ** 6));
      let now = wheel._now;
      const model = new Set();
      for (let round = 0; round < 3000; round++) {
        const entry = new Entry();
        const delay = 1 + below(2 ** (1 + below(30)));
        wheel.add(entry, now + delay);
        model.add(entry);
        if (below(3) === 0) {
          const removed = [...model][below(model.size)];
          model.delete(removed);
          wheel.remove(removed);
        }
        const first = Math.min(...[...model].map(({ at }) => at));
        if (first > now) assert.ok(wheel.deadline() <= first, 'the deadline is too late');
        now += below(2 ** (1 + below(20)));
        const expected = [...model].filter(({ at }) => at <= now).length;
        wheel.advance(now);
        let found = 0;
        for (let due = wheel.take(); due !== null; due = wheel.take()) {
          assert.ok(due.at <= now && model.delete(due), 'an entry came early, or twice');
          found++;
        }
        assert.strictEqual(found, expected);
        assert.strictEqual(wheel.size, model.size);
      }
    });
  }
});

describe('the timers of this thread', () => {
  // They keep no process alive.
  let alive;
  before(() => (alive = setInterval(() => {}, 1000)));
  after(() => clearInterval(alive));

  test('fire in the order of their times, and not when they were cancelled', async () => {
    const fired = [];
    const last = new Promise((resolve) => timers.after(() => resolve(fired.push('last')), 30));
    const cancelled = timers.after(() => fired.push('cancelled'), 20);
    timers.after(() => fired.push('first'), 10);
    timers.cancel(cancelled);
    timers.cancel(null);
    await last;
    assert.deepStrictEqual(fired, ['first', 'last']);
  });

  test('fire again and again', async () => {
    const beat = await new Promise((resolve) => {
      let count = 0;
      const timer = timers.every(() => {
        if (++count === 3) resolve(timer);
      }, 5);
    });
    assert.strictEqual(beat.isWaiting, true);
    timers.cancel(beat);
    assert.strictEqual(beat.isWaiting, false);
  });

  test('follow timers that a test has put in the place of the process’s', (t) => {
    const fired = [];
    timers.after(() => fired.push('real'), 60_000);
    const advance = moveTime(t);
    const timer = timers.after(() => fired.push('mocked'), 30_000);
    advance(30_000);
    assert.deepStrictEqual(fired, ['mocked']);
    timers.cancel(timer);
  });

  /** What a process prints that does `code`. */
  function run(code) {
    const program = `const timers = require(${JSON.stringify(require.resolve('../lib/transport/timers'))});${code}`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
    assert.strictEqual(status, 0, stderr);
    return stdout.trim();
  }

  test('run what one has put off to the next tick before the next one, and outlive one that throws', () => {
    const code = `const seen = [];
      process.on('uncaughtException', ({ message }) => seen.push(message));
      for (const name of ['a', 'b']) {
        timers.after(() => {
          seen.push(name);
          process.nextTick(() => seen.push(name + ' in a tick'));
          if (name === 'a') throw new Error('thrown');
        }, 10);
      }
      // The exception comes at any time. The timers alone keep no process alive.
      const alive = setInterval(() => {
        if (seen.length < 5) return;
        clearInterval(alive);
        console.log(seen.filter((each) => each !== 'thrown').join(), seen.includes('thrown'));
      }, 1);`;
    assert.strictEqual(run(code), 'a,a in a tick,b,b in a tick true');
  });

  test('keep no process alive, and are one timer of Node’s', () => {
    const code = `for (let i = 0; i < 1000; i++) timers.after(() => console.log('never'), 60000 + i);
      console.log(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length);`;
    assert.ok(Number(run(code)) <= 1);
  });

  test('cost a process with 100,000 of them no more than four times as much as Node’s', () => {
    // Each looks every second, as of an idleTimeout of 4 s.
    const code = `let looks = 0;
      const measure = (make) => new Promise((resolve) => {
        for (let i = 0; i < 100000; i++) make();
        const before = process.cpuUsage();
        setTimeout(() => {
          const { user, system } = process.cpuUsage(before);
          resolve(user + system);
        }, 1500);
      });
      const ours = () => {
        let wanted = true;
        const timer = timers.after(() => {
          looks++;
          if (wanted) timers.again(timer, 1000, 62);
          wanted = false;
          return false;
        }, 1000, 62);
      };
      const nodes = () => setTimeout(() => {}, 1000).unref();
      measure(ours).then(async (own) => console.log(looks, own / (await measure(nodes))));`;
    const [looks, ratio] = run(code).split(' ').map(Number);
    assert.ok(looks >= 100_000, `${looks} looks`);
    assert.ok(ratio < 4, `${ratio} of Node’s`);
  });
});
