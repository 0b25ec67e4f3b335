'use strict';

/**
 * One implementation that plays a case over a stream in memory. What it emits and what it writes are two lists of
 * lines for each step; between the two lists of one step there is no order, as bytes may leave at the end of a turn.
 */

const { createHash } = require('crypto');
const net = require('net');
const { Duplex } = require('stream');
const { Trace, describeState } = require('../../__test__/parity/harness/trace');
const { describeFrames } = require('../../__test__/parity/harness/wire');
const { format } = require('../../__test__/parity/harness/format');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** A socket in memory: `push` is what the peer sends. */
class Wire extends Duplex {
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

/** Turns the arguments of a case into values. */
function valuesOf(args) {
  return args.map((arg) =>
    arg !== null && typeof arg === 'object' && 'hex' in arg ? Buffer.from(arg.hex, 'hex') : arg
  );
}

class Subject {
  /** @param {string} name @param {Function} WebSocket the package */
  constructor(name, WebSocket) {
    this.name = name;
    this.WebSocket = WebSocket;
  }

  /** Makes the WebSocket of a case, and has it opened. */
  start(play) {
    this.play = play;
    this.trace = new Trace();
    this.unprinted = [];
    this.steps = [];
    this.messages = 0;
    this.headDone = false;
    this.ended = false;
    this.wire = new Wire((bytes) => this.written(bytes));
    this.wire.on('error', () => {});
    const options = play.maxLength === undefined ? {} : { maxLength: play.maxLength };
    this.ws = play.role === 'server' ? this.serve(options) : this.connect(options);
    this.trace.watch(this.ws, 'ws');
    this.ws.on('message', (event) => this.react(event));
    for (const operation of play.early) this.perform(operation);
  }

  serve(options) {
    const headers = {
      host: 'localhost',
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-version': '13',
      'sec-websocket-key': KEY
    };
    const request = { method: 'GET', url: '/', headers, socket: this.wire, connection: this.wire };
    return new this.WebSocket(request, this.wire, Buffer.alloc(0), [], options);
  }

  /** Either implementation makes its socket with `net.connect`. */
  connect(options) {
    const real = net.connect;
    net.connect = (where, callback) => {
      if (callback) this.wire.once('connect', callback);
      process.nextTick(() => this.wire.emit('connect'));
      return this.wire;
    };
    try {
      return new this.WebSocket.Client('ws://localhost/', [], options);
    } finally {
      net.connect = real;
    }
  }

  /** Notes bytes on the wire. The head is taken apart from them, and answered if it is a request. */
  written(bytes) {
    this.trace.touch();
    this.unprinted.push(bytes);
    if (this.headDone) return;
    const all = Buffer.concat(this.unprinted);
    const end = all.indexOf('\r\n\r\n');
    if (end < 0) return;
    this.headDone = true;
    this.unprinted = [all.subarray(end + 4)];
    if (this.play.role === 'server') return;
    const key = /^Sec-WebSocket-Key: (.*)\r$/im.exec(all.toString('latin1'))[1];
    const accept = createHash('sha1')
      .update(key + GUID)
      .digest('base64');
    this.wire.push(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
    );
  }

  /** What the application does on a message. */
  react(event) {
    this.messages += 1;
    const { handler } = this.play;
    if (handler === 'echo') this.ws.send(event.data);
    if (handler === 'ping') this.ws.ping(`after ${this.messages}`, () => this.trace.say('pong heard'));
    if (this.messages !== 2) return;
    if (handler === 'close') this.ws.close(3001, 'enough');
    if (handler === 'pause') this.ws.pause();
    if (handler === 'destroy') this.wire.destroy();
  }

  /** Does one operation; what it returns or throws is a line. */
  perform({ feed, call, args, end, fail }) {
    if (feed !== undefined) {
      if (!this.wire.destroyed && !this.ended) this.wire.push(Buffer.from(feed, 'hex'));
    } else if (call) {
      try {
        const result = this.ws[call](...valuesOf(args));
        this.trace.say(`${call} returns ${format(result)}`);
      } catch (error) {
        this.trace.say(`${call} throws ${format(error)}`);
      }
    } else if (end) {
      this.ended = true;
      this.wire.push(null);
    } else if (fail) {
      this.wire.destroy(new Error('gone'));
    }
  }

  /** Ends a step: what was seen in it becomes a part of the record. */
  cut() {
    const { frames, rest } = describeFrames(Buffer.concat(this.unprinted));
    this.unprinted = [rest];
    const events = this.trace.lines.splice(0);
    events.push(`state is ${describeState(this.ws)}`);
    if (this.wire.destroyed) events.push('the stream is destroyed');
    this.steps.push({ events, written: frames });
  }

  /** Ends the case. */
  finish() {
    const rest = Buffer.concat(this.unprinted);
    if (rest.length > 0)
      this.steps[this.steps.length - 1].written.push(`half a frame: ${rest.toString('hex')}`);
    this.trace.close();
    this.wire.destroy();
    return this.steps;
  }
}

module.exports = { Subject };
