'use strict';

/** The client's WebSocket: the face of a connection that `lib/connection/client.js` opens. */

const { inherits } = require('util');

const API = require('./api');
const { face } = require('./api/face');
const { CONNECTION } = require('../connection_of');
const { ClientConnection } = require('../../connection/client');
const { settingsOf } = require('../settings');
const { refuseCall, refuseOptions, refuseRequest } = require('../../opening/misplaced');
const { CLIENT, abortSignal, milliseconds, ownOptions, refuseUnknown } = require('../../opening/options');
const { maxRedirects } = require('../../opening/redirect');

/** How the constructor is to be called. */
const CALL = 'new Client(url, protocols, options), with null for no protocols';

/**
 * Begins to connect. Everything that is wrong with the arguments is thrown here, before there is a socket.
 *
 * @this {any}
 * @param {string} url `ws:`, `wss:`, or `ws+unix:` and `wss+unix:` with the path of a socket
 * @param {string|string[]|null} [protocols] subprotocols to offer
 * @param {Record<string, any>} [options] see `index.d.ts`
 */
function Client(url, protocols, options) {
  refuseCall(this, Client, CALL);
  refuseRequest(url);
  refuseOptions(protocols, CLIENT, 'protocols belong', CALL);
  url = String(url);
  options = options || {};
  refuseUnknown(options, CLIENT);
  options = ownOptions(options, CLIENT);
  const timeout = milliseconds('handshakeTimeout', options.handshakeTimeout);
  const signal = abortSignal(options.signal);
  const redirects = maxRedirects(options.maxRedirects);
  const connection = new ClientConnection(face, this, settingsOf(options, url, 'hybi-13'), {
    protocols,
    options,
    redirects,
    signal
  });
  this.url = url;
  this._stream = connection._stream;
  API.call(this, connection);
  this[CONNECTION].start(timeout);
}
inherits(Client, API);

module.exports = Client;
