'use strict';

/** Options, read once and checked at the call. */

const { isStringObject } = require('util').types;

const { instead } = require('./meant');
const { namesOf, withoutEverybodys } = require('./names');
const { headerList, stripSpaces } = require('./header_list');

/**
 * Refuses options that nobody reads, since a misspelt one would be ignored in silence.
 *
 * @param {object} options
 * @param {readonly string[]} validKeys
 * @throws {Error} `Unrecognized option: KEY`
 */
function validateOptions(options, validKeys) {
  const key = unknown(options, validKeys);
  if (key !== undefined) throw new Error('Unrecognized option: ' + key);
}

/**
 * The same, with what to write instead where that can be guessed.
 *
 * @param {any} options
 * @param {readonly string[]} validKeys
 * @throws {Error} `Unrecognized option: KEY`, with a guess behind it; a TypeError for what is no object
 */
function refuseUnknown(options, validKeys) {
  if (options === undefined || options === null) return;
  const kind = Array.isArray(options) ? 'an array' : `a ${typeof options}`;
  const key = unknown(options, validKeys);
  // The keys of a string and of an array are their indices.
  if (kind !== 'a object' && key !== undefined) {
    throw new Error(`Unrecognized option: ${key}: options are an object, not ${kind}`);
  }
  if (kind !== 'a object' && kind !== 'an array') throw new TypeError(`Options are an object, not ${kind}`);
  if (key === undefined) return;
  const isOther = validKeys === SERVER ? CLIENT.includes(key) : validKeys === CLIENT && SERVER.includes(key);
  const role = validKeys === SERVER ? 'clients' : 'servers';
  const hint = isOther ? `: it is an option of ${role}` : instead(key, validKeys);
  throw new Error('Unrecognized option: ' + key + hint);
}

/**
 * @param {object} options
 * @param {readonly string[]} validKeys
 * @returns {string|undefined} the first option that is not valid
 */
function unknown(options, validKeys) {
  return namesOf(options).find((key) => validKeys.indexOf(key) < 0);
}

/** What a WebSocket takes, either role. */
const WEBSOCKET = [
  'headers',
  'extensions',
  'maxLength',
  'ping',
  'proxy',
  'tls',
  'ca',
  'transport',
  'deflate',
  'handshakeTimeout',
  'pongTimeout',
  'idleTimeout',
  'closeTimeout',
  'maxBufferedAmount',
  'onFull'
];

/** What a server's takes. */
const SERVER = [...WEBSOCKET, 'allowDrafts'];

/** What a client's takes. */
const CLIENT = [...WEBSOCKET, 'net', 'signal', 'http2', 'createConnection', 'agent', 'maxRedirects'];

/**
 * Options of a WebSocket without what every object has (`withoutEverybodys`).
 *
 * @template {object} T
 * @param {T} options
 * @param {readonly string[]} names of the options
 * @returns {T}
 */
function ownOptions(options, names) {
  return hasEverybodyOne() ? withoutEverybodys(options, names) : options;
}

/**
 * Whether every object has one of the options. Each name is written out, for V8 to know the answer until somebody extends
 * `Object.prototype`: in a loop over the names each look costs 150 instructions.
 */
function hasEverybodyOne() {
  const all = Object.prototype;
  return (
    'headers' in all ||
    'extensions' in all ||
    'maxLength' in all ||
    'ping' in all ||
    'proxy' in all ||
    'tls' in all ||
    'ca' in all ||
    'transport' in all ||
    'deflate' in all ||
    'handshakeTimeout' in all ||
    'pongTimeout' in all ||
    'idleTimeout' in all ||
    'closeTimeout' in all ||
    'maxBufferedAmount' in all ||
    'onFull' in all ||
    'allowDrafts' in all ||
    'net' in all ||
    'signal' in all ||
    'http2' in all ||
    'createConnection' in all ||
    'agent' in all ||
    'maxRedirects' in all
  );
}

const DEFAULT_MAX_LENGTH = 0x3ffffff;

