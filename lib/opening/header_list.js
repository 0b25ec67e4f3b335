'use strict';

/** Headers that a caller adds: an object, or names and values in pairs. */

const { namesOf } = require('./names');
const { printable } = require('./address');

/** @typedef {import('./handshake').GivenHeaders} GivenHeaders */
/** @typedef {import('./handshake').HeaderFields} HeaderFields */

/**
 * Headers as a flat list of names and values. Values are turned into strings; spaces around them do not count, and
 * a header whose value is undefined is left out.
 *
 * @param {GivenHeaders} [headers] an object, or what gives pairs of a name and a value
 * @param {(name: string, value: unknown) => unknown[]} [valuesOf] gives the values that one stands for, each a header
 * @returns {string[] | undefined}
 * @throws {TypeError} for a value of null, for a string, and for an array of anything but pairs
 */
function headerList(headers, valuesOf) {
  // So short that V8 puts it into its callers: nearly all connections have none.
  return headers ? listOf(headers, valuesOf || asOne) : undefined;
}

/** A header's value, which stands for itself. @param {string} _name @param {unknown} value */
function asOne(_name, value) {
  return [value];
}

/**
 * @param {GivenHeaders} headers
 * @param {(name: string, value: unknown) => unknown[]} valuesOf
 * @returns {string[]}
 */
function listOf(headers, valuesOf) {
  const pairs = pairsOf(headers);
  if (pairs === null && (typeof headers === 'string' || Array.isArray(headers)) && headers.length > 0) {
    throw new TypeError("Headers are an object, or pairs of a name and a value: write { 'X-Name': 'value' }");
  }
  const list = [];
  const fields = /** @type {HeaderFields} */ (headers);
  for (const [given, whole] of pairs || namesOf(headers).map((key) => [key, fields[key]])) {
    const name = String(given);
    for (const value of valuesOf(name, whole)) {
      if (value === undefined) continue;
      if (value === null) {
        throw new TypeError(
          `Value of header "${printable(name)}" is null: give a string, or leave the header out`
        );
      }
      list.push(name, stripSpaces(String(value)));
    }
  }
  return list;
}

/**
 * The pairs of a Map, of the Headers of `fetch`, or of an array of pairs; null for anything else.
 *
 * @param {any} headers
 * @returns {[name: unknown, value: unknown][] | null}
 */
function pairsOf(headers) {
  if (typeof headers !== 'object' || typeof headers[Symbol.iterator] !== 'function') return null;
  const entries = [...headers];
  if (entries.length === 0 || !entries.every((entry) => Array.isArray(entry) && entry.length === 2))
    return null;
  return entries;
}

/**
 * Takes the spaces off both ends, in linear time, and leaves other blanks.
 *
 * @param {string} string
 * @returns {string}
 */
function stripSpaces(string) {
  let start = 0;
  let end = string.length;
  while (start < end && string[start] === ' ') start += 1;
  while (end > start && string[end - 1] === ' ') end -= 1;
  return string.slice(start, end);
}

module.exports = { headerList, stripSpaces };
