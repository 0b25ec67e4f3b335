'use strict';

/**
 * Makes the errors that the binary throws errors of our own realm.
 *
 * A test runner such as Jest loads this package into a realm of its own, and the binary into Node's. An error of Node's
 * realm is no `instanceof` the `TypeError` that a test knows. If both are the same realm, the functions are left as
 * they are.
 */

/**
 * An error of this realm that says what `thrown` says.
 *
 * @param {any} thrown
 * @returns {unknown}
 */
function adopted(thrown) {
  if (thrown instanceof Error || Object.prototype.toString.call(thrown) !== '[object Error]') return thrown;
  const Constructor =
    /** @type {Record<string, ErrorConstructor>} */ ({ TypeError, RangeError })[thrown.name] || Error;
  return Object.assign(new Constructor(thrown.message), thrown);
}

/**
 * `original` with errors of this realm.
 *
 * @param {Function} original
 * @returns {Function}
 */
function adoptFunction(original) {
  return /** @type {(this: unknown, ...args: unknown[]) => unknown} */ function (...args) {
    try {
      return original.apply(this, args);
    } catch (thrown) {
      throw adopted(thrown);
    }
  };
}

/**
 * The same for a class and its methods.
 *
 * @param {any} Original
 * @returns {any}
 */
function adoptClass(Original) {
  class Adopted extends Original {
    /** @param {...unknown} args */
    constructor(...args) {
      try {
        super(...args);
      } catch (thrown) {
        throw adopted(thrown);
      }
    }
  }
  const methods = Object.getOwnPropertyDescriptors(Original.prototype);
  for (const [name, { value }] of Object.entries(methods)) {
    if (name !== 'constructor' && typeof value === 'function')
      /** @type {any} */ (Adopted.prototype)[name] = adoptFunction(value);
  }
  return Adopted;
}

/**
 * Whether what `engine` throws is of this realm already, as its functions are. It must not throw here (`by_names.js`).
 *
 * @param {any} engine
 * @returns {boolean}
 */
function isOurs(engine) {
  return engine.memoryUsage instanceof Function;
}

/**
 * Makes the errors of an engine those of this realm.
 *
 * @param {any} engine functions and classes
 * @returns {import('.').Binding}
 */
function adopt(engine) {
  if (isOurs(engine)) return engine;
  for (const [name, value] of Object.entries(engine)) {
    if (typeof value === 'function')
      engine[name] = /^[A-Z]/.test(name) ? adoptClass(value) : adoptFunction(value);
  }
  return engine;
}

module.exports = { adopt };
