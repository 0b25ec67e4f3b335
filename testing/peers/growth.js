'use strict';

/** Whether work takes time by the size of what it is done on, told by the processor's clock and not by the wall's. */

const assert = require('node:assert');

/** How much larger the large size is than the small one. */
const FACTOR = 16;

/** Milliseconds of the processor for `times` calls of `work`, the least of five rounds. */
function least(work, times) {
  let milliseconds = Infinity;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < times; i++) work();
    const { user, system } = process.cpuUsage(before);
    milliseconds = Math.min(milliseconds, (user + system) / 1000);
  }
  return milliseconds;
}

/**
 * Fails if work grows with the square of a size: by 16 times the size it may take 64 times as long, not 256 times.
 *
 * @param {function(number): function(): void} prepare makes the work on something of that size
 * @param {number} size
 */
function assertLinear(prepare, size) {
  const [small, large] = [prepare(size), prepare(FACTOR * size)];
  let times = 1;
  while (least(small, times) < 1) times *= 4;
  const grown = least(large, times) / least(small, times);
  assert.ok(grown < FACTOR * 4, `${FACTOR} times the size takes ${grown.toFixed(0)} times as long`);
}

module.exports = { assertLinear };
