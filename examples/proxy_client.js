'use strict';

/**
 * A client that goes through an HTTP proxy, which wants a password. The proxy and the server are here as well, so that
 * there is something to see.
 *
 *     node examples/proxy_client.js
 */

const { once } = require('events');
const http = require('http');
const net = require('net');

// Elsewhere this is require('faye-websocket').
const WebSocket = require('..');

/** A proxy that opens tunnels for those who know the password. */
function createProxy() {
  const proxy = http.createServer();
  const credentials = 'Basic ' + Buffer.from('me:secret').toString('base64');

  proxy.on('connect', (request, socket, head) => {
    socket.on('error', () => {});
    if (request.headers['proxy-authorization'] !== credentials) {
      return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    console.log(`the proxy opens a tunnel to ${hostname}`);
    const origin = net.connect(port, hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      origin.write(head);
      origin.pipe(socket).pipe(origin);
    });
    origin.on('error', () => socket.destroy());
    origin.on('close', () => socket.destroy());
    socket.on('close', () => origin.destroy());
  });
  return proxy;
}

/** A server that answers in capitals. */
function createServer() {
  const server = http.createServer();
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head);
    ws.on('message', (event) => ws.send(event.data.toUpperCase()));
  });
  return server;
}

/** Connects through the proxy with a password; tells what comes of it. */
function connect(url, origin) {
  const ws = new WebSocket.Client(url, null, { proxy: { origin } });
  ws.on('open', () => ws.send('Hello through the tunnel'));
  ws.on('message', (event) => {
    console.log(event.data);
    ws.close();
  });
  ws.on('error', (event) => console.log(event.message));
  return new Promise((resolve) => ws.on('close', resolve));
}

/** Starts both servers, and connects with the right and with a wrong password. */
async function main() {
  const [proxy, server] = [createProxy(), createServer()];
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  await once(server.listen(0, '127.0.0.1'), 'listening');

  const url = `ws://127.0.0.1:${server.address().port}/`;
  await connect(url, `http://me:secret@127.0.0.1:${proxy.address().port}`);
  await connect(url, `http://me:guess@127.0.0.1:${proxy.address().port}`);

  proxy.close();
  server.close();
}

main();
