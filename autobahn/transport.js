'use strict';

/** Makes sure that what is tested is the transport that was asked for. */

const OPEN = 1;

/**
 * Ends the program when a new connection has not come to the transport that `FAYE_WEBSOCKET_TRANSPORT` names: results
 * filed under the wrong name would be worse than none. A connection changes over right after its `open`.
 *
 * @param {import('..').Connection} ws that has emitted `open`
 */
function expectTransport(ws) {
  const wanted = process.env.FAYE_WEBSOCKET_TRANSPORT;
  setImmediate(() => {
    if (ws.transport === wanted || ws.readyState !== OPEN) return;
    console.error(`the connection is on the transport ${ws.transport}, not ${wanted}`);
    process.exit(1);
  });
}

module.exports = { expectTransport };
