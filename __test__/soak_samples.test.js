'use strict';

/** What the soak calls growth. */

const test = require('node:test');
const assert = require('node:assert');

const { growth } = require('../soak/samples');

const MEGABYTE = 1 << 20;

/** Forty samples: of each of them, `rss` gives the megabytes and `descriptors` the number. */
function samples(rss, descriptors = () => 80) {
  return Array.from({ length: 40 }, (_, i) => ({ rss: rss(i) * MEGABYTE, descriptors: descriptors(i) }));
}

test('memory that grows all the time is growth', () => {
  assert.deepEqual(growth(samples((i) => 100 + 3 * i)), ['RSS grew from 157 MB to 211 MB']);
});

test('memory that grows slower and slower, and does not stop, is growth', () => {
  assert.equal(growth(samples((i) => 30 * Math.sqrt(i))).length, 1);
});

test('an arena that the allocator takes once is no growth, whenever it comes', () => {
  for (let when = 0; when < 40; when++) {
    assert.deepEqual(growth(samples((i) => (i < when ? 134 : 162) + (i % 2))), [], `at sample ${when}`);
  }
});

test('memory that goes up and down is no growth', () => {
  assert.deepEqual(growth(samples((i) => 130 + 40 * (i % 8 < 4 ? 0 : 1))), []);
});

test('descriptors that grow are growth', () => {
  const grown = growth(
    samples(
      () => 100,
      (i) => 50 + 5 * i
    )
  );
  assert.match(grown[0], /^descriptors grew from \d+ to \d+$/);
});
