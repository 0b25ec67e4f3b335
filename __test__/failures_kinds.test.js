'use strict';

// Faults of our own code in connections of every kind: each ends its connection with 1011, leaves others of its kind alone,
// and leaves no session behind.

const assert = require('node:assert');
const { once } = require('node:events');
const http2 = require('node:http2');
const { describe, test } = require('node:test');
const { deflateRawSync } = require('node:zlib');

const { failing } = require('./failures/build');
const { closeCode, eventsOf, injectOnce } = require('./failures/opening');
const { ask } = require('../testing/peers/http2');
const { until } = require('../testing/peers/told');
const { startProxy } = require('../testing/peers/proxy');
const { RawClient } = require('../testing/peers/raw_client');
const { agreement, listen } = require('../testing/peers/raw_server');
const { closing } = require('../testing/peers/server');
const { frame, fromServer } = require('../testing/wire');

const built = failing();
const skip = built ? false : 'there is no cargo to build the failures with';
const { WebSocket, native } = built || {};

const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate';
/** Texts that are worked on elsewhere. */
const LARGE = Array.from({ length: 20_000 }, (_, i) => `record ${i * 7919}; `).join('');

/** The bytes of a compressed message, without the end of its block. */
const deflated = (message) => deflateRawSync(message, { finishFlush: 2 }).subarray(0, -4);

/** A connection of ours and its peer, by hand. */
function together(ws, peer, says) {
  return { client: Object.assign(peer, { says }), ws, events: eventsOf(ws), closed: closing(ws) };
}

/** Opens an HTTP/2 server of Node's until the end of a test; its port. */
async function serveHttp2(t, onConnect) {
  const server = http2.createServer({ settings: { enableConnectProtocol: true } });
  const sessions = new Set();
  server.on('session', (session) => sessions.add(session));
  t.after(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  onConnect(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server.address().port;
}

/** How connections of each kind come about: a function that makes one after the other, each with what it has to say. */
const KINDS = {
  async 'over HTTP/2, at a server'(t, options) {
    const made = [];
    const port = await serveHttp2(t, (server) =>
      server
        .on('request', () => {})
        .on('connect', (request) => made.push(new WebSocket(request, request.stream, undefined, [], options)))
    );
    const session = http2.connect(`http://127.0.0.1:${port}`);
    t.after(() => session.destroy());
    await once(session, 'remoteSettings');
    return async () => {
      const stream = ask(session, { 'sec-websocket-extensions': 'permessage-deflate' });
      await once(stream, 'response');
      return together(made.pop(), new RawClient(stream), frame);
    };
  },
  async 'over HTTP/2, at a client'(t, options) {
    const made = [];
    const port = await serveHttp2(t, (server) =>
      server.on('stream', (stream) => {
        stream.on('error', () => {});
        stream.respond(
          { ':status': 200, 'sec-websocket-extensions': 'permessage-deflate' },
          { endStream: false }
        );
        made.push(new RawClient(stream));
      })
    );
    const session = http2.connect(`http://127.0.0.1:${port}`);
    t.after(() => session.destroy());
    await once(session, 'remoteSettings');
    return async () => {
      const ws = new WebSocket.Client(`ws://127.0.0.1:${port}/`, [], { ...options, http2: session });
      await once(ws, 'open');
      return together(ws, made.pop(), fromServer.frame);
    };
  },
  async 'of a client behind a proxy'(t, options) {
    const proxy = await startProxy(t);
    const server = await listen(t);
    return async () => {
      const ws = new WebSocket.Client(server.url, [], { ...options, proxy: { origin: proxy.origin } });
      const peer = await server.next();
      peer.send(agreement(await peer.head(), [OFFER]));
      await once(ws, 'open');
      return together(ws, peer, fromServer.frame);
    };
  }
};

/** What fails, and how the peer or the owner comes to it. */
const FAULTS = {
  receive: ({ client }) => client.send(client.says({ opcode: 1, payload: 'lost' })),
  progress: ({ client }) => client.send(client.says({ opcode: 1, payload: 'lost' })),
  inflate: ({ client }) => client.send(client.says({ opcode: 1, rsv: 4, payload: deflated(LARGE) })),
  pack: ({ ws }) => ws.send('lost '.repeat(100)),
  deflate: ({ ws }) => ws.send(LARGE),
  finished: ({ ws }) => ws.send(LARGE)
};
/** The WebAssembly engine has no threads that jobs come back from. */
const PLACES = Object.keys(FAULTS).filter((place) => (built && built.folder) || place !== 'finished');

for (const [kind, opener] of Object.entries(KINDS)) {
  describe(`a fault in a connection ${kind}`, { skip }, () => {
    for (const place of PLACES) {
      test(`at the place "${place}" ends it with 1011, and no other`, { timeout: 5000 }, async (t) => {
        const before = native.sessions();
        const open = await opener(t, { extensions: [WebSocket.deflate], maxLength: 1 << 26 });
        const one = await open();
        const other = await open();
        injectOnce(t, place);
        FAULTS[place](one);
        assert.strictEqual(await closeCode(one.client), 1011);
        one.client.socket.end();
        assert.strictEqual((await one.closed).code, 1011);
        assert.match(one.events[0], /^error /);
        other.client.send(other.client.says({ opcode: 1, rsv: 4, payload: deflated('still here') }));
        assert.strictEqual((await once(other.ws, 'message'))[0].data, 'still here');
        other.ws.send('still here');
        assert.strictEqual((await other.client.frame()).opcode, 1);
        other.ws.close();
        assert.strictEqual(await closeCode(other.client), 1000);
        other.client.send(other.client.says({ opcode: 8, payload: Buffer.from([3, 232]) }));
        other.client.socket.end();
        await other.closed;
        await until(() => native.sessions() === before);
      });
    }
  });
}
