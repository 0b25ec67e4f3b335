'use strict';

/** Looks up the list of known differences, and checks that the list makes sense. */

const differences = require('../differences');

/** The entry for a script on a target (`native` or `native-stream`), or undefined. */
function knownFor(name, target) {
  return differences.find((entry) => entry.script === name && (!entry.only || entry.only === target));
}

/** Faults of the list itself: scripts that do not exist or are listed twice, entries without a reason. */
function faultsOfList(names) {
  const faults = [];
  const seen = new Set();
  for (const { script, only, reason, reference, native } of differences) {
    if (!names.includes(script)) faults.push(`no script is named "${script}"`);
    if (seen.has(script) || seen.has(`${script} ${only}`)) faults.push(`"${script}" is listed twice`);
    if (!reason) faults.push(`"${script}" has no reason`);
    if (!Array.isArray(reference) || !Array.isArray(native))
      faults.push(`"${script}" does not say what differs`);
    seen.add(only ? `${script} ${only}` : script);
  }
  return faults;
}

module.exports = { knownFor, faultsOfList };
