'use strict';

/**
 * Node's own sockets, the least that any JavaScript server on `net` can cost: bytes are echoed as they come and no
 * frame is looked at; over TLS with a certificate. With `--http` the socket is an upgraded one: Node's http server reads the request and the 101 is
 * written by hand.
 */

const crypto = require('crypto');
const net = require('net');
const tls = require('tls');
const { createServer, listen, readArguments } = require('./control');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CLOSE = 0x88;

const { mode, secure, flags } = readArguments();
const all = new Set();

/** Echoes a socket's bytes. */
function echo(socket) {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  if (mode === 'broadcast') {
    all.add(socket);
    socket.on('close', () => all.delete(socket));
    socket.on('data', (chunk) => {
      for (const each of all) each.write(chunk);
    });
  } else if (mode === 'churn') {
    // The load sends one message and then a close frame: the end of the stream answers it.
    socket.on('data', (chunk) => (chunk[0] === CLOSE ? socket.end(chunk) : socket.write(chunk)));
  } else {
    socket.on('data', (chunk) => socket.write(chunk));
  }
}

/** Answers an upgrade by hand. */
function upgrade(request, socket) {
  const accept = crypto.createHash('sha1').update(request.headers['sec-websocket-key'] + GUID);
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`
  );
  echo(socket);
}

if (flags.has('http')) listen(createServer(secure).on('upgrade', upgrade));
else listen(secure ? tls.createServer(secure, echo) : net.createServer(echo));
