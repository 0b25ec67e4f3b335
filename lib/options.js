'use strict';

/** Options, read once and checked at the call. */

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
const WEBSOCKET = ['headers', 'extensions', 'maxLength', 'ping', 'proxy', 'tls', 'ca', 'transport'];

const DEFAULT_MAX_LENGTH = 0x3ffffff;

/** Looking into the environment costs a microsecond, so it is done once. */
const DEFAULT_TRANSPORT = process.env.FAYE_WEBSOCKET_TRANSPORT || 'auto';

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
      throw new TypeError(`Value of header "${name}" is null: give a string, or leave the header out`);
    }
    list.push(name, String(value).replace(/^ +/, '').replace(/ +$/, ''));
  }
  return list;
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

module.exports = { WEBSOCKET, transportOf, validateOptions, maxLength, protocolNames, headerList };
