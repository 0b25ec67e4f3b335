'use strict';

/**
 * A clock that only moves when a script says so.
 *
 * It replaces the global timer functions, those of `require('timers')`, and `performance.now`, before the implementation
 * under test is loaded, so both implementations live in the same time. Node's own sockets and servers keep real timers:
 * they use functions inside Node that nobody can replace. `setImmediate` and `nextTick` are left alone.
 */

const timers = require('timers');

const real = {
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  clearTimeout: globalThis.clearTimeout,
  clearInterval: globalThis.clearInterval
};

/** A timer of the false clock, with the methods that callers use on Node's own. */
class Timer {
  constructor(clock, callback, delay, args, repeats) {
    this.clock = clock;
    this.callback = callback;
    this.delay = Math.max(1, Number(delay) || 1);
    this.args = args;
    this.repeats = repeats;
    this.due = clock.now + this.delay;
    this.order = clock.order++;
    this.referenced = true;
  }

  ref() {
    this.referenced = true;
    return this;
  }

  unref() {
    this.referenced = false;
    return this;
  }

  hasRef() {
    return this.referenced;
  }

  refresh() {
    this.due = this.clock.now + this.delay;
    return this;
  }

  close() {
    this.clock.clear(this);
    return this;
  }

  [Symbol.toPrimitive]() {
    return this.order;
  }
}

/** Virtual time in milliseconds and the timers that wait for it. */
class Clock {
  constructor() {
    this.order = 1;
    this.reset();
  }

  /** Forgets all timers and starts again at zero. */
  reset() {
    this.now = 0;
    this.waiting = [];
  }

  /** Puts this clock in the place of the global timer functions. */
  install() {
    const add =
      (repeats) =>
      (callback, delay, ...args) => {
        const timer = new Timer(this, callback, delay, args, repeats);
        this.waiting.push(timer);
        return timer;
      };
    const clear = (original) => (timer) => (timer instanceof Timer ? this.clear(timer) : original(timer));
    const replacements = {
      setTimeout: add(false),
      setInterval: add(true),
      clearTimeout: clear(real.clearTimeout),
      clearInterval: clear(real.clearInterval)
    };
    Object.assign(globalThis, replacements);
    Object.assign(timers, replacements);
    // On Node.js 18 it cannot be assigned to.
    Object.defineProperty(performance, 'now', { configurable: true, value: () => this.now });
  }

  /** Removes one timer. */
  clear(timer) {
    this.waiting = this.waiting.filter((other) => other !== timer);
  }

  /** How many timers are waiting. */
  pending() {
    return this.waiting.length;
  }

  /**
   * Moves time on by `ms`, firing what falls due, in order.
   * `between` is awaited after each timer, as Node drains ticks and promises between two timers.
   */
  async advance(ms, between, onThrow) {
    const end = this.now + ms;
    for (;;) {
      const due = this.waiting.filter((timer) => timer.due <= end);
      due.sort((a, b) => a.due - b.due || a.order - b.order);
      const next = due[0];
      if (!next) break;
      this.now = next.due;
      if (next.repeats) next.due += next.delay;
      else this.clear(next);
      try {
        next.callback(...next.args);
      } catch (error) {
        onThrow(error);
      }
      await between();
    }
    this.now = end;
  }
}

module.exports = { Clock, real };
