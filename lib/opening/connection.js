'use strict';

/**
 * Streams of the caller's that lead to a server or a proxy: the options `createConnection` and `agent`.
 */

const https = require('https');

/** @typedef {import('./address').Address} Address */

/**
 * A request, as far as agents look at it.
 *
 * @typedef {object} AgentRequest
 * @property {(name: unknown) => string | undefined} getHeader
 * @property {() => void} setHeader
 * @property {string} path
 * @property {(socket: any, agent?: unknown, error?: Error) => void} [onSocket]
 * @property {(event: string, listener: unknown) => unknown} [once]
 * @property {(event: string, listener: unknown) => unknown} [on]
 * @property {(event: string, error: Error) => unknown} [emit]
 */

/**
 * The function by which the caller makes streams.
 *
 * @param {{createConnection?: any, agent?: any, proxy?: unknown, http2?: unknown}} options
 * @param {boolean} secure whether the server is to be reached over TLS
 * @returns {((address: Address, tls: object | null) => any) | null} gives a stream, or a promise of one; null if Node
 *   is to make them
 * @throws {TypeError} for what cannot make one, and for two ways at once
 */
function connectorOf({ createConnection, agent, proxy, http2 }, secure) {
  const given = (/** @type {unknown} */ option) =>
    option !== undefined && option !== null && option !== false;
  if (!given(createConnection) && !given(agent)) return null;
  if (given(createConnection) && given(agent)) {
    throw new TypeError(
      'The options agent and createConnection both make the connection: leave one of them out'
    );
  }
  if (typeof http2 === 'object' && http2 !== null) {
    throw new TypeError('An HTTP/2 session has its connection already: leave out agent and createConnection');
  }
  if (given(agent)) {
    if (typeof agent.createSocket !== 'function' && typeof agent.addRequest !== 'function') {
      throw new TypeError('The option agent must be an http.Agent, or one that is made like it');
    }
    if (agent instanceof https.Agent && !secure) {
      throw new TypeError('An https.Agent is for wss: URLs: for ws: write new http.Agent()');
    }
    if (given(proxy)) {
      throw new TypeError('An agent leads to the server itself: leave out proxy, or give it to the agent');
    }
    return (address, tls) => socketOf(agent, address, tls);
  }
  if (typeof createConnection !== 'function') {
    throw new TypeError(
      'The option createConnection must be a function that returns a stream, or a promise of one'
    );
  }
  return ({ hostname, port, secure, authority, socketPath }) =>
    createConnection({ host: hostname, port, secure, authority, ...(socketPath && { path: socketPath }) });
}

/**
 * A socket of an agent's, as for a request. Agents of Node's, and those that extend them (such as `agent-base` 7 makes), have
 * `createSocket`; older ones have `addRequest` alone.
 *
 * @param {any} agent
 * @param {Address} address
 * @param {object | null} tls
 * @returns {Promise<any>}
 */
function socketOf(agent, { hostname, port, secure, host, socketPath }, tls) {
  const request = requestFor(host);
  const options = {
    ...tls,
    host: hostname,
    hostname,
    port,
    protocol: secure ? 'https:' : 'http:',
    secureEndpoint: secure,
    ...(socketPath && { socketPath, path: socketPath })
  };
  return new Promise((resolve, reject) => {
    const done = (/** @type {Error | null | undefined} */ error, /** @type {any} */ socket) =>
      error ? reject(error) : resolve(socket);
    request.onSocket = (socket, _agent, error) => done(error, socket);
    request.once = request.on = () => request;
    request.emit = (event, error) => event === 'error' && reject(error);
    if (typeof agent.createSocket === 'function') agent.createSocket(request, options, done);
    else agent.addRequest(request, options);
  }).then((socket) => {
    // As Node's http does for an upgrade: from now on the socket does not belong to the agent.
    socket.emit('agentRemove');
    return socket;
  });
}

/**
 * What agents ask of a request.
 *
 * @param {string} host
 * @returns {AgentRequest}
 */
function requestFor(host) {
  return {
    getHeader: (name) => (String(name).toLowerCase() === 'host' ? host : undefined),
    setHeader() {},
    path: '/'
  };
}

/**
 * The event that is emitted when a stream can be written to; null if it can be already.
 *
 * @param {any} stream
 * @returns {string | null}
 */
function readinessOf(stream) {
  if (stream.encrypted) return stream.secureConnecting ? 'secureConnect' : null;
  return stream.connecting ? 'connect' : null;
}

/**
 * @param {*} stream
 * @returns {import('stream').Duplex}
 * @throws {TypeError} for what is none
 */
function checkedStream(stream) {
  if (stream && typeof stream.write === 'function' && typeof stream.on === 'function') return stream;
  throw new TypeError('createConnection must return a stream, or a promise of one');
}

module.exports = { checkedStream, connectorOf, readinessOf };
