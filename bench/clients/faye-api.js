'use strict';

/**
 * Clients by the API of faye-websocket, for the two packages that have it.
 */

const { fail, makeCheck, makeReady, readArguments } = require('./control');

/**
 * Runs the load.
 * @param {Function} Client the package's `Client`
 * @param {(flags: Set<string>) => object} [makeOptions] the constructor's options, from the peer's own flags
 */
function run(Client, makeOptions = () => ({})) {
  const { url, connections, inFlight, message, tls, flags } = readArguments();
  const ready = makeReady(connections);
  for (let index = 0; index < connections; index++) {
    const check = makeCheck(message);
    const ws = new Client(url, [], Object.assign({ tls }, makeOptions(flags)));
    ws.on('open', () => {
      for (let sent = 0; sent < inFlight; sent++) ws.send(message);
      ready();
    });
    ws.on('message', (event) => {
      check(event.data);
      ws.send(message);
    });
    ws.on('error', (event) => fail(event.message));
    ws.on('close', (event) => fail(`closed with ${event.code}`));
  }
}

module.exports = { run };
