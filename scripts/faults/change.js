'use strict';

/**
 * Faults as changes to functions. A change names a function and what becomes of it, and quotes no line, so that it
 * outlives a refactoring that keeps the function.
 *
 * @typedef {function(string, object): string} Change of the text of a file in a language, `./javascript` or `./rust`
 *
 * @typedef {object} Fault
 * @property {string} name what the package does wrong with it
 * @property {string} file its path within the package
 * @property {Change} change
 * @property {string[]} tests what is likely to notice it: parts of the names of test files; behind a colon, a
 *   part of the names of tests in it, or of scripts if the file is `parity`
 */

const fs = require('node:fs');
const path = require('node:path');

const { ROOT } = require('../process');
const javascript = require('./javascript');
const rust = require('./rust');

/**
 * The function does nothing, and returns `value`.
 *
 * @param {string} name
 * @param {string} [value]
 * @returns {Change}
 */
function skip(name, value = '') {
  return (text, language) => {
    const { start } = language.bodyOf(text, name);
    const leave = language === rust ? `if true { return ${value}; }` : `if (true) return ${value};`;
    return `${text.slice(0, start)} ${leave}${text.slice(start)}`;
  };
}

/**
 * The function leaves out every statement with a call of `callee`.
 *
 * @param {string} name
 * @param {string} callee a name, or the end of a path, such as `outbox.flush` or `self.stir`
 * @returns {Change}
 */
function leaveOut(name, callee) {
  return (text, language) => {
    const body = language.bodyOf(text, name);
    const call = new RegExp(`(?<!\\w)${callee.replace(/[.]/g, '\\s*\\.\\s*')}\\s*\\(`, 'g');
    const statements = language.statementsWith(text, body, call);
    if (statements.length === 0) throw new Error(`${name} does not call ${callee}`);
    // From the end to the front, so that the places before stay where they are.
    return statements.reduceRight(
      (all, { start, end }) => `${all.slice(0, start)} {} ${all.slice(end)}`,
      text
    );
  };
}

/**
 * In the function, `from` becomes `to` wherever it stands: a name, an operator or a short expression.
 *
 * @param {string} name
 * @param {string} from
 * @param {string} to
 * @returns {Change}
 */
function swap(name, from, to) {
  return (text, language) => {
    const { start, end } = language.bodyOf(text, name);
    const body = text.slice(start, end);
    if (!body.includes(from)) throw new Error(`${name} has no ${from}`);
    return text.slice(0, start) + body.replaceAll(from, to) + text.slice(end);
  };
}

/**
 * What is wrong with a list of faults: those that no longer apply, and names that stand there twice.
 *
 * @param {Fault[]} faults
 * @returns {string[]}
 */
function check(faults) {
  const wrong = [];
  const names = new Set();
  for (const fault of faults) {
    const { name, file, tests } = fault;
    if (names.has(name)) wrong.push(`${name}: there are two of this name`);
    names.add(name);
    if (tests.length === 0) wrong.push(`${name}: without tests`);
    try {
      const text = fs.readFileSync(path.join(ROOT, file), 'utf8');
      if (changed(fault, text) === text) wrong.push(`${name}: a change that changes nothing`);
    } catch (error) {
      wrong.push(`${name}: ${file}: ${error.message}`);
    }
  }
  return wrong;
}

/**
 * Makes a fault below a folder.
 *
 * @param {string} folder
 * @param {Fault} fault
 * @returns {function(): void} unmakes it
 */
function apply(folder, fault) {
  const name = path.join(folder, fault.file);
  const text = fs.readFileSync(name, 'utf8');
  fs.writeFileSync(name, changed(fault, text));
  return () => fs.writeFileSync(name, text);
}

/** The text of a fault's file with the fault. */
function changed(fault, text) {
  return fault.change(text, isNative(fault) ? rust : javascript);
}

/** Whether the binary has to be built for a fault. */
function isNative({ file }) {
  return file.endsWith('.rs');
}

module.exports = { apply, check, isNative, leaveOut, skip, swap };
