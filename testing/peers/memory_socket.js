'use strict';

/** Streams in memory, in the place of sockets: for take-overs of what is not a socket, and for calls within calls. */

const { Duplex } = require('node:stream');

/**
 * A duplex stream whose input is what `feed` is given, synchronously, and whose output is kept.
 * Written memory is kept as it is, not copied, so that a test sees whether somebody writes to it later.
 */
class MemorySocket extends Duplex {
  /** @param {object} [options] of a Duplex */
  constructor(options) {
    super(options);
    this.chunks = [];
    this.timeouts = [];
  }

  _read() {}

  _write(chunk, encoding, callback) {
    this.chunks.push(chunk);
    if (this.onWrite) this.onWrite(chunk);
    callback();
  }

  /** Delivers `bytes` to the listeners of `data` before it returns, when the stream flows. */
  feed(bytes) {
    this.push(bytes);
  }

  /** All that was written so far. */
  get written() {
    return Buffer.concat(this.chunks);
  }

  setTimeout(milliseconds) {
    this.timeouts.push(milliseconds);
    return this;
  }

  setNoDelay() {
    return this;
  }
}

/** A request for a WebSocket, as Node's server would hand it over. */
function fakeRequest(headers = {}) {
  return {
    method: 'GET',
    url: '/',
    headers: {
      host: 'localhost',
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...headers
    }
  };
}

module.exports = { MemorySocket, fakeRequest };
