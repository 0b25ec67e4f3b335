'use strict';

/**
 * Compares two descriptions and judges what differs by the list of known differences (`differences.js`).
 *
 * Where a property stands in a line that lists several (`has in order`, `enumerates`), what only one side has is a
 * difference of its own, at the property's path; the line itself speaks of the order of the others.
 */

const LISTS = /^(.*) (has in order|enumerates)$/;

/**
 * @param {Map<string, string>} reference
 * @param {Map<string, string>} ours
 * @returns {{path: string, reference: string, ours: string}[]} an empty string where one side has nothing
 */
function differencesOf(reference, ours) {
  const found = [];
  for (const path of new Set([...reference.keys(), ...ours.keys()])) {
    const a = reference.get(path);
    const b = ours.get(path);
    if (a === b) continue;
    if (a === undefined || b === undefined || !LISTS.test(path)) {
      found.push({ path, reference: a || '', ours: b || '' });
    } else {
      found.push(...ofLists(path, a.split(' '), b.split(' ')));
    }
  }
  return found.filter(({ path }, i) => !isBelow(path, found, i));
}

/** The order of what both have, and for an enumeration what only one enumerates although both have it. */
function ofLists(path, a, b) {
  const found = [];
  const [, owner, kind] = LISTS.exec(path);
  const common = (list, other) => list.filter((name) => other.includes(name)).join(' ');
  if (common(a, b) !== common(b, a)) found.push({ path, reference: common(a, b), ours: common(b, a) });
  if (kind === 'has in order') return found;
  for (const name of a)
    if (!b.includes(name)) found.push({ path: `${owner} ${kind} ${name}`, reference: 'yes', ours: '' });
  for (const name of b)
    if (!a.includes(name)) found.push({ path: `${owner} ${kind} ${name}`, reference: '', ours: 'yes' });
  return found;
}

/** Whether a path is below one at which only one side has anything. */
function isBelow(path, found, i) {
  return found.some(
    (other, j) =>
      j !== i &&
      (other.reference === '' || other.ours === '') &&
      !LISTS.test(other.path) &&
      (path.startsWith(`${other.path}.`) || path.startsWith(`${other.path} `))
  );
}

const fits = (expected, text) => (expected instanceof RegExp ? expected.test(text) : expected === text);

/**
 * @param {{path: string, reference: string, ours: string}[]} differences
 * @param {object[]} known
 * @returns {string[]} differences that are not listed, and listed ones that have disappeared
 */
function faultsOf(differences, known) {
  const used = new Set();
  const faults = [];
  for (const { path, reference, ours } of differences) {
    const entry = known.find(
      (one) => fits(one.path, path) && fits(one.reference, reference) && fits(one.ours, ours)
    );
    if (entry) used.add(entry);
    else faults.push(`${path}\n  reference: ${reference || 'nothing'}\n  ours:      ${ours || 'nothing'}`);
  }
  for (const entry of known)
    if (!used.has(entry)) faults.push(`a listed difference has disappeared: ${entry.path} (${entry.reason})`);
  return faults;
}

module.exports = { differencesOf, faultsOf };
