'use strict';

/** What the connections of this thread have done, in numbers for a monitor. */

const { Socket } = require('net');

/** @typedef {import('../transport/connection').Connection} Connection */

/** Messages each way: numbers in memory of their own, since those of an object would be allocated when they get large. */
const messages = new Float64Array(2);
const SENT = 0;
const RECEIVED = 1;

/** Of connections that are over: their bytes each way, how many there were, and with which codes they closed. */
const past = {
  sent: 0,
  received: 0,
  connections: 0,
  /** @type {Map<number, number>} */
  codes: new Map()
};

/**
 * A connection is over.
 *
 * @param {Connection} ws
 * @param {number|null} code that `close` reports
 */
function over(ws, code) {
  const [received, sent] = bytesOf(ws);
  past.received += received;
  past.sent += sent;
  past.connections++;
  // The drafts have no codes.
  if (code !== null) past.codes.set(code, (past.codes.get(code) || 0) + 1);
}

/**
 * The bytes that a connection has received and sent, where its stream counts them.
 *
 * @param {Connection} ws
 * @returns {[received: number, sent: number]}
 */
function bytesOf({ _stream: stream }) {
  if (!(stream instanceof Socket)) return [0, 0];
  return [stream.bytesRead || 0, stream.bytesWritten || 0];
}

module.exports = { RECEIVED, SENT, bytesOf, messages, over, past };
