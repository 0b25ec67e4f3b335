'use strict';

/**
 * Redirections (RFC 9110 section 15.4): where a server sends a client, and which headers the client may send there.
 */

// Of the module: see address.js.
const { URL } = require('url');

const { serverAddress, withoutCredentials } = require('./address');
const { numeric } = require('./options');

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** The scheme of a WebSocket for each that may stand in `Location`. */
/** @type {Record<string, string>} */
const SCHEMES = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' };
/** Headers that must not be sent to another origin. */
const OF_ORIGIN = new Set(['authorization', 'cookie', 'host', 'proxy-authorization']);

/**
 * The option `maxRedirects`.
 *
 * @param {number} [option]
 * @returns {number}
 * @throws {RangeError} for what is no whole number, or negative
 */
function maxRedirects(option) {
  if (option === undefined || option === null) return 0;
  const most = numeric(option);
  if (Number.isInteger(most) && most >= 0) return most;
  throw new RangeError('The option maxRedirects must be a whole number, 0 or more');
}

/**
 * Whether an answer sends the client elsewhere.
 *
 * @param {number} statusCode
 * @param {import('./handshake').HeaderFields} headers
 * @returns {boolean}
 */
function isRedirect(statusCode, headers) {
  return REDIRECTS.has(statusCode) && typeof headers.location === 'string';
}

/**
 * Where to go next.
 *
 * @param {string} from the URL that was asked
 * @param {string} location
 * @returns {{url: string, sameOrigin: boolean}}
 * @throws {Error} for what is no URL of a server, and for a way out of TLS
 */
function redirectTo(from, location) {
  const socket = /^(wss?)\+unix:(?:\/\/)?[^:?#]+/.exec(from);
  const base = new URL(socket === null ? from : `${socket[1]}://localhost${serverAddress(from).target}`);
  let next;
  try {
    // A relative URL takes the scheme, the host and the credentials of the current one.
    next = new URL(location, base);
  } catch {
    throw new Error(`it was sent to ${withoutCredentials(location)}, which is no URL`);
  }
  if (!Object.hasOwn(SCHEMES, next.protocol)) {
    throw new Error(`it was sent to ${withoutCredentials(next.href)}, which is no WebSocket`);
  }
  // The protocol of a special URL can be set to that of another special one.
  next.protocol = SCHEMES[next.protocol];
  next.hash = '';
  if (base.protocol === 'wss:' && next.protocol === 'ws:') {
    throw new Error(`it was sent from wss: to ${withoutCredentials(next.href)}, without TLS`);
  }
  const sameOrigin = base.protocol === next.protocol && base.host === next.host;
  if (sameOrigin && next.username === '' && next.password === '') {
    next.username = base.username;
    next.password = base.password;
  }
  // What is behind a socket in the file system was asked as localhost, and calls itself that.
  const url = socket !== null && sameOrigin ? `${socket[0]}:${next.pathname}${next.search}` : next.href;
  serverAddress(url);
  return { url, sameOrigin };
}

/**
 * The headers that a client may send to another origin.
 *
 * @param {string[]} [list] names and values in turn
 * @returns {string[]|undefined}
 */
function withoutSecrets(list) {
  if (list === undefined) return undefined;
  const kept = [];
  for (let i = 0; i < list.length; i += 2) {
    if (!OF_ORIGIN.has(list[i].toLowerCase())) kept.push(list[i], list[i + 1]);
  }
  return kept;
}

module.exports = { isRedirect, maxRedirects, redirectTo, withoutSecrets };
