'use strict';

// permessage-deflate (RFC 7692) against its other implementations, in both roles and on both transports, under sets of
// parameters: what goes in comes out, byte for byte and in order.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const Reference = require('faye-websocket-reference');
const permessageDeflate = require('permessage-deflate');
const ws = require('ws');

const WebSocket = require('../testing/peers/implementation');
const { mostlyJson, parameterSets, sameMessage } = require('../testing/deflate_messages');
const { serve } = require('../testing/peers/server');

/** How many messages a pair exchanges. */
const MESSAGES = 40;

/** Sends `messages` over `socket` one by one, and compares what is echoed. */
async function exchange(socket, messages) {
  const echoes = [];
  let ended;
  const done = new Promise((resolve, reject) => {
    ended = resolve;
    socket.onclose = (event) => reject(new Error(`closed with ${event.code} ${event.reason}`));
  });
  socket.onmessage = ({ data }) => {
    echoes.push(data);
    if (echoes.length === messages.length) ended();
  };
  for (const message of messages) socket.send(message);
  await done;
  messages.forEach((message, i) => sameMessage(echoes[i], message, i));
}

/** A server of another implementation that echoes. */
const others = {
  async reference(t) {
    const options = { extensions: [permessageDeflate] };
    const { url } = await serve(t, (peer) => peer.on('message', ({ data }) => peer.send(data)), {
      WebSocket: Reference,
      options
    });
    return url;
  },
  async ws(t) {
    const server = new ws.Server({ port: 0, host: '127.0.0.1', perMessageDeflate: { threshold: 0 } });
    server.on('connection', (peer) => {
      peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary }));
    });
    t.after(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    await once(server, 'listening');
    return `ws://127.0.0.1:${server.address().port}/`;
  }
};

/** A client of another implementation. */
const clients = {
  reference: (url) => new Reference.Client(url, [], { extensions: [permessageDeflate] }),
  ws(url) {
    const client = new ws(url, { perMessageDeflate: { threshold: 0 } });
    client.binaryType = 'nodebuffer';
    return client;
  }
};

for (const transport of ['stream', 'direct']) {
  describe(`permessage-deflate over the ${transport} transport`, () => {
    for (const [i, set] of parameterSets().entries()) {
      const title = JSON.stringify(set);
      const extensions = [WebSocket.deflate.configure(set)];

      test(`a client agrees with other servers on ${title}`, async (t) => {
        for (const name of Object.keys(others)) {
          const client = new WebSocket.Client(await others[name](t), [], { extensions, transport });
          await once(client, 'open');
          assert.match(client.headers['sec-websocket-extensions'], /^permessage-deflate/, name);
          await exchange(client, mostlyJson(i, MESSAGES));
          client.onclose = null;
          client.terminate();
        }
      });

      test(`a server agrees with other clients on ${title}`, async (t) => {
        const echo = (peer) => peer.on('message', ({ data }) => peer.send(data));
        const { url } = await serve(t, echo, { options: { extensions, transport } });
        for (const name of Object.keys(clients)) {
          const client = clients[name](url);
          await new Promise((resolve) => (client.onopen = resolve));
          await exchange(client, mostlyJson(i + 1000, MESSAGES));
          client.onclose = null;
          client.close();
        }
      });
    }
  });
}
