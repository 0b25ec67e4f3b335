'use strict';

/** Options, read once and checked at the call. */

const { printable } = require('./address');

/**
 * Refuses options that nobody reads, since a misspelt one would be ignored in silence.
 *
 * @param {object} options
 * @param {string[]} validKeys
 * @throws {Error} `Unrecognized option: KEY`
 */
function validateOptions(options, validKeys) {
  for (const key in options) {
    if (validKeys.indexOf(key) < 0) throw new Error('Unrecognized option: ' + key);
  }
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
  'allowDrafts'
];

/** What a client takes besides. */
const CLIENT = [...WEBSOCKET, 'net', 'handshakeTimeout', 'signal'];

const DEFAULT_MAX_LENGTH = 0x3ffffff;

/** Looking into the environment costs a microsecond, so it is done once. */
const DEFAULT_TRANSPORT = process.env.FAYE_WEBSOCKET_TRANSPORT || 'auto';

/** The longest delay that a Node timer takes; a longer one would fire at once. */
const LONGEST_DELAY = 0x7fffffff;

/**
 * `maxLength` in bytes; 0 stands for the default.
 *
 * @param {number} [maxLength]
 * @returns {number}
 */
function maxLength(maxLength) {
  if (!maxLength) return DEFAULT_MAX_LENGTH;
  const number = Number(maxLength);
  if (!(number >= 0)) throw new RangeError('The option maxLength must be a number of bytes, 0 or more');
  return number;
}

/**
 * Subprotocols as names: from an array, or a string with commas.
 *
 * @param {string|string[]|null} [protocols]
 * @returns {string[]|undefined}
 */
function protocolNames(protocols) {
  if (protocols === undefined || protocols === null) return undefined;
  const names = typeof protocols === 'string' ? protocols.split(',') : Array.from(protocols, String);
  return names.map((name) => name.trim()).filter((name) => name !== '');
}

/**
 * Headers as a flat list of names and values. Values are turned into strings; spaces around them do not count, and
 * a header whose value is undefined is left out.
 *
 * @param {object} [headers]
 * @returns {string[]|undefined}
 */
function headerList(headers) {
  if (!headers) return undefined;
  const list = [];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    if (value === null) {
      throw new TypeError(
        `Value of header "${printable(name)}" is null: give a string, or leave the header out`
      );
    }
    list.push(name, stripSpaces(String(value)));
  }
  return list;
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
  if (!(typeof value === 'number' && value > 0)) {
    throw new RangeError(`The option ${name} must be a number of seconds, more than 0`);
  }
  return Math.min(value * 1000, LONGEST_DELAY);
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
  WEBSOCKET,
  CLIENT,
  transportOf,
  validateOptions,
  maxLength,
  protocolNames,
  headerList,
  stripSpaces,
  milliseconds,
  abortSignal
};
