'use strict';

/** How a connection's stream is ended, and its owner told, as a table of methods to be copied onto a prototype. */

const { Socket } = require('net');

const { CloseEvent } = require('./event');
const { publish } = require('../../channels');
const { over } = require('../../metrics');
const { isHttp2Stream } = require('../../../opening/http2/server');
const { within } = require('../../../transport/scope');
const timers = require('../../../transport/timers');
const { CLOSED } = require('../../../transport/ready_state');

/** @type {import('../../../transport/connection').Methods} */
const ending = {
  /**
   * Ends the stream once it has written all that it holds; false if it holds nothing. Over TLS that is so whenever
   * something was written in this turn of the loop already, elsewhere when the peer does not keep up with us. HTTP/2 writes
   * nothing in the turn in which it is given.
   */
  _endSoon(stream) {
    const overHttp2 = isHttp2Stream(stream);
    if (!stream.writable || !(overHttp2 || (stream instanceof Socket && this._slot !== -1))) return false;
    this._transport.flush(this);
    if (!overHttp2 && this._transport.pending(this) === 0) return false;
    const timer = timers.after(() => stream.destroy(), this._closeTimeout());
    stream.once('close', () => timers.cancel(timer));
    if (overHttp2) stream.end();
    else stream.destroySoon();
    return true;
  },

  /** The stream had ended before it came to us. Nothing is written to it, and in the next tick the owner hears of it. */
  _endBeforehand() {
    const stream = this._stream;
    this.readyState = CLOSED;
    this._queue = null;
    if (stream && stream.writable) stream.end();
    process.nextTick(() => this._tellClosed());
  },

  /** Tells the owner that it is over. */
  _tellClosed() {
    try {
      if (this.readable) within(this, this.emit, 'end');
    } finally {
      this.readable = false;
      this.writable = false;

      const [code, reason] = this._closeParams || [1006, ''];
      over(this, code);
      publish('close', this, { code, reason });
      try {
        this._dispatch(new CloseEvent(this, code, reason), this.onclose);
      } finally {
        if (this._promises !== null) this._promises.end();
      }
    }
  }
};

module.exports = ending;
