'use strict';

/**
 * What the binary throws, as errors of our own realm.
 *
 * A test runner such as Jest loads this package into a realm of its own, and the binary into Node's. An error from there is
 * no `instanceof` the `TypeError` that a test knows. Where both realms are one, nothing is put in front of anything.
 */

/** An error of this realm that says what `thrown` says. */
function adopted(thrown) {
  if (thrown instanceof Error || Object.prototype.toString.call(thrown) !== '[object Error]') return thrown;
  const Constructor = { TypeError, RangeError }[thrown.name] || Error;
  return Object.assign(new Constructor(thrown.message), thrown);
}

/** `original` with errors of this realm. */
function adoptFunction(original) {
  return function (...args) {
    try {
      return original.apply(this, args);
    } catch (thrown) {
      throw adopted(thrown);
    }
  };
}

/** The same for a class and its methods. */
function adoptClass(Original) {
  class Adopted extends Original {
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
    if (name !== 'constructor' && typeof value === 'function') Adopted.prototype[name] = adoptFunction(value);
  }
  return Adopted;
}

/** Whether what `engine` throws is of this realm already. */
function isOurs(engine) {
  try {
    engine.codecOffer();
  } catch (thrown) {
    return thrown instanceof Error;
  }
  return true;
}

/**
 * Makes the errors of an engine those of this realm.
 *
 * @param {object} engine functions and classes
 * @returns {object}
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
