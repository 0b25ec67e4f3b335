'use strict';

/**
 * Where to connect, and where from: the parts of WebSocket and proxy URLs (RFC 6455 section 3; WHATWG URL), and whether
 * a request came over TLS.
 */

// Of the module: a realm that a program has made may lack the global.
const { URL } = require('url');

/** Ports that a URL need not name. */
/** @type {Record<string, number>} */
const PORTS = { 'ws:': 80, 'wss:': 443, 'http:': 80, 'https:': 443 };

/**
 * An endpoint that a URL names.
 *
 * @typedef {object} Address
 * @property {boolean} secure whether TLS comes first
 * @property {string} hostname a name or an IP address, without the brackets of IPv6
 * @property {number} port
 * @property {string} host what `Host` says: the port is left out if it is the scheme's own
 * @property {string} authority host and port, for `CONNECT`
 * @property {string} target path and query
 * @property {string} fragment with its `#`; empty if there is none
 * @property {string} username percent-encoded
 * @property {string} password percent-encoded
 * @property {string} [socketPath] of a socket in the file system
 */

/** A scheme, two slashes, and something behind them: a WHATWG URL may have any number of slashes before its host. */
const WITH_HOST = /^[^a-z:]*[a-z]+:[/\\]{2}[^/\\]/i;

/**
 * @param {string} text
 * @param {string[]} schemes those that are accepted
 * @returns {Address|null} null for what is no such URL
 */
function parse(text, schemes) {
  // URLs are read without the line breaks and tabs in them.
  if (!WITH_HOST.test(text.replace(/[\t\n\r]/g, ''))) return null;
  let url;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  const { protocol, hostname, host, username, password } = url;
  if (!schemes.includes(protocol) || hostname === '') return null;
  const port = url.port === '' ? PORTS[protocol] : Number(url.port);
  return {
    secure: protocol === 'wss:' || protocol === 'https:',
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    host,
    authority: `${hostname}:${port}`,
    target: url.pathname + url.search,
    fragment: url.hash,
    username,
    password,
    socketPath: undefined
  };
}

/**
 * The server of a WebSocket URL. A fragment means nothing to a server and must not be there (RFC 6455 section 3).
 *
 * @param {string} url
 * @returns {Address}
 * @throws {Error} for what is not a `ws:` or `wss:` URL, and for a fragment
 */
function serverAddress(url) {
  const address = parse(url, ['ws:', 'wss:']) || parseSocket(url);
  if (address === null)
    throw new Error(`${withoutCredentials(url)} is not a valid WebSocket URL${hint(url)}`);
  if (address.fragment !== '') {
    throw new Error(
      `${withoutCredentials(url)} is not a valid WebSocket URL: remove the fragment ${address.fragment}`
    );
  }
  return address;
}

/**
 * The address in a URL such as `ws+unix:/path/of/a.sock:/target?query`: a socket in the file system, and what to ask it for.
 *
 * @param {string} url
 * @returns {Address|null} null for what is none
 */
