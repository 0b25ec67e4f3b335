'use strict';

/** A duplex stream without a descriptor, as a server under test or a tunnel may hand over in the place of a socket. */

const { Duplex } = require('stream');
const { format } = require('../format');

class MemoryStream extends Duplex {
  constructor(context) {
    super({ emitClose: true });
    this.context = context;
    this.written = Buffer.alloc(0);
    context.peers.push(this);
  }

  _read() {}

  _write(chunk, encoding, callback) {
    this.written = Buffer.concat([this.written, chunk]);
    this.context.touch();
    callback();
  }

  setTimeout(...args) {
    this.context.say(`stream.setTimeout(${args.join(', ')})`);
    return this;
  }

  setNoDelay(...args) {
    this.context.say(`stream.setNoDelay(${args.join(', ')})`);
    return this;
  }

  /** Leaves nothing unprinted; there for the likeness with other peers. */
  flushRest() {
    this.flush();
  }

  /** Prints what has been written since the last time. */
  flush() {
    if (this.written.length === 0) return;
    this.context.say(`the stream gets ${format(this.written)}`);
    this.written = Buffer.alloc(0);
  }
}

module.exports = { MemoryStream };
