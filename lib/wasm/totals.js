'use strict';

/** What compression has done, in all instances: also in those that have gone. */

/** @typedef {import('./instances').Instance} Instance */
/** @typedef {import('../native').CompressionTotals} CompressionTotals */

const SIZE_OF_NUMBER = 8;

/** @type {CompressionTotals} of instances that have gone */
const past = [0, 0, 0, 0];

/**
 * Adds what an instance has done to numbers.
 *
 * @param {Instance} instance
 * @param {CompressionTotals} sum
 */
function add(instance, sum) {
  const place = instance.call('compression_totals');
  for (let i = 0; i < sum.length; i++) sum[i] += instance.bytes.readDoubleLE(place + i * SIZE_OF_NUMBER);
}

/** An instance goes. @param {Instance} instance */
function keep(instance) {
  add(instance, past);
}

/**
 * What those that there are have done, and those that have gone.
 *
 * @param {Instance[]} instances
 * @returns {CompressionTotals}
 */
function total(instances) {
  /** @type {CompressionTotals} */
  const sum = [...past];
  for (const instance of instances) add(instance, sum);
  return sum;
}

module.exports = { keep, total };
