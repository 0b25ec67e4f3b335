'use strict';

/** What the connections of this thread have done, in numbers for a monitor. */

const { Socket } = require('net');

const live = require('./live');
const native = require('../native');

const STATES = ['connecting', 'open', 'closing', 'closed'];

/** Messages each way: numbers in memory of their own, since those of an object would be allocated when they get large. */
const messages = new Float64Array(2);
const SENT = 0;
const RECEIVED = 1;

/** Of connections that are over: their bytes each way, how many there were, and with which codes they closed. */
const past = { sent: 0, received: 0, connections: 0 };
const codes = new Map();

/**
 * A connection is over.
 *
 * @param {object} ws
 * @param {number|null} code that `close` reports
 */
function over(ws, code) {
  const [received, sent] = bytesOf(ws);
  past.received += received;
  past.sent += sent;
  past.connections++;
  // The drafts have no codes.
  if (code !== null) codes.set(code, (codes.get(code) || 0) + 1);
}

/** The bytes that a connection has received and sent, where its stream counts them. */
function bytesOf({ _stream: stream }) {
  if (!(stream instanceof Socket)) return [0, 0];
  return [stream.bytesRead || 0, stream.bytesWritten || 0];
}

/**
 * What compression was worth; nothing was neither won nor lost where there was none.
 *
 * @param {number} plain bytes
 * @param {number} compressed bytes of the same messages
 */
function compressionOf(plain, compressed) {
  return { plain, compressed, ratio: plain === 0 ? 1 : compressed / plain };
}

/**
 * The numbers.
 *
 * @returns {object} see `index.d.ts`
 */
function metrics() {
  const connections = {};
  for (const role of ['server', 'client']) {
    connections[role] = {};
    for (const transport of ['stream', 'direct']) {
      connections[role][transport] = { connecting: 0, open: 0, closing: 0 };
    }
  }
  const bytes = { sent: past.sent, received: past.received };
  let waiting = 0;
  let eventSources = 0;
  for (const ws of live.all()) {
    if (ws._transport === undefined) {
      eventSources++;
      continue;
    }
    const [received, sent] = bytesOf(ws);
    bytes.received += received;
    bytes.sent += sent;
    waiting += ws.bufferedAmount;
    connections[ws._masks ? 'client' : 'server'][ws.transport][STATES[ws.readyState]]++;
  }
  const [sentPlain, sentCompressed, receivedPlain, receivedCompressed] = native.compressionTotals();
  const [, , unfinished, windows, codecs, buffers] = native.memoryUsage();
  return {
    connections,
    eventSources,
    closed: past.connections,
    closeCodes: Object.fromEntries([...codes].sort(([a], [b]) => a - b)),
    messages: { sent: messages[SENT], received: messages[RECEIVED] },
    bytes,
    compression: {
      sent: compressionOf(sentPlain, sentCompressed),
      received: compressionOf(receivedPlain, receivedCompressed)
    },
    waiting,
    memory: unfinished + windows + codecs + buffers
  };
}

module.exports = { RECEIVED, SENT, messages, metrics, over };