/** Looking into the environment costs a microsecond, so it is done once. */
const DEFAULT_TRANSPORT = process.env.FAYE_WEBSOCKET_TRANSPORT || 'auto';

/** The longest delay that a Node timer takes; a longer one would fire at once. */
const LONGEST_DELAY = 0x7fffffff;

/**
 * The number that an option is, or that its string holds; `false` is 0. NaN for anything else that `Number` would make one of.
 *
 * @param {*} value
 * @returns {number}
 */
function numeric(value) {
  return value === true || Array.isArray(value) || typeof value === 'symbol' ? NaN : Number(value);
}

/**
 * An option that is a number, or a string that holds one.
 *
 * @param {string} name of the option
 * @param {*} value
 * @param {string} unit
 * @returns {number}
 * @throws {RangeError} for what is no number, and for a negative or infinite one
 */
function number(name, value, unit) {
  const converted = numeric(value);
  if (converted >= 0 && converted < Infinity) return converted;
  throw new RangeError(`The option ${name} must be a number of ${unit}, 0 or more`);
}

/**
 * `maxLength` in bytes; 0 stands for the default.
 *
 * @param {number} [maxLength]
 * @returns {number}
 */
function maxLength(maxLength) {
  if (maxLength === undefined || maxLength === null) return DEFAULT_MAX_LENGTH;
  // As with faye-websocket: no limit but that of a Buffer.
  if (maxLength === Infinity) return maxLength;
  return number('maxLength', maxLength, 'bytes') || DEFAULT_MAX_LENGTH;
}

/**
 * A time in seconds; 0 stands for none.
 *
 * @param {string} name of the option
 * @param {number} [value]
 * @returns {number}
 */
function seconds(name, value) {
  return value === undefined || value === null ? 0 : number(name, value, 'seconds');
}

/**
 * Subprotocols as names: from an array, or a string with commas.
 *
 * @param {string|readonly string[]|null} [protocols]
 * @returns {string[]|undefined}
 */
function protocolNames(protocols) {
  if (protocols === undefined || protocols === null) return undefined;
  if (Array.isArray(protocols) && protocols.length === 0) return [];
  const isText = typeof protocols === 'string' || isStringObject(protocols);
  const names = isText ? String(protocols).split(',') : Array.from(protocols, String);
  return names.map((name) => name.trim()).filter((name) => name !== '');
}

/**
 * How bytes are to travel: `'auto'`, `'stream'` or `'direct'`. The option wins over the environment variable
 * `FAYE_WEBSOCKET_TRANSPORT`, and that over the default, `'auto'`.
 *
 * @param {string} [option]
 * @returns {string}
 */
function transportOf(option) {
  const choice = option || DEFAULT_TRANSPORT;
  if (choice !== 'auto' && choice !== 'stream' && choice !== 'direct') {
    throw new TypeError(`The transport must be 'auto', 'stream' or 'direct', not ${String(choice)}`);
  }
  return choice;
}

/**
 * A time in seconds, as the milliseconds of a timer; undefined if there is none.
 *
 * @param {string} name of the option
 * @param {number} [value]
 * @returns {number|undefined}
 */
function milliseconds(name, value) {
  if (value === undefined || value === null) return undefined;
  const time = seconds(name, value);
  if (time === 0) throw new RangeError(`The option ${name} must be a number of seconds, more than 0`);
  return Math.min(time * 1000, LONGEST_DELAY);
}

/**
 * @param {AbortSignal} [signal]
 * @returns {AbortSignal|null}
 */
function abortSignal(signal) {
  if (signal === undefined || signal === null) return null;
  if (typeof signal.aborted !== 'boolean' || typeof signal.addEventListener !== 'function') {
    throw new TypeError('The option signal must be an AbortSignal');
  }
  return signal;
}

module.exports = {
  LONGEST_DELAY,
  SERVER,
  CLIENT,
  numeric,
  transportOf,
  ownOptions,
  refuseUnknown,
  validateOptions,
  maxLength,
  protocolNames,
  headerList,
  stripSpaces,
  milliseconds,
  seconds,
  abortSignal
};
