'use strict';

/**
 * Faults as edits.
 *
 * @typedef {object} Edit
 * @property {string} file its path within the package
 * @property {string} find what stands there, exactly once
 * @property {string} replace what is to stand there
 *
 * @typedef {object} Fault
 * @property {string} name what the package does wrong with it
 * @property {Edit[]} edits
 * @property {string[]} tests what is likely to notice it: parts of the names of test files; behind a colon, a
 *   part of the names of tests in it, or of scripts if the file is `parity`
 */

const fs = require('node:fs');
const path = require('node:path');

const { ROOT } = require('../process');

/**
 * What is wrong with a list of faults: edits that no longer apply, names that stand there twice.
 *
 * @param {Fault[]} faults
 * @returns {string[]}
 */
function check(faults) {
  const wrong = [];
  const names = new Set();
  for (const { name, edits, tests } of faults) {
    if (names.has(name)) wrong.push(`${name}: there are two of this name`);
    names.add(name);
    if (edits.length === 0 || tests.length === 0) wrong.push(`${name}: without edits or without tests`);
    for (const { file, find, replace } of edits) {
      const times = fs.readFileSync(path.join(ROOT, file), 'utf8').split(find).length - 1;
      if (times !== 1) wrong.push(`${name}: ${file} has ${times} places like ${JSON.stringify(find)}`);
      if (find === replace) wrong.push(`${name}: an edit that changes nothing`);
    }
  }
  return wrong;
}

/**
 * Makes the edits of a fault below a folder.
 *
 * @param {string} folder
 * @param {Fault} fault
 * @returns {function(): void} unmakes them
 */
function apply(folder, { edits }) {
  const originals = new Map();
  for (const { file, find, replace } of edits) {
    const name = path.join(folder, file);
    const text = fs.readFileSync(name, 'utf8');
    if (!originals.has(name)) originals.set(name, text);
    const parts = text.split(find);
    if (parts.length !== 2)
      throw new Error(`${file} has ${parts.length - 1} places like ${JSON.stringify(find)}`);
    fs.writeFileSync(name, parts.join(replace));
  }
  return () => {
    for (const [name, text] of originals) fs.writeFileSync(name, text);
  };
}

/** Whether the binary has to be built for a fault. */
function isNative({ edits }) {
  return edits.some(({ file }) => file.endsWith('.rs'));
}

/**
 * Makes a fault of one edit or several; a helper for the lists.
 *
 * @param {string} name
 * @param {string[]} tests
 * @param {...string[]} edits `[file, find, replace]` each
 * @returns {Fault}
 */
function fault(name, tests, ...edits) {
  return { name, tests, edits: edits.map(([file, find, replace]) => ({ file, find, replace })) };
}

module.exports = { apply, check, fault, isNative };
