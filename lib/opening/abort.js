'use strict';

const { surface } = require('../native/surface');

/**
 * What to call, and the listener that calls it.
 *
 * @typedef {Set<function(): void> & {listener: function(): void}} Calls
 */

/**
 * The functions to call, by signal. One listener on a signal serves all connections, since Node warns of a leak from
 * the eleventh listener on.
 *
 * @type {WeakMap<AbortSignal, Calls>}
 */
const waiting = new WeakMap();

/**
 * Calls `abort` once, with the reason, when `signal` is aborted; in the next tick if it is already.
 *
 * @param {AbortSignal} signal
 * @param {function(unknown): void} abort
 * @returns {function(): void} ends that
 */
function watch(signal, abort) {
  const call = () => abort(signal.reason);
  if (signal.aborted) {
    process.nextTick(call);
    return () => {};
  }
  let calls = waiting.get(signal);
  if (calls === undefined) {
    calls = Object.assign(new Set(), { listener: () => tell(signal) });
    waiting.set(signal, calls);
    signal.addEventListener('abort', calls.listener, { once: true });
  }
  calls.add(call);
  return () => forget(signal, call);
}

/**
 * Calls all functions of a signal; if one throws, the others are called nevertheless.
 *
 * @param {AbortSignal} signal
 */
function tell(signal) {
  const calls = /** @type {Calls} */ (waiting.get(signal));
  waiting.delete(signal);
  for (const call of calls) {
    try {
      call();
    } catch (error) {
      surface(error);
    }
  }
}

/**
 * @param {AbortSignal} signal
 * @param {function(): void} call
 */
function forget(signal, call) {
  const calls = waiting.get(signal);
  if (calls === undefined || !calls.delete(call) || calls.size > 0) return;
  waiting.delete(signal);
  signal.removeEventListener('abort', calls.listener);
}

module.exports = { watch };
