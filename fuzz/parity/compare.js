'use strict';

/** Compares two records of a case, and asks a list of known differences (`known.js`) about the first one. */

const { diff, render } = require('../../testing/parity/compare');

/** The lines of a step. */
const linesOf = (step) => [...step.events, ...step.written.map((line) => `wire: ${line}`)];

/**
 * Judges a case. After a known difference nothing more is compared: the two are not in the same state any more.
 *
 * @returns {{kind: 'equal'|'known'|'different', reason?: string}}
 */
function compare(one, reference, native, known) {
  for (let i = 0; i < reference.length; i++) {
    const [a, b] = [linesOf(reference[i]), linesOf(native[i])];
    if (a.join('\n') === b.join('\n')) continue;
    const rows = diff(a, b);
    const removed = rows.filter(({ sign }) => sign === '-').map(({ line }) => line);
    const added = rows.filter(({ sign }) => sign === '+').map(({ line }) => line);
    const scene = { one, step: i, reference, native, removed, added };
    const entry = known.find(({ explains }) => explains(scene));
    return entry ? { kind: 'known', reason: entry.reason } : { kind: 'different' };
  }
  return { kind: 'equal' };
}

/** The record of both, for people. Step 0 is the opening. */
function describe(reference, native) {
  return reference
    .map((step, i) => `-- step ${i}\n${render(diff(linesOf(step), linesOf(native[i])))}`)
    .join('\n');
}

module.exports = { compare, describe };
