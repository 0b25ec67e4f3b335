'use strict';

/**
 * Arguments by name, as the native binding takes them (`src/binding/js/fields.rs`), in the order in which the module reads
 * them. A field of the wrong type is the same error with both engines.
 */

/** @typedef {import('../native').AcceptRequest} AcceptRequest */
/** @typedef {import('../native').ConnectRequest} ConnectRequest */
/** @typedef {import('../native').DeflateSettings} DeflateSettings */
/** @typedef {import('./module').Value} Value */

/**
 * What a field may hold.
 *
 * @type {Record<string, function(unknown): boolean>}
 */
const IS = {
  'a number': (value) => typeof value === 'number',
  'a boolean': (value) => typeof value === 'boolean',
  'a string': (value) => typeof value === 'string',
  'an object': (value) => typeof value === 'object' && value !== null,
  'an array of strings': (value) => Array.isArray(value) && value.every((one) => typeof one === 'string')
};

/**
 * A list of fields: the name of each, what it holds, and whether it has to be there.
 *
 * @typedef {Array<[name: string, holds: string, required: boolean]>} FieldList
 */

/**
 * The values of an object's fields, in the order of the list.
 *
 * @param {string} owner whose fields they are, for errors
 * @param {FieldList} list
 * @param {unknown} object
 * @returns {Value[]} one value for each field, undefined for one that is not there
 * @throws {TypeError} for no object, and for a field of another type
 */
function valuesOf(owner, list, object) {
  if (!IS['an object'](object)) throw new TypeError(`${owner} takes an object`);
  return list.map(([name, holds, required]) => {
    const value = /** @type {Record<string, Value>} */ (object)[name];
    if (value === undefined ? required : !IS[holds](value)) {
      throw new TypeError(`${owner}: ${name} must be ${holds}`);
    }
    return value;
  });
}

/** @type {FieldList} */
const ACCEPT = [
  ['maxLength', 'a number', true],
  ['protocols', 'an array of strings', false],
  ['headers', 'an array of strings', false],
  ['method', 'a string', false],
  ['url', 'a string', false],
  ['upgrade', 'a string', false],
  ['connection', 'a string', false],
  ['origin', 'a string', false],
  ['version', 'a string', false],
  ['key', 'a string', false],
  ['protocol', 'a string', false],
  ['extensions', 'a string', false],
  ['answer', 'an object', false]
];

/** @type {FieldList} */
const ANSWER = [
  ['deflate', 'an object', false],
  ['agreed', 'a string', false],
  ['rsv', 'a number', false],
  ['fault', 'a string', false]
];

/** @type {FieldList} */
const CONNECT = [
  ['maxLength', 'a number', true],
  ['protocols', 'an array of strings', false],
  ['headers', 'an array of strings', false],
  ['host', 'a string', true],
  ['target', 'a string', true],
  ['username', 'a string', false],
  ['password', 'a string', false],
  ['tunnel', 'an object', false],
  ['offer', 'an object', false]
];

/** @type {FieldList} */
const OFFER = [
  ['deflate', 'an object', false],
  ['header', 'a string', false]
];

/** @type {FieldList} */
const TUNNEL = [
  ['authority', 'a string', true],
  ['headers', 'an array of strings', false],
  ['username', 'a string', false],
  ['password', 'a string', false]
];

/** @type {FieldList} */
const SETTINGS = [
  ['level', 'a number', false],
  ['memLevel', 'a number', false],
  ['strategy', 'a number', false],
  ['noContextTakeover', 'a boolean', true],
  ['maxWindowBits', 'a number', false],
  ['requestNoContextTakeover', 'a boolean', true],
  ['requestMaxWindowBits', 'a number', false],
  ['threshold', 'a number', false]
];

/**
 * The arguments of the module's `accept`.
 *
 * @param {AcceptRequest} request
 * @returns {Value[]}
 */
function acceptArguments(request) {
  const values = valuesOf('accept', ACCEPT, request);
  const answer = values.pop();
  if (answer === undefined) return values;
  const [deflate, agreed, rsv, fault] = valuesOf('answer', ANSWER, answer);
  // The module takes settings, a fault or what was agreed on in one place, and tells the last two apart by the bits.
  if (fault !== undefined) return [...values, fault];
  return [...values, deflate === undefined ? agreed : settingsArguments(deflate), rsv];
}

/**
 * The arguments of the module's `connect`.
 *
 * @param {ConnectRequest} request
 * @returns {Value[]}
 */
function connectArguments(request) {
  const values = valuesOf('connect', CONNECT, request);
  const [tunnel, offer] = values.splice(-2);
  const proxy = tunnel === undefined ? TUNNEL.map(() => undefined) : valuesOf('tunnel', TUNNEL, tunnel);
  if (offer === undefined) return [...values, ...proxy];
  // The module takes settings or a header in one place.
  const [deflate, header = ''] = valuesOf('offer', OFFER, offer);
  return [...values, ...proxy, deflate === undefined ? header : settingsArguments(deflate)];
}

/**
 * Settings of permessage-deflate as the module takes them: numbers, NaN for those that are not there.
 *
 * @param {Value | DeflateSettings} settings
 * @returns {number[]}
 */
function settingsArguments(settings) {
  return valuesOf('deflate', SETTINGS, settings).map((value) => (value === undefined ? NaN : Number(value)));
}

module.exports = { acceptArguments, connectArguments, settingsArguments };
