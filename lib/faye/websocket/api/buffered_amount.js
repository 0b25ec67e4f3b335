'use strict';

const { CLOSED } = require('../../../transport/ready_state');
/**
 * The property `bufferedAmount` of a connection: its own, enumerable and assignable, as in faye-websocket, where it is
 * 0 for ever. All connections share the two functions, so that V8 has one shape for all of them.
 */

/** @type {PropertyDescriptor & ThisType<import('../../../transport/connection').Connection>} */
const BUFFERED_AMOUNT = {
  configurable: true,
  enumerable: true,
  /** Bytes that were sent and have not left the process. */
  get() {
    let queued = 0;
    if (this._later) queued += this._later.size;
    if (this._queue) for (const { size } of this._queue) queued += size;
    if (this.readyState === CLOSED || !this._stream) return queued;
    if (this._coding !== null) queued += this._coding.queued;
    return queued + this._transport.pending(this);
  },
  /** Whoever assigns a value reads that value from then on. */
  set(value) {
    const property = { configurable: true, enumerable: true, writable: true, value };
    Object.defineProperty(this, 'bufferedAmount', property);
  }
};

module.exports = { BUFFERED_AMOUNT };
