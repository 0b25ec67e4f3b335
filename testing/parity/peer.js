'use strict';

/**
 * The other end of a connection: a plain socket that sends exact bytes and keeps all that it gets.
 * What it got is printed once per step, as the concatenation, because how bytes were cut into writes is not
 * what a user sees. Heads are printed as text, frames one to a line.
 */

const { describeFrames } = require('../wire');
const { format } = require('../format');

/** Takes whole HTTP heads off the front of `bytes`: `{ head, rest }`, or null when the blank line is missing. */
function splitHead(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  return { head: bytes.subarray(0, end + 4).toString('latin1'), rest: bytes.subarray(end + 4) };
}

/** What is random in a client's request is replaced, after its shape has been checked. */
function withoutKey(head) {
  return head.replace(/^(Sec-WebSocket-Key: )([A-Za-z0-9+/]{22}==)\r$/im, '$1(24 characters)\r');
}

/** Heads that begin most connections; each takes one line, so that a reader sees what is special. */
const USUAL_HEADS = {
  'the usual 101': [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='
  ],
  'the usual request': [
    'GET / HTTP/1.1',
    'Host: 127.0.0.1:ORIGIN',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: (24 characters)',
    'Sec-WebSocket-Version: 13'
  ],
  'the usual CONNECT': [
    'CONNECT 127.0.0.1:ORIGIN HTTP/1.1',
    'Host: 127.0.0.1:ORIGIN',
    'Connection: keep-alive',
    'Proxy-Connection: keep-alive'
  ]
};

/** Prints a head, a line each, unless it is a usual one. */
function describeHead(head) {
  for (const [name, lines] of Object.entries(USUAL_HEADS)) {
    if (head === `${lines.join('\r\n')}\r\n\r\n`) return [name];
  }
  return head
    .split('\r\n')
    .slice(0, -1)
    .map((line) => `head ${format(line)}`);
}

class Peer {
  /**
   * `kind` says how to print what arrives: `frames` (a head, then frames if the head switches protocols), `bytes` (a
   * head, then bytes as they are) or `plain` (text throughout).
   */
  constructor(context, name, socket, kind = 'frames') {
    this.context = context;
    this.name = name;
    this.socket = socket;
    this.kind = kind;
    this.stage = kind === 'plain' ? 'plain' : 'head';
    this.unprinted = [];
    this.head = null;
    this.received = 0;
    this.state = 'connected';
    this.printedState = 'connected';
    this.onData = (chunk) => {
      this.received += chunk.length;
      this.unprinted.push(chunk);
      context.touch();
    };
    socket.on('data', this.onData);
    socket.on('end', () => this.becomes('ended'));
    socket.on('error', (error) => this.becomes(`failed with ${error.code}`));
    socket.on('close', () => context.touch());
  }

  /** Notes the end of the connection as this side sees it. The first cause counts. */
  becomes(state) {
    if (this.state === 'connected') this.state = state;
    this.context.touch();
  }

  /** Keeps the end out of the trace, where its kind depends on how many bytes the other side left unread. */
  ignoreEnd() {
    this.print = (lines) => {
      for (const line of lines) this.context.say(`${this.name} gets ${line}`);
    };
  }

  /** Sends bytes, in one packet. */
  write(...pieces) {
    this.socket.write(Buffer.concat(pieces.flat().map((piece) => Buffer.from(piece))));
  }

  /** Whether the first head has come as a whole. */
  hasHead() {
    return this.head !== null || splitHead(Buffer.concat(this.unprinted)) !== null;
  }

  /** Joins this socket to another, so that what arrives is no longer printed but passed on. */
  becomesTunnel(other) {
    this.socket.off('data', this.onData);
    this.socket.on('data', () => this.context.touch());
    this.socket.pipe(other);
    other.on('data', () => this.context.touch());
    other.pipe(this.socket);
    other.on('error', () => this.socket.destroy());
    this.socket.on('close', () => other.destroy());
  }

  /** Prints what has arrived since the last time. */
  flush() {
    let bytes = Buffer.concat(this.unprinted);
    const lines = [];
    if (this.stage === 'head') {
      const split = splitHead(bytes);
      if (!split) return this.print([]);
      this.head = split.head;
      lines.push(...describeHead(this.context.renamePorts(withoutKey(split.head))));
      bytes = split.rest;
      this.stage = /^(HTTP\/1\.1 101 |GET )/.test(split.head) ? this.kind : 'plain';
    }
    this.unprinted = [];
    if (this.stage === 'frames') {
      const { frames, rest } = describeFrames(bytes);
      lines.push(...frames);
      if (rest.length > 0) this.unprinted.push(rest);
    } else if (this.stage === 'bytes') {
      if (bytes.length > 0) lines.push(`bytes ${format(bytes)}`);
    } else if (bytes.length > 0) {
      lines.push(format(withoutKey(bytes.toString('utf8'))));
    }
    return this.print(lines);
  }

  /** Prints that something is left which is neither a whole head nor a whole frame. */
  flushRest() {
    this.flush();
    const bytes = Buffer.concat(this.unprinted);
    if (bytes.length > 0) this.print([`${bytes.length} bytes that are no whole ${this.stage}`]);
  }

  /** Prints lines, and the end of the connection if it is news. */
  print(lines) {
    for (const line of lines) this.context.say(`${this.name} gets ${line}`);
    if (this.state !== this.printedState) {
      this.context.say(`${this.name} has ${this.state}`);
      this.printedState = this.state;
    }
  }
}

module.exports = { Peer };
