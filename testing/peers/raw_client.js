'use strict';

/** A client that writes exactly the bytes that it is told to, and reads frames one at a time. */

const net = require('node:net');
const tls = require('node:tls');

const { readFrame } = require('../wire');

const REQUEST = [
  'GET / HTTP/1.1',
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
];

/**
 * The head of a request for a WebSocket.
 *
 * @param {string[]} [lines] more header lines
 * @returns {Buffer}
 */
function request(lines = []) {
  return Buffer.from([...REQUEST, ...lines, '', ''].join('\r\n'), 'latin1');
}

/** A connection of bytes: what arrived is kept until somebody asks. */
class RawClient {
  constructor(socket) {
    this.socket = socket;
    this.bytes = Buffer.alloc(0);
    this.ended = false;
    this.waiting = [];
    socket.on('data', (chunk) => {
      this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
      this.check();
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      const over = () => {
        this.ended = true;
        this.check();
        resolve();
      };
      socket.on('end', over);
      socket.on('close', over);
    });
  }

  /** Serves those who wait, in order, as far as the bytes reach. */
  check() {
    while (this.waiting.length > 0) {
      const { take, resolve, reject } = this.waiting[0];
      const taken = take();
      if (taken === undefined && !this.ended) return;
      this.waiting.shift();
      if (taken === undefined)
        reject(new Error(`closed; left: ${JSON.stringify(this.bytes.toString('latin1', 0, 500))}`));
      else resolve(taken);
    }
  }

  /** Resolves with what `take` makes of the bytes, as soon as that is not undefined. */
  wait(take) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ take, resolve, reject });
      this.check();
    });
  }

  /** Takes an HTTP head, with its blank line. */
  head() {
    return this.wait(() => {
      const end = this.bytes.indexOf('\r\n\r\n');
      if (end < 0) return undefined;
      const head = this.bytes.toString('latin1', 0, end + 4);
      this.bytes = this.bytes.subarray(end + 4);
      return head;
    });
  }

  /** Takes a frame: `{ opcode, fin, payload }`. */
  frame() {
    return this.wait(() => {
      const frame = readFrame(this.bytes);
      if (frame === null) return undefined;
      this.bytes = this.bytes.subarray(frame.size);
      return frame;
    });
  }

  /** Takes `count` frames as `opcode:payload`, a close frame as `8:code:reason`. */
  async frames(count) {
    const list = [];
    while (list.length < count) list.push(describe(await this.frame()));
    return list;
  }

  /** Takes everything that arrives until the connection ends. */
  async rest() {
    await this.closed;
    const { bytes } = this;
    this.bytes = Buffer.alloc(0);
    return bytes;
  }

  /** From now on counts what arrives in `dropped`, and keeps none of it. */
  drop() {
    this.dropped = 0;
    this.socket.removeAllListeners('data');
    this.socket.on('data', (chunk) => (this.dropped += chunk.length));
  }

  /** Sends bytes, in one write if they are given in one call. */
  send(...pieces) {
    this.socket.write(Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
  }
}

/** A frame in one word, for comparisons. */
function describe({ opcode, payload }) {
  if (opcode === 8 && payload.length >= 2) return `8:${payload.readUInt16BE(0)}:${payload.subarray(2)}`;
  return `${opcode}:${payload}`;
}

/**
 * Connects to `port`, sends nothing.
 *
 * @param {import('node:test').TestContext} t destroys the socket with the test
 * @param {number} port
 * @param {{secure?: boolean}} [settings]
 * @returns {Promise<RawClient>}
 */
function dial(t, port, { secure } = {}) {
  return new Promise((resolve, reject) => {
    const target = { port, host: '127.0.0.1', allowHalfOpen: true };
    const socket = secure ? tls.connect({ ...target, rejectUnauthorized: false }) : net.connect(target);
    socket.setNoDelay(true);
    t.after(() => socket.destroy());
    socket.once('error', reject);
    socket.once(secure ? 'secureConnect' : 'connect', () => resolve(new RawClient(socket)));
  });
}

/**
 * Connects to `port` and completes the handshake of RFC 6455.
 *
 * @param {import('node:test').TestContext} t
 * @param {number} port
 * @param {{secure?: boolean, headers?: string[], early?: Buffer}} [settings] `early` rides in the packet of the request
 * @returns {Promise<RawClient>}
 */
async function connect(t, port, settings = {}) {
  const client = await dial(t, port, settings);
  client.send(request(settings.headers), settings.early || Buffer.alloc(0));
  client.answer = await client.head();
  if (!client.answer.startsWith('HTTP/1.1 101 '))
    throw new Error(`the handshake was refused: ${client.answer}`);
  return client;
}

module.exports = { RawClient, connect, describe, dial, request };