function parseSocket(url) {
  const found = /^(wss?)\+unix:(?:\/\/)?([^:?#]+)(?::([^#]*))?(#.*)?$/.exec(url);
  if (found === null) return null;
  const [, scheme, socketPath, target = '/', fragment = ''] = found;
  const address = parse(`${scheme}://localhost${target.startsWith('/') ? '' : '/'}${target}`, [
    'ws:',
    'wss:'
  ]);
  try {
    return address && { ...address, fragment, socketPath: decodeURIComponent(socketPath) };
  } catch {
    return null;
  }
}

/** What begins with a host where a scheme should stand: `//host`, `host:port`, `host.example/path` or a port alone. */
const WITHOUT_SCHEME = /^(?:\/\/)?(?:localhost|[\w-]+(?:\.[\w-]+)+|[\w-]+(?=:\d\d))(?::\d+)?(?:[/?].*)?$/i;

/** What to write where nobody can guess what was meant. */
const ANY_URL = ': write ws://host:port/path, or wss://host:port/path for TLS';

/**
 * What to write instead of an `http:` URL, of one that lacks its scheme or its host, and of anything else that is none.
 *
 * @param {string} url
 * @returns {string}
 */
function hint(url) {
  const trimmed = url.trim();
  if (parse(trimmed, ['http:', 'https:']) !== null) {
    return `: write ${withoutCredentials(trimmed).replace(/^http/i, 'ws')}`;
  }
  let whole = null;
  const [, scheme, slashes, rest] = /^(wss?):(\/?|\/{3,})([^/\\].*)$/i.exec(trimmed) || [];
  if (scheme !== undefined) whole = `${scheme}://${slashes.length > 2 ? 'localhost/' : ''}${rest}`;
  else if (/^\d{1,5}$/.test(trimmed)) whole = `ws://localhost:${trimmed}/`;
  else if (/^\/(?!\/)/.test(trimmed)) whole = `ws://localhost:8000${trimmed}`;
  else if (WITHOUT_SCHEME.test(trimmed)) whole = `ws://${trimmed.replace(/^\/\//, '')}`;
  if (whole === null || parse(whole, ['ws:', 'wss:']) === null) return ANY_URL;
  return `: write ${withoutCredentials(whole)}`;
}

/**
 * What to write instead of a proxy's URL that lacks its scheme, or has that of another kind of proxy.
 *
 * @param {string} origin
 * @returns {string}
 */
function proxyHint(origin) {
  const trimmed = origin.trim();
  if (/^(env|environment)$/i.test(trimmed)) return ": write 'env' for that of the environment";
  if (/^socks/i.test(trimmed)) return ': give the option agent an agent for SOCKS proxies';
  if (!WITHOUT_SCHEME.test(trimmed)) return '';
  return `: write http://${withoutCredentials(trimmed.replace(/^\/\//, ''))}`;
}

/**
 * The proxy of a `proxy.origin` option.
 *
 * @param {string} origin
 * @returns {Address}
 * @throws {Error} for what is not an `http:` or `https:` URL
 */
function proxyAddress(origin) {
  const address = parse(origin, ['http:', 'https:', 'ws:', 'wss:']);
  if (address === null) {
    throw new Error(`${withoutCredentials(origin)} is not a valid origin of a proxy${proxyHint(origin)}`);
  }
  return address;
}

/**
 * A URL, valid or not, as it may stand in a message: without a user name and a password, and printable.
 *
 * @param {string} url
 * @returns {string}
 */
function withoutCredentials(url) {
  return printable(stripCredentials(url));
}

/** Characters that a terminal acts upon, or that change the direction of what follows. */
const DANGEROUS = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/**
 * A text with words of somebody else's in it, fit for a log and a terminal.
 *
 * @param {string} text
 * @returns {string} with escapes such as `\u001b` for what cannot be seen and does something
 */
function printable(text) {
  return text.replace(DANGEROUS, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * @param {string} url
 * @returns {string}
 */
function stripCredentials(url) {
  if (!url.includes('@')) return url;
  // URLs are read without the line breaks and tabs in them.
  url = url.replace(/[\t\n\r]/g, '');
  const [scheme] = /^[^:/\\?#@]*:[/\\]*/.exec(url) || [''];
  const rest = url.slice(scheme.length);
  const end = rest.search(/[/\\?#]/);
  const authority = end === -1 ? rest : rest.slice(0, end);
  return scheme + rest.slice(authority.lastIndexOf('@') + 1);
}

/**
 * Whether a request came over TLS, here or at a proxy that says so in a header.
 *
 * @param {import('./handshake').GivenRequest} request
 * @returns {boolean}
 */
function isSecure({ headers, socket, connection }) {
  const { authorized, secure } = /** @type {import('./handshake').SocketOfRequest} */ (
    socket || connection || {}
  );
  return (
    authorized !== undefined ||
    Boolean(secure) ||
    headers.https === 'on' ||
    headers['x-forwarded-ssl'] === 'on' ||
    headers['x-forwarded-scheme'] === 'https' ||
    headers['x-forwarded-proto'] === 'https'
  );
}

module.exports = { isSecure, printable, serverAddress, proxyAddress, withoutCredentials };
