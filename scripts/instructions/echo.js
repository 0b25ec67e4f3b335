'use strict';

/**
 * Echoes messages in this process, between clients and a server of one package, and ends the process in the middle of the
 * last: what `scripts/instructions.js` counts.
 *
 *     node --single-threaded scripts/instructions/echo.js '{"folder": "…", "messages": 10000, …}'
 */

const http = require('node:http');
const path = require('node:path');

/** What is taken out of the package, by name: modules, and what stands in their place. */
const WITHOUT = {
  nothing: {},
  channels: {
    'lib/connection/channels.js': () => ({
      hasSubscribers: () => false,
      publish() {},
      watchMessages() {},
      watchPings() {}
    })
  },
  scope: {
    'lib/transport/scope.js': (scope) => {
      // Neither is a context entered, nor are ticks run between the turns of two connections.
      const none = { runInAsyncScope: (action, self, ...values) => action.apply(self, values) };
      return { ...scope, makeScope: () => none, drain() {} };
    }
  }
};

/** @type {{folder: string, transport: string, connections: number, flight: number, length: number, warm: number, messages: number, without: string, binary: boolean}} */
const { folder, transport, connections, flight, length, warm, messages, without, binary } = JSON.parse(
  process.argv[2]
);

for (const [file, replace] of Object.entries(WITHOUT[without])) {
  const name = path.join(folder, file);
  const real = require(name);
  require.cache[name].exports = replace(real);
}
const WebSocket = require(folder);

const message = binary ? Buffer.alloc(length, 'x') : 'x'.repeat(length);
const server = http.createServer();
server.on('upgrade', (request, socket, head) => {
  const ws = new WebSocket(request, socket, head, null, { transport });
  ws.onmessage = ({ data }) => ws.send(data);
});

let open = 0;
let left = warm + messages;
/** What had been taken when the code was warm. @type {NodeJS.CpuUsage | undefined} */
let before;

/** All clients send what they may have in flight. */
function begin(clients) {
  for (const client of clients) {
    for (let i = 0; i < flight; i++) client.send(message);
  }
}

server.listen(0, '127.0.0.1', () => {
  const url = `ws://127.0.0.1:${server.address().port}/`;
  const clients = Array.from({ length: connections }, () => {
    const client = new WebSocket.Client(url, null, { transport });
    client.onmessage = () => {
      if (left === messages) before = process.cpuUsage();
      if (--left > 0) return client.send(message);
      const { user, system } = process.cpuUsage(before);
      process.stdout.write(`${JSON.stringify({ user, system })}\n`);
      // Without whatever an orderly end does.
      process.reallyExit(0);
    };
    client.onopen = () => {
      if (++open === connections) begin(clients);
    };
    return client;
  });
});
