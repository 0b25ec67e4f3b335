'use strict';

/**
 * The property `bufferedAmount` of a connection: its own, enumerable and assignable, as in faye-websocket, where it is
 * 0 for ever. All connections share the two functions, so that V8 has one shape for all of them.
 */

const { CONNECTION } = require('../../connection_of');

/** @type {PropertyDescriptor & ThisType<any>} */
const BUFFERED_AMOUNT = {
  configurable: true,
  enumerable: true,
  /** Bytes that were sent and have not left the process. */
  get() {
    return this[CONNECTION].bufferedAmount;
  },
  /** Whoever assigns a value reads that value from then on. */
  set(value) {
    const property = { configurable: true, enumerable: true, writable: true, value };
    Object.defineProperty(this, 'bufferedAmount', property);
  }
};

module.exports = { BUFFERED_AMOUNT };
