'use strict';

/**
 * What `console.log` and `JSON.stringify` say of a WebSocket, an EventSource, a driver or an event: its public fields. Private
 * ones lead to the memory of other connections, and to half a megabyte of text; where an object that an application holds has
 * some, they are set so that no listing shows them.
 */

const { inspect } = require('util');

/** One for all fields: V8 reads it before `defineProperty` returns. */
const descriptor = {
  __proto__: null,
  value: undefined,
  writable: true,
  enumerable: false,
  configurable: true
};

/** Fields that faye-websocket's objects and Node's emitters show, and that say nothing about a connection. */
const SILENT = new Set(['_stream', '_events', '_eventsCount', '_maxListeners']);

/**
 * Sets private fields, which later assignments leave private.
 *
 * @param {object} target
 * @param {Record<string, any>} values by name
 */
function setFields(target, values) {
  // Every property of `values`, and none of its prototype.
  const names = Object.keys(values);
  for (let i = 0; i < names.length; i++) {
    descriptor.value = values[names[i]];
    Object.defineProperty(target, names[i], descriptor);
  }
  descriptor.value = undefined;
}

/**
 * The fields of `object` that a listing shows: the public ones, and those that its owner has added.
 *
 * @param {Record<string, any>} object
 * @param {Set<string>} silent
 * @returns {Record<string, any>}
 */
function shown(object, silent) {
  /** @type {Record<string, any>} */
  const fields = {};
  for (const name of Object.keys(object)) if (!silent.has(name)) fields[name] = object[name];
  return fields;
}

/**
 * The name of the constructor of `object`, a subclass among them, or `fallback`.
 *
 * @param {object} object
 * @param {string} fallback
 * @returns {string}
 */
function nameOf(object, fallback) {
  const { constructor } = object;
  return (typeof constructor === 'function' && constructor.name) || fallback;
}

/**
 * Has `console.log`, `util.inspect` and `JSON.stringify` list what `prototype` inherits to with its public fields only.
 *
 * @param {object} prototype
 * @param {object} [options]
 * @param {string[]} [options.silent] more fields to leave out
 * @param {function(object): string} [options.name]
 */
function listPublicly(prototype, { silent = [], name = (object) => nameOf(object, 'Object') } = {}) {
  const hidden = new Set([...SILENT, ...silent]);
  /**
   * @this {object}
   * @returns {object}
   */
  function toJSON() {
    return shown(this, hidden);
  }
  /**
   * @this {object}
   * @param {number | null} depth
   * @param {import('util').InspectOptionsStylized} options
   * @returns {string}
   */
  function custom(depth, options) {
    if (depth !== null && depth < 0) return options.stylize(`[${name(this)}]`, 'special');
    return `${name(this)} ${inspect(shown(this, hidden), { ...options, depth })}`;
  }
  /** @type {[key: PropertyKey, value: Function][]} */
  const methods = [
    ['toJSON', toJSON],
    [inspect.custom, custom]
  ];
  for (const [key, value] of methods) {
    Object.defineProperty(prototype, key, { value, writable: true, enumerable: false, configurable: true });
  }
}

/** Has listings show a name: a socket leads to its connection, that to memory of all. @param {object} prototype */
function listNothing(prototype) {
  /** @this {object} */
  const value = function () {
    return `[${nameOf(this, 'Object')}]`;
  };
  Object.defineProperty(prototype, inspect.custom, { value, configurable: true });
}

module.exports = { listNothing, listPublicly, setFields };
