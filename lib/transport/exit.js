'use strict';

/**
 * Sends what was accepted before the process exits. One listener serves all copies of this package that the process has
 * loaded. It keeps none of them alive: a copy that was collected has nothing left to send.
 */

/** @typedef {WeakRef<{flushAll: () => void}>[]} List */

/** Where the process keeps its list: weak references to objects with a method `flushAll`. */
const KEY = Symbol.for('faye-websocket-native exit');

/**
 * Flushes all from `i` on that were not collected; if one throws, the others are flushed nevertheless.
 *
 * @param {List} list
 * @param {number} i
 */
function flushAll(list, i) {
  try {
    while (i < list.length) {
      const transport = list[i++].deref();
      if (transport !== undefined) transport.flushAll();
    }
  } finally {
    if (i < list.length) flushAll(list, i);
  }
}

/** Listens with a closure that refers to nothing of this copy. @param {List} list */
function listen(list) {
  process.on('exit', () => flushAll(list, 0));
}

/**
 * Makes the process call `transport.flushAll` when it exits.
 *
 * @param {{flushAll: function(): void}} transport kept by its module
 */
function beforeExit(transport) {
  /** @type {List | undefined} */
  let list = /** @type {any} */ (process)[KEY];
  if (list === undefined) {
    list = [];
    Object.defineProperty(process, KEY, { value: list });
    listen(list);
  }
  for (let i = list.length - 1; i >= 0; i--) if (list[i].deref() === undefined) list.splice(i, 1);
  list.push(new WeakRef(transport));
}

module.exports = { beforeExit };
