'use strict';

/**
 * The HTTP proxy that the environment names: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case,
 * by the rules of Node's own `proxyEnv`. `ALL_PROXY`, which Node does not read, is used where the variable of the
 * scheme is not set.
 */

const http = require('http');
const https = require('https');
const net = require('net');

const { proxyAddress, withoutCredentials } = require('./address');
const { proxyOption } = require('./misplaced');

/** @typedef {Record<string, string | undefined>} Environment */

/**
 * Whether the process asks for proxies of the environment: `NODE_USE_ENV_PROXY=1`, or Node's option `--use-env-proxy`. Of
 * several options the last one counts, and those of the command line come behind those of the environment.
 *
 * @param {Environment} env
 * @param {string[]} execArgv
 * @returns {boolean}
 */
function usesEnvironment(env, execArgv) {
  const words = [...(env.NODE_OPTIONS || '').replace(/"/g, '').split(/\s+/), ...execArgv];
  const options = words.filter((word) => /^--(no-)?use[-_]env[-_]proxy$/.test(word));
  if (options.length === 0) return env.NODE_USE_ENV_PROXY === '1';
  return !options[options.length - 1].startsWith('--no');
}

/**
 * The proxy for a server.
 *
 * @param {import('./address').Address} server
 * @param {Environment} env
 * @returns {string | null} an `http:` or `https:` URL; null if the server is to be reached without one
 * @throws {Error} for a URL of such a proxy that is none, as from Node
 */
function proxyOf({ secure, hostname, port }, env) {
  const name = [...namesFor(secure), 'all_proxy', 'ALL_PROXY'].find((one) => env[one]);
  if (name === undefined) return null;
  const origin = /** @type {string} */ (env[name]);
  // Proxies of other kinds (SOCKS) are ignored, as by Node.
  if (!/^https?:\/\//.test(origin)) return null;
  checkOrigin(name, origin);
  const exceptions = env.no_proxy || env.NO_PROXY || '';
  return exceptions.split(',').some((entry) => matches(entry.trim().toLowerCase(), hostname, port))
    ? null
    : origin;
}

/** The variables of a scheme's proxy, in the order in which they count. @param {boolean} secure */
function namesFor(secure) {
  return secure ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
}

/** Refuses what begins like a URL and is none. @param {string} name of the variable @param {string} origin */
function checkOrigin(name, origin) {
  // A URL is read without the line breaks in it.
  let cure = /[\r\n]/.test(origin) ? ': take the line break out' : null;
  try {
    proxyAddress(origin);
  } catch {
    cure = cure || '';
  }
  if (cure === null) return;
  const text = `${withoutCredentials(origin)}, which is no valid URL of a proxy${cure}`;
  throw new Error(`The environment variable ${name} is ${text}`);
}

/**
 * Whether an entry of `NO_PROXY` names a host and port.
 *
 * @param {string} entry
 * @param {string} hostname
 * @param {number} port
 * @returns {boolean}
 */
function matches(entry, hostname, port) {
  if (entry === '') return false;
  if (entry === '*') return true;
  const host = hostname.toLowerCase();
  if (entry === host || entry === `${host}:${port}`) return true;
  if (entry.startsWith('.')) return host === entry.slice(1) || host.endsWith(entry);
  if (entry.startsWith('*.')) return host.endsWith(entry.slice(1));
  return isInRange(entry, host);
}

/**
 * Whether an IPv4 address is in a range such as `10.0.0.1-10.0.0.9`. Spaces may stand at the hyphen.
 *
 * @param {string} range
 * @param {string} host
 * @returns {boolean}
 */
function isInRange(range, host) {
  // What follows a second hyphen means nothing, as to Node.
  const [first, last] = range.split('-').map((address) => address.trim());
  if (![first, last, host].every((address) => net.isIPv4(address))) return false;
  return numberOf(first) <= numberOf(host) && numberOf(host) <= numberOf(last);
}

/** An IPv4 address as a number. @param {string} address */
function numberOf(address) {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

/** Node decides when it starts, and so does this module: reading the environment costs a microsecond. */
const USED = usesEnvironment(process.env, process.execArgv);

/**
 * The environment of Node's global agent for a scheme, where that names a proxy: `http.setGlobalProxyFromEnv(env)` sets one, which
 * may be another than the process's.
 *
 * @param {boolean} secure
 * @returns {Environment | undefined}
 */
function globalEnvironment(secure) {
  const { proxyEnv } = /** @type {any} */ ((secure ? https : http).globalAgent)?.options ?? {};
  return proxyEnv && namesFor(secure).some((name) => proxyEnv[name]) ? proxyEnv : undefined;
}

/**
 * The proxy of a client: that of its option, or of the environment if the option says `'env'`, or says nothing while the
 * process asks for proxies of the environment.
 *
 * @param {import('./handshake').ProxyOption | 'env'} option
 * @param {import('./address').Address} server
 * @returns {import('../../types/options').ProxyOptions | null} null without a proxy
 * @throws {TypeError} for an option without an origin
 */
function tunnelTo(option, server) {
  if (option !== 'env' && option !== undefined) return proxyOption(option);
  const asked = option === 'env' || USED ? process.env : {};
  const origin = proxyOf(server, globalEnvironment(server.secure) || asked);
  return origin === null ? null : { origin };
}

/**
 * The proxy to which an agent of Node's leads by its option `proxyEnv`, which the global ones have in a process that asks for
 * proxies. An `https.Agent` opens the tunnel by itself.
 *
 * @param {any} agent
 * @param {import('./address').Address} server
 * @returns {import('../../types/options').ProxyOptions | null}
 */
function tunnelOf(agent, server) {
  if (!(agent instanceof http.Agent) || agent instanceof https.Agent) return null;
  const { proxyEnv } = /** @type {any} */ (agent).options;
  if (typeof proxyEnv !== 'object' || proxyEnv === null) return null;
  const { http_proxy, HTTP_PROXY, no_proxy, NO_PROXY } = proxyEnv;
  const origin = proxyOf({ ...server, secure: false }, { http_proxy, HTTP_PROXY, no_proxy, NO_PROXY });
  return origin === null ? null : { origin };
}

module.exports = { proxyOf, tunnelOf, tunnelTo, usesEnvironment };
