'use strict';

// A server that is closing calls back when its last connection is gone. Programs end themselves there, so the connection
// has told its `close` by then.

const assert = require('node:assert');
const http = require('node:http');
const https = require('node:https');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { makeCertificate } = require('../testing/certificate');
const { TRANSPORTS } = require('../testing/peers/engines');
const { connect } = require('../testing/peers/raw_client');
const wire = require('../testing/wire');

const WAYS = [
  ...TRANSPORTS.map((transport) => ({ transport, secure: false })),
  { transport: 'stream', secure: true }
];

/** What the peer sends at the end, and the code that the connection tells. */
const ENDINGS = {
  'the close frame of the peer': { last: [wire.close(4000)], code: 4000 },
  'a message and the close frame of the peer': { last: [wire.text('last'), wire.close(4001)], code: 4001 },
  'a frame that breaks the protocol': { last: [wire.frame({ opcode: 3 })], code: 1002 }
};

/** Begins a server that echoes. @param {{transport: string, secure: boolean}} way @param {string[]} log */
function serve({ transport, secure }, log) {
  const server = secure ? https.createServer(makeCertificate({ names: ['localhost'] })) : http.createServer();
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head, null, { transport });
    ws.on('message', ({ data }) => ws.send(data));
    ws.on('close', ({ code }) => log.push(`close ${code}, destroyed ${socket.destroyed}`));
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

for (const way of WAYS) {
  describe(`over the ${way.transport} transport${way.secure ? ' and TLS' : ''}`, () => {
    for (const [title, { last, code }] of Object.entries(ENDINGS)) {
      test(`behind ${title}, close comes before the server calls back`, async (t) => {
        const log = [];
        const server = await serve(way, log);
        const peer = await connect(t, server.address().port, { secure: way.secure });
        const closed = new Promise((resolve) => {
          server.close(resolve);
        });
        peer.send(...last);
        peer.closed.then(() => peer.socket.end());
        await closed;
        const destroyed = code !== 1002;
        assert.deepStrictEqual(log, [`close ${code}, destroyed ${destroyed}`]);
      });
    }
  });
}
