'use strict';

/**
 * Arguments and results of the calls that are not made for every message, in the flat form of `src/wasm/values.rs`: a
 * byte that says what a value is, and then nothing; a number as eight bytes; or a length as four bytes, little-endian,
 * with so many bytes or values behind it.
 */

const UNDEFINED = 0;
const NUMBER = 1;
const TEXT = 2;
const BYTES = 3;
const LIST = 4;
const TYPE_ERROR = 5;

/** @typedef {import('./module').Value} Value */

/**
 * How many bytes a value takes at most.
 *
 * @param {Value} value undefined, a number, a string, or an array of such
 * @returns {number}
 */
function sizeOf(value) {
  if (typeof value === 'number') return 9;
  if (typeof value === 'string') return 5 + value.length * 3;
  if (Array.isArray(value)) return value.reduce((/** @type {number} */ size, one) => size + sizeOf(one), 5);
  return 1;
}

/**
 * Writes a value.
 *
 * @param {Value} value
 * @param {Buffer} target
 * @param {number} at
 * @returns {number} where it ends
 */
function write(value, target, at) {
  if (typeof value === 'number') {
    target[at] = NUMBER;
    return target.writeDoubleLE(value, at + 1);
  }
  if (typeof value === 'string') {
    target[at] = TEXT;
    const length = target.write(value, at + 5, 'utf8');
    return target.writeUInt32LE(length, at + 1) + length;
  }
  if (Array.isArray(value)) {
    target[at] = LIST;
    let end = target.writeUInt32LE(value.length, at + 1);
    for (const one of value) end = write(one, target, end);
    return end;
  }
  target[at] = UNDEFINED;
  return at + 1;
}

/**
 * Reads the value at `at`.
 *
 * @param {Buffer} source
 * @param {number} at
 * @returns {Value} undefined, a number, a string, a Buffer, or an array of such
 * @throws {Error} if the value is an error
 */
function read(source, at) {
  return readFrom({ source, at });
}

/**
 * @param {{source: Buffer, at: number}} cursor
 * @returns {Value}
 */
function readFrom(cursor) {
  const { source } = cursor;
  const kind = source[cursor.at++];
  if (kind === UNDEFINED) return undefined;
  if (kind === NUMBER) {
    cursor.at += 8;
    return source.readDoubleLE(cursor.at - 8);
  }
  const length = source.readUInt32LE(cursor.at);
  const start = cursor.at + 4;
  cursor.at = start;
  if (kind === LIST) {
    const list = [];
    for (let i = 0; i < length; i++) list.push(readFrom(cursor));
    return list;
  }
  cursor.at += length;
  if (kind === BYTES) return Buffer.from(source.subarray(start, cursor.at));
  const text = source.utf8Slice(start, cursor.at);
  if (kind === TEXT) return text;
  throw kind === TYPE_ERROR ? new TypeError(text) : new Error(text);
}

module.exports = { sizeOf, write, read };
