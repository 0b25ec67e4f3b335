'use strict';

/** The codes of errors that the native side throws for what it could not do, of either engine. */
const FAULTS = new Set(['NOT_SENT', 'ERR_MEMORY_ALLOCATION_FAILED', 'ERR_FAYE_WEBSOCKET_STOPPED']);

/** What V8 throws where there is no memory for a Buffer. */
const NO_BUFFER = 'Array buffer allocation failed';

/**
 * Whether what was thrown is a fault of ours, or that there is no memory, and comes of no code of the application's.
 *
 * @param {any} error
 * @returns {boolean}
 */
function isFault(error) {
  if (typeof error !== 'object' || error === null) return false;
  return FAULTS.has(error.code) || (error instanceof RangeError && error.message === NO_BUFFER);
}

/** The error for want of memory, as Node's own. */
function outOfMemory() {
  return Object.assign(new Error('Out of memory'), { code: 'ERR_MEMORY_ALLOCATION_FAILED' });
}

module.exports = { isFault, outOfMemory };
