'use strict';

/**
 * The interface of the npm package `websocket-driver` on the native core: the protocol without the socket.
 *
 * | file | what it has |
 * |---|---|
 * | `driver.js` | what all drivers have in common |
 * | `hybi.js` | RFC 6455 in either role, over a native session |
 * | `accepting.js`, `connecting.js`, `serving.js`, `draft.js` | the handshakes: of a request, of a client, of bytes, of the drafts |
 * | `proxy.js` | the tunnel before a client's handshake |
 * | `streams.js`, `frames.js` | what goes in and out |
 */

const { isSecure } = require('../opening/address');
const { draftOf } = require('../transport/draft');
const { withoutEverybodys } = require('../opening/names');
const { validateOptions } = require('../opening/options');
const { isWebSocket } = require('../opening/request');
const { AcceptingDriver } = require('./accepting');
const { ConnectingDriver } = require('./connecting');
const { DraftDriver } = require('./draft');
const { ServingDriver } = require('./serving');

/** @typedef {import('./driver').Options} Options */
/** @typedef {import('../opening/handshake').GivenRequest} GivenRequest */

/**
 * The driver of a client.
 *
 * @param {string} url `ws:` or `wss:`
 * @param {Options} [options] `maxLength`, `protocols`
 * @returns {ConnectingDriver}
 */
function client(url, options) {
  return new ConnectingDriver(url, options);
}

/**
 * The driver of a server that is given the bytes of a connection from the first on.
 *
 * @param {Options} [options] `maxLength`, `protocols`, `allowDrafts`
 * @returns {ServingDriver}
 */
function server(options) {
  return new ServingDriver(options, http);
}

/**
 * The driver for a request that was read already.
 *
 * @param {GivenRequest} request
 * @param {Options|null} [options] `maxLength`, `protocols`, `allowDrafts`
 * @returns {AcceptingDriver|DraftDriver}
 * @throws {TypeError} for what is no request
 */
function http(request, options) {
  if (!request || !request.headers) {
    throw new TypeError('http(request, options) needs the request of an HTTP server\'s "upgrade" event');
  }
  const drafts = options && withoutEverybodys(options, ['allowDrafts']).allowDrafts;
  const draft = drafts === true ? draftOf(request.headers) : undefined;
  return draft ? new DraftDriver(draft, request, options) : new AcceptingDriver(request, options);
}

/**
 * Whether a request came over TLS, as far as a server behind proxies can tell.
 *
 * @param {GivenRequest} request
 * @returns {boolean}
 */
function isSecureRequest(request) {
  return isSecure(request);
}

module.exports = { client, server, http, isSecureRequest, isWebSocket, validateOptions };
