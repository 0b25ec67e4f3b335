'use strict';

/** Figures of a server over time, and whether they grow. */

const MEGABYTE = 1 << 20;
/** What RSS may differ by between the first and the last quarter of the time after warming up. */
const RSS_SLACK = 24 * MEGABYTE;
const RSS_RATIO = 1.15;
/**
 * A leak grows from each quarter to the next, by a third of the whole if it is steady. An allocator that takes another
 * arena once does not: less than this part of the whole from one quarter to the next is no leak.
 */
const LEAST_STEP = 0.1;
/** The part of the samples that counts as warming up. */
const WARMING = 0.4;

/** The middle of some numbers. */
function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

/** Samples after warming up, in quarters. */
function quarters(samples) {
  const warm = samples.slice(Math.floor(samples.length * WARMING));
  const size = Math.ceil(warm.length / 4);
  return [0, 1, 2, 3].map((i) => warm.slice(i * size, (i + 1) * size)).filter((part) => part.length > 0);
}

/**
 * What has grown, as sentences.
 *
 * @param {{rss: number, descriptors: number}[]} samples
 * @returns {string[]}
 */
function growth(samples) {
  const parts = quarters(samples);
  if (parts.length < 4) return [];
  const rss = parts.map((part) => median(part.map((sample) => sample.rss)));
  const descriptors = parts.map((part) => median(part.map((sample) => sample.descriptors)));
  const faults = [];
  const [first, last] = [rss[0], rss[3]];
  const steps = [1, 2, 3].map((i) => rss[i] - rss[i - 1]);
  const steady = Math.min(...steps) >= (last - first) * LEAST_STEP;
  if (steady && last > Math.max(first * RSS_RATIO, first + RSS_SLACK)) {
    faults.push(`RSS grew from ${Math.round(first / MEGABYTE)} MB to ${Math.round(last / MEGABYTE)} MB`);
  }
  if (descriptors[3] > descriptors[0] * 1.5 + 10) {
    faults.push(`descriptors grew from ${descriptors[0]} to ${descriptors[3]}`);
  }
  return faults;
}

/**
 * The quarters as lines for people.
 *
 * @param {object[]} samples
 * @returns {string}
 */
function table(samples) {
  const line = (part, i) => {
    const of = (key) => median(part.map((sample) => sample[key]));
    const rss = (of('rss') / MEGABYTE).toFixed(1);
    const heap = (of('heap') / MEGABYTE).toFixed(1);
    return `  quarter ${i + 1}: RSS ${rss} MB, heap ${heap} MB, ${of('descriptors')} descriptors, ${of('sessions')} sessions`;
  };
  return quarters(samples).map(line).join('\n');
}

module.exports = { growth, median, table };
