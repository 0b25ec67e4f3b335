'use strict';

/**
 * Time that a test moves, for the timers of connections. Only functions that anybody can replace are replaced, so
 * Node's own timers and those of `timers/promises` go on as ever.
 */

/**
 * Stops the time of `setTimeout` and of `performance.now` until the end of a test.
 *
 * @param {import('node:test').TestContext} t
 * @returns {function(number): void} lets so many milliseconds pass, and fires what falls due meanwhile, in order
 */
function moveTime(t) {
  const original = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  const waiting = new Set();
  let now = 0;
  const own = Object.getOwnPropertyDescriptor(performance, 'now');
  // On a slow machine a connection would find that its process has stood still, and look once more before it ends anything.
  const begin = performance.now();
  // On Node.js 18 it cannot be assigned to.
  Object.defineProperty(performance, 'now', { configurable: true, value: () => begin + now });
  globalThis.setTimeout = (callback, delay, ...rest) => {
    const timer = {
      at: now + Math.max(1, delay || 1),
      fire: () => callback(...rest),
      ref: () => timer,
      unref: () => timer
    };
    waiting.add(timer);
    return timer;
  };
  globalThis.clearTimeout = (timer) => {
    if (!waiting.delete(timer)) original.clearTimeout(timer);
  };
  t.after(() => {
    Object.assign(globalThis, original);
    if (own) Object.defineProperty(performance, 'now', own);
    else delete performance.now;
  });
  return (milliseconds) => {
    const end = now + milliseconds;
    for (;;) {
      const [next] = [...waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      now = next.at;
      waiting.delete(next);
      next.fire();
    }
    now = end;
  };
}

/**
 * Waits until something is so.
 *
 * @param {function(): boolean} condition
 * @returns {Promise<void>}
 * @throws {Error} if it is not for very long
 */
async function until(condition) {
  const end = process.uptime() + 30;
  while (!condition()) {
    await new Promise((resolve) => setImmediate(resolve));
    if (process.uptime() > end) throw new Error(`it does not happen: ${condition}`);
  }
}

module.exports = { moveTime, until };
