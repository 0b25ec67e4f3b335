'use strict';

/**
 * The instances whose surface is compared, in every state: connections of both roles, event streams, and each kind of
 * event. All of it runs over real sockets.
 */

const { once } = require('events');
const http = require('http');
const net = require('net');

/** The next event of a connection; `events.once` would reject for an `error`. */
const next = (emitter, name) => new Promise((resolve) => emitter.once(name, resolve));

/**
 * Calls `show(path, object)` for every instance.
 *
 * @param {function} WebSocket an implementation
 * @param {function(string, object): void} show
 * @returns {Promise<void>}
 */
async function walkInstances(WebSocket, show) {
  const server = http.createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  const url = `ws://127.0.0.1:${port}/path`;
  try {
    await conversation(WebSocket, server, url, show);
    await refusals(WebSocket, server, port, show);
    await losses(WebSocket, server, url, show);
    await eventStream(WebSocket, server, port, show);
  } finally {
    server.close();
  }
}

/** A server and a client that open, talk and close. */
async function conversation(WebSocket, server, url, show) {
  const upgraded = new Promise((resolve) => {
    server.once('upgrade', (request, socket, head) => {
      const ws = new WebSocket(request, socket, head, ['chat']);
      show('server while connecting', ws);
      ws.once('open', (event) => {
        show('open event of a server', event);
        show('server when open', ws);
      });
      resolve(ws);
    });
  });
  const client = new WebSocket.Client(url, ['chat']);
  show('client while connecting', client);
  const opened = next(client, 'open');
  const ws = await upgraded;
  show('open event of a client', await opened);
  show('client when open', client);

  const asked = next(ws, 'message');
  client.send('text');
  show('message event of a server', await asked);
  const answered = next(client, 'message');
  ws.send(Buffer.from('binary'));
  show('message event of a client', await answered);

  const closed = [next(ws, 'close'), next(client, 'close')];
  client.close(3000, 'reason');
  show('client while closing', client);
  show('close event of a server', await closed[0]);
  show('server when closed', ws);
  show('close event of a client', await closed[1]);
  show('client when closed', client);
}

/** Connections that never open. */
async function refusals(WebSocket, server, port, show) {
  const refused = new Promise((resolve) => {
    server.once('upgrade', (request, socket, head) => {
      const ws = new WebSocket(request, socket, head);
      resolve(Promise.all([ws, next(ws, 'error'), next(ws, 'close')]));
    });
  });
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
  socket.write('Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 8\r\n\r\n');
  socket.resume();
  const [ws, error] = await refused;
  socket.destroy();
  show('error event of a server', error);
  show('server that has refused', ws);

  server.once('upgrade', (_, raw) => raw.end('HTTP/1.1 404 Not Found\r\nX-A: b\r\n\r\n'));
  const client = new WebSocket.Client(`ws://127.0.0.1:${port}/`);
  const failed = next(client, 'error');
  const closed = next(client, 'close');
  show('error event of a client', await failed);
  await closed;
  show('client that was refused', client);

  const free = net.createServer();
  await once(free.listen(0, '127.0.0.1'), 'listening');
  const nobody = free.address().port;
  await new Promise((resolve) => free.close(resolve));
  const lost = new WebSocket.Client(`ws://127.0.0.1:${nobody}/`);
  await next(lost, 'close');
  show('client that found nobody', lost);
}

/** Connections that are lost, or given up, and what becomes of those that are paused. */
async function losses(WebSocket, server, url, show) {
  const upgraded = new Promise((resolve) => {
    server.once('upgrade', (request, socket, head) =>
      resolve([new WebSocket(request, socket, head), socket])
    );
  });
  const client = new WebSocket.Client(url);
  client.pause();
  show('client paused while connecting', client);
  client.resume();
  await next(client, 'open');
  const [ws, socket] = await upgraded;
  ws.pause();
  show('server while paused', ws);
  ws.resume();
  ws.ping('payload', () => {});
  show('server that has pinged', ws);
  const closed = [next(ws, 'close'), next(client, 'close')];
  socket.destroy();
  show('server whose socket was just destroyed', ws);
  show('close event of a server that was lost', await closed[0]);
  show('close event of a client that was lost', await closed[1]);
  show('server that was lost', ws);
  show('client that was lost', client);
  ws.send('late');
  show('server that was lost and sends', ws);

  server.once('connect', (_, raw) => raw.end('HTTP/1.1 407 Proxy Authentication Required\r\nX-A: b\r\n\r\n'));
  const { host } = new URL(url);
  const proxied = new WebSocket.Client('ws://localhost/', null, { proxy: { origin: `http://${host}` } });
  proxied.on('error', () => {});
  show('client that asks a proxy', proxied);
  await next(proxied, 'close');
  show('client that its proxy has refused', proxied);
}

/** A stream of events from its beginning to its end. */
async function eventStream(WebSocket, server, port, show) {
  const served = new Promise((resolve) => {
    server.once('request', (request, response) => {
      const source = new WebSocket.EventSource(request, response);
      show('event source while connecting', source);
      source.once('open', (event) => {
        show('open event of an event source', event);
        show('event source when open', source);
        source.close();
      });
      source.once('close', (event) => {
        show('close event of an event source', event);
        show('event source when closed', source);
        resolve();
      });
    });
  });
  http.get({ port, host: '127.0.0.1', headers: { accept: 'text/event-stream' } }, (response) =>
    response.resume()
  );
  await served;
}

module.exports = { walkInstances };
