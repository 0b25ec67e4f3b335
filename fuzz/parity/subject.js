'use strict';

/**
 * One implementation that plays a case over a wire of `wire.js`. What it emits and what it writes are two lists of
 * lines for each step; between the two lists of one step there is no order, as bytes may leave at the end of a turn.
 */

const { createHash } = require('crypto');
const net = require('net');
const { Trace, describeState } = require('../../testing/parity/trace');
const { describeFrames } = require('../../testing/wire');
const { format } = require('../../testing/format');
const { makeWire } = require('./wire');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** The headers of a request in each dialect. */
const REQUESTS = {
  'hybi-13': { upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': KEY },
  'hixie-75': { upgrade: 'WebSocket', origin: 'http://localhost' },
  'hixie-76': {
    upgrade: 'WebSocket',
    origin: 'http://localhost',
    'sec-websocket-key1': '4 @1  46546xW%0l 1 5',
    'sec-websocket-key2': '12998 5 Y3 1  .P00'
  }
};

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

  /** Readies a case. */
  async ready(play) {
    this.play = play;
    this.direct = false;
    this.wire = await makeWire(play.wire, (bytes) => this.written(bytes));
  }

  /** Makes the WebSocket of the case, and has it opened. */
  start() {
    const { play } = this;
    this.trace = new Trace();
    this.unprinted = [];
    this.steps = [];
    this.messages = 0;
    this.headDone = false;
    const options = play.maxLength === undefined ? {} : { maxLength: play.maxLength };
    this.ws = play.role === 'server' ? this.serve(options) : this.connect(options);
    this.trace.watch(this.ws, 'ws');
    this.ws.on('message', (event) => this.react(event));
    for (const operation of play.early) this.perform(operation);
  }

  serve(options) {
    const { stream } = this.wire;
    const headers = { host: 'localhost', connection: 'Upgrade', ...REQUESTS[this.play.dialect || 'hybi-13'] };
    const request = { method: 'GET', url: '/', headers, socket: stream, connection: stream };
    return new this.WebSocket(request, stream, Buffer.alloc(0), [], options);
  }

  /** Either implementation makes its socket with `net.connect`. */
  connect(options) {
    const real = net.connect;
    const { stream } = this.wire;
    net.connect = (where, callback) => {
      if (callback) stream.once('connect', callback);
      process.nextTick(() => stream.emit('connect'));
      return stream;
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
    const answer = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`
    ];
    this.wire.feed(Buffer.from(`${answer.join('\r\n')}\r\n\r\n`));
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
    if (handler === 'destroy') this.wire.stream.destroy();
  }

  /** Does one operation; what it returns or throws is a line. */
  perform({ feed, call, args, end, fail }) {
    if (feed !== undefined) {
      this.wire.feed(Buffer.from(feed, 'hex'));
    } else if (call) {
      try {
        const result = this.ws[call](...valuesOf(args));
        this.trace.say(`${call} returns ${format(result)}`);
      } catch (error) {
        this.trace.say(`${call} throws ${format(error)}`);
      }
    } else if (end) {
      this.wire.end();
    } else if (fail) {
      this.wire.fail();
    }
  }

  /** What the peer got, in lines. The frames of drafts are left as they are. */
  describe(bytes) {
    if (!this.play.dialect || !this.headDone) return describeFrames(bytes);
    return { frames: bytes.length > 0 ? [`bytes ${bytes.toString('hex')}`] : [], rest: Buffer.alloc(0) };
  }

  /** Ends a step: what was seen in it becomes a part of the record. */
  cut() {
    const { frames, rest } = this.describe(Buffer.concat(this.unprinted));
    this.unprinted = [rest];
    if (this.ws.transport === 'direct') this.direct = true;
    const events = this.trace.lines.splice(0);
    events.push(`state is ${describeState(this.ws)}`);
    if (this.wire.stream.destroyed) events.push('the stream is destroyed');
    this.steps.push({ events, written: frames });
  }

  /** Ends the case; its record. */
  finish() {
    const rest = Buffer.concat(this.unprinted);
    if (rest.length > 0)
      this.steps[this.steps.length - 1].written.push(`half a frame: ${rest.toString('hex')}`);
    this.trace.close();
    this.wire.close();
    return this.steps;
  }
}

module.exports = { Subject };
