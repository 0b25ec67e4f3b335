'use strict';

/** Messages and parameters for tests of compression: some messages repeat themselves, some are noise, some are empty. */

const assert = require('node:assert');

const { random } = require('./peers/random');

/** A generator of numbers from 0 to 1, the same for the same seed. */
function fractions(seed) {
  const roll = random(seed);
  return () => roll(2 ** 32) / 2 ** 32;
}

/** A size whose logarithm is even, from 0 to `most`. */
function size(next, most) {
  return Math.floor(2 ** (next() * Math.log2(most + 1))) - 1;
}

/** A JSON text of about `length` characters. */
function json(next, length) {
  const items = [];
  for (let written = 0; written < length; written += 60) {
    items.push({ id: Math.floor(next() * 1000), name: `naïve ${items.length % 7}`, ok: next() < 0.5 });
  }
  return JSON.stringify(items).slice(0, length);
}

function noise(next, length) {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = next() * 256;
  return bytes;
}

/**
 * Messages of 0 bytes to `most`, the same for the same seed.
 *
 * @param {number} seed
 * @param {number} count
 * @param {number} [most]
 * @returns {Array<string|Buffer>}
 */
function mostlyJson(seed, count, most = 100000) {
  const next = fractions(seed + 1);
  return Array.from({ length: count }, () => {
    const kind = next();
    const length = size(next, most);
    if (kind < 0.6) return json(next, length);
    if (kind < 0.8) return Buffer.from(json(next, length));
    return noise(next, length);
  });
}

/** Whether a message came as it was sent. */
function sameMessage(actual, expected, i) {
  assert.strictEqual(typeof actual, typeof expected, `the type of message ${i}`);
  const same = typeof expected === 'string' ? actual === expected : expected.equals(actual);
  assert.ok(same, `message ${i} of ${expected.length}`);
}

/** 24 sets of parameters for our side. */
function parameterSets() {
  const sets = [];
  for (const noContextTakeover of [false, true]) {
    for (const requestNoContextTakeover of [false, true]) {
      for (const bits of [undefined, 9, 12]) {
        for (const more of [{}, { level: 1, memLevel: 1, threshold: 200 }]) {
          const windows = { maxWindowBits: bits, requestMaxWindowBits: bits };
          sets.push({ noContextTakeover, requestNoContextTakeover, ...windows, ...more });
        }
      }
    }
  }
  return sets;
}

module.exports = { mostlyJson, parameterSets, sameMessage };
