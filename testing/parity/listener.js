'use strict';

/** Servers of a script for the client role: plain sockets or TLS, on ports of the system's choice, on loopback. */

const net = require('net');
const tls = require('tls');

/**
 * Opens a listener and calls `onSocket` for each connection, or for TLS each one whose handshake is done.
 * `certificate` makes it TLS. Returns the server.
 */
async function openListener(certificate, onSocket) {
  const server = certificate
    ? tls.createServer({ ...certificate, allowHalfOpen: true }, onSocket)
    : net.createServer({ allowHalfOpen: true }, onSocket);
  server.sockets = new Set();
  server.on('connection', (socket) => {
    server.sockets.add(socket);
    socket.on('error', () => {});
    socket.setNoDelay(true);
  });
  server.on('tlsClientError', () => {});
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Closes a listener and every connection that it has taken. */
function closeListener(server) {
  server.close();
  for (const socket of server.sockets) socket.destroy();
}

/**
 * A port on which nobody listens, and nobody will while the script runs: it is the local end of a connection that stays
 * open. Calls `cleanups.push` with what closes it.
 */
async function deadPort(cleanups) {
  const server = await openListener(null, () => {});
  cleanups.push(() => closeListener(server));
  const socket = net.connect(server.address().port, '127.0.0.1');
  socket.on('error', () => {});
  cleanups.push(() => socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket.localPort;
}

module.exports = { openListener, closeListener, deadPort };
