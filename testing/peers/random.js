'use strict';

/** Random numbers that a seed determines, so that a failure can be repeated. */

/**
 * A source of numbers: `roll(n)` is an integer from 0 to n - 1, `roll.bytes(n)` a Buffer.
 *
 * @param {number} seed
 * @returns {function(number): number}
 */
function random(seed) {
  // Weyl sequence through a 32-bit mixer (multiply, xor, shift), as in SplitMix.
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  const roll = (count) => next() % count;
  roll.bytes = (count) => Buffer.from(Array.from({ length: count }, () => next() & 0xff));
  return roll;
}

module.exports = { random };
