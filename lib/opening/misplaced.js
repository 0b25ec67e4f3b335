'use strict';

/**
 * Arguments in the wrong place. What would be ignored in silence is a TypeError that says where it goes; what means
 * something to faye-websocket is left to mean it.
 */

const { printable } = require('./address');
const { namesOf } = require('./names');

/** @typedef {import('./handshake').ProxyOption} ProxyOption */

/** What an EventSource takes. */
const EVENT_SOURCE = ['headers', 'retry', 'ping'];

/** Names under which a proxy might be given, other than the right one. */
const NOT_ORIGIN = ['url', 'href', 'host', 'hostname', 'port'];

/**
 * Refuses options where something else belongs.
 *
 * @param {*} value the argument
 * @param {string[]} names of options
 * @param {string} rule says what belongs there
 * @param {string} call how the call is to be written
 * @throws {TypeError}
 */
function refuseOptions(value, names, rule, call) {
  if (!isPlain(value)) return;
  const name = names.find((one) => Object.prototype.hasOwnProperty.call(value, one));
  if (name === undefined) return;
  throw new TypeError(`The option ${name} stands where ${rule}: write ${call}`);
}

/**
 * Whether a value is an object that a literal makes, of any realm.
 *
 * @param {any} value
 * @returns {boolean}
 */
function isPlain(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * The option `proxy`.
 *
 * @param {ProxyOption} [proxy] its origin, or an object that holds it
 * @returns {import('../../types/options').ProxyOptions | null} null if there is to be none
 * @throws {TypeError} for an address under another name
 */
function proxyOption(proxy) {
  if (!proxy) return null;
  if (typeof proxy === 'string') return { origin: proxy };
  const { origin } = proxy;
  if (origin !== undefined && origin !== null) return origin ? proxy : null;
  const name =
    typeof proxy === 'object' &&
    NOT_ORIGIN.find(
      (one) => /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (proxy))[one] !== undefined
    );
  if (name) {
    throw new TypeError(
      `The option proxy has ${name} and no origin: write proxy: { origin: 'http://proxy.example.com:8080' }`
    );
  }
  return null;
}

/**
 * Refuses a request where a client's URL belongs.
 *
 * @param {*} url
 * @throws {TypeError}
 */
function refuseRequest(url) {
  if (!isObject(url) || !isObject(url.headers) || typeof url.method !== 'string') return;
  throw new TypeError(
    'A Client connects to a URL: to answer a request, write new WebSocket(request, socket, head)'
  );
}

/**
 * Refuses options of an EventSource whose names are nearly those of options. Names that are nothing like them are nobody's,
 * as with faye-websocket.
 *
 * @param {object} [options]
 * @throws {TypeError}
 */
function refuseMisspelt(options) {
  for (const name of namesOf(options)) {
    if (EVENT_SOURCE.includes(name)) continue;
    if (name === 'id' || name === 'event') {
      throw new TypeError(
        `The option ${name} belongs to a message: write eventSource.send(message, { ${name} })`
      );
    }
    const meant = EVENT_SOURCE.find((one) => resembles(name.toLowerCase(), one));
    if (meant) throw new TypeError(`Unrecognized option: ${printable(name)}: write ${meant}`);
  }
}

/**
 * Whether somebody who wrote `name` may have meant `option`: it begins like it, or a letter is wrong, too many or missing.
 *
 * @param {string} name
 * @param {string} option
 * @returns {boolean}
 */
function resembles(name, option) {
  const stem = option.length > 4 ? option.slice(0, -1) : option;
  if (name.startsWith(stem) || (option.startsWith(name) && name.length > 2)) return true;
  let start = 0;
  while (start < name.length && name[start] === option[start]) start += 1;
  let end = 0;
  const most = Math.min(name.length, option.length) - start;
  while (end < most && name.at(-1 - end) === option.at(-1 - end)) end += 1;
  const [wrong, right] = [name.slice(start, name.length - end), option.slice(start, option.length - end)];
  const isSwapped = wrong.length === 2 && wrong[0] === right[1] && wrong[1] === right[0];
  return (wrong.length <= 1 && right.length <= 1) || (isSwapped && right.length === 2);
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null;
}

/**
 * Whether a value is a URL, in a string or as an object.
 *
 * @param {unknown} value
 * @returns {boolean}
 */
function isURL(value) {
  return typeof value === 'string' || value instanceof URL;
}

module.exports = { isURL, proxyOption, refuseMisspelt, refuseOptions, refuseRequest };
