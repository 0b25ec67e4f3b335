'use strict';

/**
 * Finds arguments in the wrong place. One that would be ignored in silence is a TypeError that says where it belongs;
 * one that has an effect in faye-websocket has the same effect here.
 */

// Of the module: see address.js.
const { URL } = require('url');
const { isStringObject } = require('util').types;

const { printable } = require('./address');
const { resembles } = require('./meant');
const { namesOf, withoutEverybodys } = require('./names');

/** @typedef {import('./handshake').ProxyOption} ProxyOption */

/** What an EventSource takes. */
const EVENT_SOURCE = ['headers', 'retry', 'ping'];

/** What the option `proxy` takes. */
const PROXY = ['origin', 'headers', 'tls'];

/** Names under which somebody may give the name and the password for a proxy. */
const CREDENTIALS = ['auth', 'username', 'user', 'password'];

/** Wrong names under which a proxy's address might be given. */
const NOT_ORIGIN = ['url', 'uri', 'href', 'host', 'hostname', 'port'];

/**
 * Refuses options, and functions, where something else belongs.
 *
 * @param {*} value the argument
 * @param {string[]} names of options
 * @param {string} rule says what belongs there
 * @param {string} call how the call is to be written
 * @throws {TypeError}
 */
function refuseOptions(value, names, rule, call) {
  if (typeof value === 'function') throw new TypeError(`A function stands where ${rule}: write ${call}`);
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
 * @throws {TypeError} for an address under another name, for what is none, and for options of it that there are not
 */
function proxyOption(proxy) {
  if (!proxy) return null;
  if (typeof proxy === 'string' || isStringObject(proxy)) return { origin: String(proxy) };
  if (typeof proxy !== 'object' || isList(proxy)) {
    throw new TypeError(
      `The option proxy must be 'env', a URL, or an object with an origin, not ${String(proxy)}`
    );
  }
  // The origin of a URL lacks its name and password.
  if (isURL(proxy)) return { origin: String(proxy) };
  const own = withoutEverybodys(proxy, PROXY);
  const { origin } = own;
  if (origin !== undefined && origin !== null) {
    if (origin) refuseOfProxy(proxy);
    return origin ? own : null;
  }
  const name = wrongOrigin(proxy);
  if (name) {
    throw new TypeError(
      `The option proxy has ${name} and no origin: write proxy: { origin: 'http://proxy.example.com:8080' }`
    );
  }
  return null;
}

/** Whether a value holds others in an order, as arrays and Maps do. @param {any} value */
function isList(value) {
  return typeof value[Symbol.iterator] === 'function' && !value[Symbol.iterator]().next().done;
}

/**
 * Refuses what is no object where options belong that Node reads: it would be ignored, or its characters would be options.
 *
 * @param {string} name
 * @param {unknown} value
 * @throws {TypeError}
 */
function refuseScalar(name, value) {
  if (!value || typeof value === 'object' || typeof value === 'function') return;
  throw new TypeError(`The option ${name} must be an object, not ${String(value)}`);
}

/**
 * Refuses names of a proxy's options that nobody reads and that are nearly those of options, or that hold credentials.
 *
 * @param {object} proxy
 * @throws {TypeError}
 */
function refuseOfProxy(proxy) {
  for (const name of namesOf(proxy)) {
    if (PROXY.includes(name)) continue;
    const meant = PROXY.find((one) => resembles(name.toLowerCase(), one));
    if (meant) throw new TypeError(`The option proxy has no ${printable(name)}: write ${meant}`);
    if (CREDENTIALS.includes(name)) {
      throw new TypeError(
        `The option proxy has no ${name}: write proxy: { origin: 'http://user:password@host:port' }`
      );
    }
  }
}

/**
 * The name under which an object without an origin holds what must be one: a known one, or one that is nearly `origin`.
 *
 * @param {any} proxy
 * @returns {string | undefined}
 */
function wrongOrigin(proxy) {
  const isWrong = (/** @type {string} */ one) =>
    NOT_ORIGIN.includes(one.toLowerCase()) || resembles(one.toLowerCase(), 'origin');
  return [...NOT_ORIGIN, ...namesOf(proxy)].find(
    (one) => proxy[one] !== undefined && one !== 'origin' && isWrong(one)
  );
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
 * Refuses a call without `new`, and the head of a request where its socket belongs.
 *
 * @param {*} self `this` of the constructor
 * @param {Function} constructor
 * @param {string} call how the call is to be written
 * @param {*} [socket]
 * @throws {TypeError}
 */
function refuseCall(self, constructor, call, socket) {
  if (!(self instanceof constructor)) throw new TypeError(`A constructor is called with new: write ${call}`);
  if (socket instanceof Uint8Array)
    throw new TypeError(`The head stands where the socket belongs: write ${call}`);
}

/**
 * Refuses the response to a request where its socket belongs: of a request that a server takes for one of HTTP, as it does
 * without a listener of `upgrade`.
 *
 * @param {*} socket one that cannot be read from
 * @throws {TypeError}
 */
function refuseResponse(socket) {
  if (!socket || typeof socket.writeHead !== 'function') return;
  throw new TypeError(
    "The response stands where the socket belongs: write server.on('upgrade', (request, socket, head) => …), and in it " +
      'new WebSocket(request, socket, head)'
  );
}

/**
 * Refuses options of an EventSource whose names resemble those of options. Other unknown names are ignored, as in
 * faye-websocket.
 *
 * @param {object} [options]
 * @throws {TypeError}
 */
function refuseMisspelt(options) {
  if (typeof options === 'string') {
    throw new TypeError('The options of an EventSource are an object: write { retry: 5 }, for one');
  }
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

module.exports = {
  isURL,
  proxyOption,
  refuseCall,
  refuseMisspelt,
  refuseOptions,
  refuseRequest,
  refuseResponse,
  refuseScalar
};
