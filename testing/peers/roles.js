'use strict';

// An end of ours in either role, whose peer sends and reads bytes.

const { once } = require('node:events');

const { makeCertificate } = require('../certificate');
const { MASK } = require('../wire');
const WebSocket = require('./implementation');
const { connect } = require('./raw_client');
const { agreement, listen } = require('./raw_server');
const { serve } = require('./server');

/** By role: our end, its peer, and the mask of the peer's frames; `headers` are those that the peer adds to its handshake. */
const ROLES = {
  async server(t, options, secure, headers) {
    const server = await serve(t, undefined, { secure, options });
    const peer = await connect(t, server.port, { secure, headers });
    return { ws: await server.next(), peer, mask: MASK };
  },
  async client(t, options, secure, headers) {
    const certificate = secure ? makeCertificate({ names: ['127.0.0.1'] }) : undefined;
    const server = await listen(t, undefined, { certificate });
    const ws = new WebSocket.Client(server.url, [], { ...options, tls: { rejectUnauthorized: false } });
    t.after(() => ws.terminate());
    const peer = await server.next();
    peer.send(agreement(await peer.head(), headers));
    await once(ws, 'open');
    return { ws, peer, mask: null };
  }
};

module.exports = { ROLES };
