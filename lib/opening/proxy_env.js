'use strict';

/**
 * The HTTP proxy that the environment names: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case,
 * by the rules of Node's own `proxyEnv`. `ALL_PROXY`, which Node does not read, is used where the variable of the
 * scheme is not set.
 */

const net = require('net');

const { proxyOption } = require('./misplaced');

/** @typedef {Record<string, string | undefined>} Environment */

/**
 * Whether the process asks for proxies of the environment: `NODE_USE_ENV_PROXY=1`, or Node's option `--use-env-proxy`.
 *
 * @param {Environment} env
 * @param {string[]} execArgv
 * @returns {boolean}
 */
function usesEnvironment(env, execArgv) {
  const options = `${execArgv.join(' ')} ${env.NODE_OPTIONS || ''}`;
  if (/(^|\s)--no-use-env-proxy(\s|$)/.test(options)) return false;
  return env.NODE_USE_ENV_PROXY === '1' || /(^|\s)--use-env-proxy(\s|$)/.test(options);
}

/**
 * The proxy for a server.
 *
 * @param {import('./address').Address} server
 * @param {Environment} env
 * @returns {string | null} an `http:` or `https:` URL; null if the server is to be reached without one
 */
function proxyOf({ secure, hostname, port }, env) {
  const own = secure ? env.https_proxy || env.HTTPS_PROXY : env.http_proxy || env.HTTP_PROXY;
  const origin = own || env.all_proxy || env.ALL_PROXY;
  // Proxies of other kinds (SOCKS) are ignored, as by Node.
  if (!origin || !/^https?:\/\//.test(origin)) return null;
  const exceptions = env.no_proxy || env.NO_PROXY || '';
  return exceptions.split(',').some((entry) => matches(entry.trim().toLowerCase(), hostname, port))
    ? null
    : origin;
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
 * Whether an IPv4 address is in a range such as `10.0.0.1-10.0.0.9`.
 *
 * @param {string} range
 * @param {string} host
 * @returns {boolean}
 */
function isInRange(range, host) {
  const [first, last, more] = range.split('-');
  if (more !== undefined || ![first, last, host].every((address) => net.isIPv4(address))) return false;
  return numberOf(first) <= numberOf(host) && numberOf(host) <= numberOf(last);
}

/**
 * An IPv4 address as a number.
 *
 * @param {string} address
 * @returns {number}
 */
function numberOf(address) {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

/** Node decides when it starts, and so does this module: reading the environment costs a microsecond. */
const USED = usesEnvironment(process.env, process.execArgv);

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
  if (option !== 'env' && !(option === undefined && USED)) return proxyOption(option);
  const origin = proxyOf(server, process.env);
  return origin === null ? null : { origin };
}

module.exports = { proxyOf, tunnelTo, usesEnvironment };
