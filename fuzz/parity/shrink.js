'use strict';

/** Makes a case smaller while it still shows its difference: fewer steps, fewer operations, fewer bytes. */

/** How many smaller cases are tried at most. */
const MOST = 1500;

/** All cases that are a little smaller than `one`, the much smaller ones first. */
function* smaller(one) {
  const { steps, early } = one;
  for (let size = steps.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= steps.length; at += size) {
      yield { ...one, steps: [...steps.slice(0, at), ...steps.slice(at + size)] };
    }
  }
  if (early.length > 0) yield { ...one, early: early.slice(1) };
  if (early.length > 0) yield { ...one, early: early.slice(0, -1) };
  if (one.handler !== 'none') yield { ...one, handler: 'none' };
  if (one.maxLength !== undefined) yield { ...one, maxLength: undefined };
  const withStep = (at, step) => ({ ...one, steps: steps.map((old, i) => (i === at ? step : old)) });
  for (let i = 0; i < steps.length; i++) {
    for (let j = 0; steps[i].length > 1 && j < steps[i].length; j++) {
      yield withStep(
        i,
        steps[i].filter((_, k) => k !== j)
      );
    }
    if (i + 1 < steps.length) {
      const joined = [...steps[i], ...steps[i + 1]];
      yield { ...one, steps: [...steps.slice(0, i), joinFeeds(joined), ...steps.slice(i + 2)] };
    }
    for (let j = 0; j < steps[i].length; j++) {
      const { feed } = steps[i][j];
      if (feed === undefined) continue;
      for (const less of smallerHex(feed)) {
        yield withStep(
          i,
          steps[i].map((operation, k) => (k === j ? { feed: less } : operation))
        );
      }
    }
  }
}

/** Neighbouring feeds become one. */
function joinFeeds(step) {
  const joined = [];
  for (const operation of step) {
    const last = joined[joined.length - 1];
    if (last && last.feed !== undefined && operation.feed !== undefined) {
      joined[joined.length - 1] = { feed: last.feed + operation.feed };
    } else joined.push(operation);
  }
  return joined;
}

/** Bytes with some left out. */
function* smallerHex(hex) {
  const length = hex.length / 2;
  for (let size = length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= length; at += size) {
      yield hex.slice(0, at * 2) + hex.slice((at + size) * 2);
    }
  }
}

/**
 * The smallest case found that `shows` is true for.
 *
 * @param {object} one
 * @param {function(object): Promise<boolean>} shows
 */
async function shrink(one, shows) {
  let best = one;
  let tries = 0;
  for (let found = true; found && tries < MOST;) {
    found = false;
    for (const next of smaller(best)) {
      if (++tries > MOST) break;
      if (!(await shows(next))) continue;
      best = next;
      found = true;
      break;
    }
  }
  return best;
}

module.exports = { shrink };
