'use strict';

/**
 * What was accepted leaves before the process exits, by one listener, whatever number of copies of this package the
 * process loads. It keeps none of them: a copy that was dropped has nothing left to send.
 */

/** @typedef {WeakRef<{flushAll: () => void}>[]} List */

/** Where the process keeps its list: weak references to objects with a method `flushAll`. */
const KEY = Symbol.for('faye-websocket-native exit');

/**
 * Flushes all from `i` on that are still there; an exception keeps none from it.
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

/**
 * Listens in a scope of its own, which has nothing of this copy in it.
 *
 * @param {List} list
 */
function listen(list) {
  process.on('exit', () => flushAll(list, 0));
}

/**
 * Has `transport.flushAll` called when the process exits.
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
