'use strict';

/** Looks up the list of known differences, and checks that the list makes sense. */

const differences = require('../differences');

/** The entry for a script, or undefined. */
function knownFor(name) {
  return differences.find((entry) => entry.script === name);
}

/** Faults of the list itself: scripts that do not exist or are listed twice, entries without a reason. */
function faultsOfList(names) {
  const faults = [];
  const seen = new Set();
  for (const { script, reason, reference, native } of differences) {
    if (!names.includes(script)) faults.push(`no script is named "${script}"`);
    if (seen.has(script)) faults.push(`"${script}" is listed twice`);
    if (!reason) faults.push(`"${script}" has no reason`);
    if (!Array.isArray(reference) || !Array.isArray(native))
      faults.push(`"${script}" does not say what differs`);
    seen.add(script);
  }
  return faults;
}

module.exports = { knownFor, faultsOfList };
