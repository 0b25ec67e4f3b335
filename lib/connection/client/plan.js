'use strict';

/**
 * What a client is going to do, from its URL and its options: everything that can be wrong with them is thrown here. The
 * native session, which makes the requests, is part of it.
 */

const net = require('net');
const tls = require('tls');

const native = require('../../native');
const { extensionsOf } = require('../../extensions');
const { proxyAddress, serverAddress } = require('../../opening/address');
const { connectorOf } = require('../../opening/connection');
const { http2Of } = require('../../opening/http2/client');
const { refuseScalar } = require('../../opening/misplaced');
const { forNode } = require('../../opening/names');
const { headerList, maxLength, protocolNames } = require('../../opening/options');
const { tunnelOf, tunnelTo } = require('../../opening/proxy_env');
const { withoutSecrets } = require('../../opening/redirect');

/**
 * @param {string} url
 * @param {string|string[]|null|undefined} protocols
 * @param {Record<string, any>} options whose names are checked
 * @param {{http2?: boolean, secrets?: boolean}} [change] what is not as the options say: no HTTP/2, or none of the headers
 *   that are meant for another origin
 * @returns `server` and `proxy` (or null) are addresses; `serverTLS` and `proxyTLS` options of `tls.connect`, or
 *   null without TLS; `session` is one of HTTP/2 or null; `connector` the caller's function or null; `slot`, `request` and
 *   `connect` are of the native session
 */
function planOf(url, protocols, options, { http2 = true, secrets = true } = {}) {
  const server = serverAddress(url);
  refuseScalar('net', options.net);
  refuseScalar('tls', options.tls);
  const connector = connectorOf(options, server.secure);
  const tunnel = tunnelFor(server, options);
  const proxy = tunnel ? proxyAddress(String(tunnel.origin)) : null;
  refuseScalar('tls of proxy', tunnel && tunnel.tls);
  const overHttp2 = http2 && http2Of(options.http2);
  const session = typeof overHttp2 === 'object' ? overHttp2 : null;
  if (proxy && session) {
    throw new TypeError('The option proxy has no effect on an HTTP/2 session: leave one of them out');
  }
  const negotiatesHttp2 = server.secure && overHttp2 === true;
  const serverTLS = server.secure ? serverTLSOf(server, options, negotiatesHttp2, proxy !== null) : null;
  const proxyTLS = proxy && proxy.secure ? tlsOptions(proxy, tunnel && tunnel.tls) : null;

  const limit = maxLength(options.maxLength);
  const negotiation = extensionsOf(options, limit);
  const headers = headerList(options.headers);
  const [slot, request, connect] = native.connect({
    maxLength: limit,
    protocols: protocolNames(protocols),
    headers: secrets ? headers : withoutSecrets(headers),
    host: server.host,
    target: server.target,
    username: server.username,
    password: server.password,
    tunnel: proxy
      ? {
          authority: server.authority,
          headers: headerList(tunnel && tunnel.headers),
          username: proxy.username,
          password: proxy.password
        }
      : undefined,
    offer: negotiation ? negotiation.offer() : undefined
  });
  return {
    server,
    proxy,
    serverTLS,
    proxyTLS,
    net: options.net,
    session,
    negotiatesHttp2,
    connector,
    negotiation,
    slot,
    request,
    connect
  };
}

/**
 * The proxy on the way to a server, from whichever option leads to one.
 *
 * @param {import('../../opening/address').Address} server
 * @param {Record<string, any>} options
 * @returns {import('../../../types/options').ProxyOptions | null}
 */
function tunnelFor(server, { agent, proxy }) {
  if (server.socketPath === undefined) return agent ? tunnelOf(agent, server) : tunnelTo(proxy, server);
  if (!proxy || proxy === 'env') return null;
  throw new TypeError('A socket in the file system is not reached through a proxy: leave out proxy');
}

/**
 * Options of `tls.connect` for a server.
 *
 * @param {import('../../opening/address').Address} server
 * @param {Record<string, any>} options
 * @param {boolean} negotiatesHttp2 whether the server may choose HTTP/2
 * @param {boolean} isTunnelled whether a proxy is asked first
 * @returns {any}
 */
function serverTLSOf(server, options, negotiatesHttp2, isTunnelled) {
  const own = tlsOptions(server, options.tls, options.ca);
  if (negotiatesHttp2 && !own.ALPNProtocols) own.ALPNProtocols = ['h2', 'http/1.1'];
  // Behind a proxy TLS begins later, when it is too late to throw.
  if (isTunnelled && !own.secureContext) own.secureContext = tls.createSecureContext(own);
  return own;
}

/**
 * Options of `tls.connect` for an endpoint, as a copy of the caller's.
 *
 * @param {import('../../opening/address').Address} address
 * @param {any} own
 * @param {any} [ca]
 * @returns {any}
 */
function tlsOptions({ hostname, port, socketPath }, own, ca) {
  const options = forNode({ ...own, host: hostname, port });
  if (socketPath !== undefined) options.path = socketPath;
  if (!options.ca) options.ca = ca;
  // RFC 6066 section 3: an IP address is no server name. Node checks the certificate against `host` then.
  if (!options.servername && !net.isIP(hostname)) options.servername = hostname;
  return options;
}

module.exports = { planOf };
