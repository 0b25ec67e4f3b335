'use strict';

/**
 * Node's own sockets, the least that any JavaScript client on `net` can cost: a request head and one frame are written
 * as prepared bytes, one write a message, and replies are only counted by their length.
 */

const net = require('net');
const { connect: connectSecurely } = require('tls');
const { fail, makeReady, readArguments } = require('./control');

const KEY = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

const { port, secure, connections, inFlight, message, tls } = readArguments();
const frame = makeFrame(message);
// A reply has no masking key.
const replySize = frame.length - KEY.length;
const ready = makeReady(connections);
for (let index = 0; index < connections; index++) connect();

function connect() {
  const target = { port, host: '127.0.0.1' };
  const socket = secure ? connectSecurely({ ...target, ...tls }) : net.connect(target);
  socket.setNoDelay(true);
  let head = '';
  let bytes = 0;
  socket.write(
    'GET /bench HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
  );
  socket.on('data', onHead);
  socket.on('error', (error) => fail(error.message));
  socket.on('close', () => fail('closed'));

  function onHead(chunk) {
    head += chunk.toString('latin1');
    if (!head.endsWith('\r\n\r\n')) return;
    socket.removeListener('data', onHead);
    socket.on('data', onReplies);
    for (let sent = 0; sent < inFlight; sent++) socket.write(frame);
    ready();
  }

  function onReplies(chunk) {
    for (bytes += chunk.length; bytes >= replySize; bytes -= replySize) socket.write(frame);
  }
}

/** Builds one masked frame (RFC 6455 section 5.2). */
function makeFrame(message) {
  const payload = Buffer.from(message);
  const first = typeof message === 'string' ? 0x81 : 0x82;
  let header;
  if (payload.length < 126) {
    header = Buffer.from([first, 0x80 | payload.length]);
  } else if (payload.length < 65536) {
    header = Buffer.from([first, 0x80 | 126, payload.length >> 8, payload.length & 255]);
  } else {
    header = Buffer.alloc(10);
    header[0] = first;
    header[1] = 0x80 | 127;
    header.writeUInt32BE(payload.length, 6);
  }
  for (let index = 0; index < payload.length; index++) payload[index] ^= KEY[index % 4];
  return Buffer.concat([header, KEY, payload]);
}
