'use strict';

/** Properties that no listing shows: whoever enumerates finds what faye-websocket has, in its order. */

/** Adds the properties of `table` to a prototype. @param {object} prototype @param {object} table */
function addHidden(prototype, table) {
  for (const name of Reflect.ownKeys(table)) {
    const descriptor = Object.getOwnPropertyDescriptor(table, name);
    Object.defineProperty(prototype, name, { ...descriptor, enumerable: false });
  }
}

/** Hides the private properties that a prototype has. @param {object} prototype */
function hidePrivate(prototype) {
  for (const name of Object.keys(prototype)) {
    if (name.startsWith('_')) Object.defineProperty(prototype, name, { enumerable: false });
  }
}

module.exports = { addHidden, hidePrivate };
