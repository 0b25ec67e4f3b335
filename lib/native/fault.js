'use strict';

/** The codes of errors that the native side throws for what it could not do, of either engine. */
const FAULTS = new Set(['NOT_SENT', 'ERR_MEMORY_ALLOCATION_FAILED', 'ERR_FAYE_WEBSOCKET_STOPPED']);

/**
 * Whether what was thrown is a fault of ours, or that there is no memory, and comes of no code of the application's.
 *
 * @param {any} error
 * @returns {boolean}
 */
function isFault(error) {
  return typeof error === 'object' && error !== null && FAULTS.has(error.code);
}

/** The error for want of memory, as Node's own. */
function outOfMemory() {
  return Object.assign(new Error('Out of memory'), { code: 'ERR_MEMORY_ALLOCATION_FAILED' });
}

module.exports = { isFault, outOfMemory };
