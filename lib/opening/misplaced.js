'use strict';

/**
 * Arguments in the wrong place. What would be ignored in silence is a TypeError that says where it goes; what means
 * something to faye-websocket is left to mean it.
 */

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

/** Whether a value is an object that a literal makes, of any realm. */
function isPlain(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * The option `proxy`.
 *
 * @param {object|string} [proxy] its origin, or an object that holds it
 * @returns {object|null} null if there is to be none
 * @throws {TypeError} for an address under another name
 */
function proxyOption(proxy) {
  if (!proxy) return null;
  if (typeof proxy === 'string') return { origin: proxy };
  const { origin } = proxy;
  if (origin !== undefined && origin !== null) return origin ? proxy : null;
  const name = typeof proxy === 'object' && NOT_ORIGIN.find((one) => proxy[one] !== undefined);
  if (name) {
    throw new TypeError(
      `The option proxy has ${name} and no origin: write proxy: { origin: 'http://proxy.example.com:8080' }`
    );
  }
  return null;
}

/** Whether a value is a URL, in a string or as an object. */
function isURL(value) {
  return typeof value === 'string' || value instanceof URL;
}

module.exports = { isURL, proxyOption, refuseOptions };
