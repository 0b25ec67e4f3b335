'use strict';

/**
 * What lies between an implementation and its peer: a stream in memory, or two sockets on loopback. Over sockets our
 * side uses the direct transport, as any server does.
 *
 * Either has the implementation's end in `stream`, and `feed`, `end`, `fail` and `close` for the peer.
 */

const net = require('net');
const { Duplex } = require('stream');

/** A socket in memory. */
class Memory extends Duplex {
  constructor(onWrite) {
    super({ allowHalfOpen: false });
    this.onWrite = onWrite;
  }

  _read() {}

  _write(chunk, encoding, callback) {
    this.onWrite(Buffer.from(chunk));
    callback();
  }

  setTimeout() {
    return this;
  }

  setNoDelay() {
    return this;
  }
}

class MemoryWire {
  constructor(onWrite) {
    this.stream = new Memory(onWrite);
    this.stream.on('error', () => {});
    this.ended = false;
  }

  feed(bytes) {
    if (!this.stream.destroyed && !this.ended) this.stream.push(bytes);
  }

  end() {
    if (this.ended) return;
    this.ended = true;
    this.stream.push(null);
  }

  fail() {
    this.stream.destroy(new Error('gone'));
  }

  close() {
    this.stream.destroy();
  }
}

class SocketWire {
  constructor(stream, peer, onWrite) {
    this.stream = stream;
    this.peer = peer;
    this.ended = false;
    for (const socket of [stream, peer]) socket.on('error', () => {});
    peer.on('data', onWrite);
  }

  feed(bytes) {
    if (!this.peer.destroyed && !this.ended) this.peer.write(bytes);
  }

  end() {
    this.ended = true;
    this.peer.end();
  }

  fail() {
    this.stream.destroy(new Error('gone'));
  }

  close() {
    this.stream.destroy();
    this.peer.destroy();
  }
}

let server = null;
/** Sockets that were accepted and not asked for, and those who wait for one, by the port of the other end. */
const accepted = new Map();
const waiting = new Map();

function accept(socket) {
  const { remotePort: port } = socket;
  if (waiting.has(port)) waiting.get(port)(socket);
  else accepted.set(port, socket);
}

/** Two sockets that are connected to one another, the accepted one first. */
async function pair() {
  if (server === null) {
    server = net.createServer(accept);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
  const peer = net.connect({ port: server.address().port, host: '127.0.0.1', allowHalfOpen: true });
  await new Promise((resolve) => peer.once('connect', resolve));
  const port = peer.localPort;
  const stream = accepted.get(port) || (await new Promise((resolve) => waiting.set(port, resolve)));
  accepted.delete(port);
  waiting.delete(port);
  peer.setNoDelay(true);
  return [stream, peer];
}

/** A wire of that kind. */
async function makeWire(kind, onWrite) {
  if (kind !== 'socket') return new MemoryWire(onWrite);
  const [stream, peer] = await pair();
  return new SocketWire(stream, peer, onWrite);
}

module.exports = { makeWire };
