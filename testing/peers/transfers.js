'use strict';

/** The ways in which JavaScript takes memory away from whoever else has it. */

const { MessageChannel } = require('node:worker_threads');

const transfers = {
  structuredClone: (memory) => structuredClone(memory, { transfer: [memory] }),
  postMessage(memory) {
    const { port1 } = new MessageChannel();
    try {
      port1.postMessage(memory, [memory]);
    } finally {
      port1.close();
    }
  }
};

// Node 22 and later.
if (ArrayBuffer.prototype.transfer) transfers.transfer = (memory) => memory.transfer();

/**
 * Transfers the memory of a view, if it can be.
 *
 * @param {string} way a name in `transfers`
 * @param {Uint8Array} view
 * @returns {boolean} whether it was
 */
function tryTransfer(way, { buffer }) {
  const { byteLength } = buffer;
  try {
    transfers[way](buffer);
  } catch (error) {
    if (error.name !== 'DataCloneError' && error.name !== 'TypeError') throw error;
  }
  return byteLength > 0 && buffer.byteLength === 0;
}

module.exports = { ways: Object.keys(transfers), tryTransfer };
