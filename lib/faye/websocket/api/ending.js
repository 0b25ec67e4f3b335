'use strict';

/** How the owner of a connection hears of its end, as a table of methods to be copied onto a prototype. */

const { CloseEvent } = require('./event');
const { within } = require('../../../transport/scope');

const CLOSED = 3;

const ending = {
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
      this._dispatch(new CloseEvent(this, code, reason), this.onclose);
    }
  }
};

module.exports = ending;
