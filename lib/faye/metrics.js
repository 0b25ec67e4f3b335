'use strict';

/** What the connections of this thread have done, in numbers for a monitor. */

const { RECEIVED, SENT, bytesOf, messages, past } = require('../connection/totals');
const live = require('../connection/live');
const native = require('../native');

const STATES = ['connecting', 'open', 'closing', 'closed'];

/**
 * The compressed bytes divided by the plain ones; 1 while nothing was compressed.
 *
 * @param {number} plain bytes
 * @param {number} compressed bytes of the same messages
 */
function compressionOf(plain, compressed) {
  return { plain, compressed, ratio: plain === 0 ? 1 : compressed / plain };
}

/** The numbers. @returns {object} see `index.d.ts` */
function metrics() {
  /** @type {Record<string, Record<string, Record<string, number>>>} */
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
    closeCodes: Object.fromEntries([...past.codes].sort(([a], [b]) => a - b)),
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

module.exports = { metrics };
