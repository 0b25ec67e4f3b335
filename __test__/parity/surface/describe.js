'use strict';

/**
 * Describes objects to the letter: every own property with its descriptor, the `length` and `name` of functions, the
 * order of enumeration, and the chain of prototypes. Descriptions are lines by path, so that two implementations can be
 * compared line by line. What an implementation keeps to itself is left out: each has its own.
 */

const { EventEmitter } = require('events');
const { Stream } = require('stream');

/** Objects that belong to the platform, by how they are called: they are named and not described. */
const PLATFORM = new Map([
  [Object.prototype, 'Object.prototype'],
  [Function.prototype, 'Function.prototype'],
  [EventEmitter.prototype, 'EventEmitter.prototype'],
  [Stream.prototype, 'Stream.prototype'],
  [Stream, 'Stream'],
  [EventEmitter, 'EventEmitter'],
  [null, 'null']
]);

const FLAGS = ['writable', 'enumerable', 'configurable'];

/** Names that begin as private ones do, and are not: the socket, and what EventEmitter has. */
const NOT_PRIVATE = new Set(['_stream', '_events', '_eventsCount', '_maxListeners']);

/** Whether a property belongs to the implementation alone. */
function isPrivate(key) {
  return typeof key === 'string' && key.startsWith('_') && !NOT_PRIVATE.has(key);
}

/** The own keys that are not private. */
const publicKeys = (value) => Reflect.ownKeys(value).filter((key) => !isPrivate(key));

/** The description of a root and of all that it leads to, as it grows. */
class Description {
  constructor() {
    /** Lines by path. */
    this.lines = new Map();
    /** Objects that were described, with the path where that was. */
    this.seen = new Map();
  }

  /** Describes `value`, which stands at `path`, and what it leads to. */
  describe(path, value) {
    this.seen.set(value, path);
    this.add(`${path} is`, kindOf(value));
    this.add(`${path} inherits from`, this.nameOf(`${path}.[[Prototype]]`, Object.getPrototypeOf(value)));
    this.add(`${path} is extensible`, String(Object.isExtensible(value)));
    const keys = publicKeys(value);
    this.add(`${path} has in order`, keys.map(String).join(' '));
    this.add(`${path} enumerates`, enumerated(value).join(' '));
    for (const key of keys)
      this.property(`${path}.${String(key)}`, Object.getOwnPropertyDescriptor(value, key));
  }

  property(path, descriptor) {
    const flags = FLAGS.filter((flag) => descriptor[flag]).join(' ');
    if ('value' in descriptor) {
      this.add(path, `${this.nameOf(path, descriptor.value)} (${flags})`);
    } else {
      const halves = ['get', 'set'].filter((half) => descriptor[half]).join(' and ');
      this.add(path, `${halves} (${flags})`);
    }
  }

  /** What stands for a value in a line; an object that is met for the first time is described at its path. */
  nameOf(path, value) {
    if (PLATFORM.has(value)) return PLATFORM.get(value);
    if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) return inspect(value);
    if (!this.seen.has(value)) this.describe(path, value);
    return this.seen.get(value) === path ? kindOf(value) : `the same as ${this.seen.get(value)}`;
  }

  add(path, text) {
    this.lines.set(path, text);
  }
}

/** What kind of thing a value is. */
function kindOf(value) {
  if (typeof value === 'function') return `a function, "${value.name}" of ${value.length}`;
  return Array.isArray(value) ? 'an array' : 'an object';
}

/** A value that is no object. */
function inspect(value) {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** The names that `for…in` gives, up to those of the platform. */
function enumerated(value) {
  const names = [];
  for (const name in value) if (!(name in Stream.prototype) && !isPrivate(name)) names.push(name);
  return names;
}

/**
 * Describes what a module exports, and all prototypes and functions that it leads to.
 *
 * @param {Object<string, object>} roots by name
 * @returns {Map<string, string>} lines by path
 */
function describeExports(roots) {
  const description = new Description();
  for (const [name, root] of Object.entries(roots)) {
    if (!description.seen.has(root)) description.describe(name, root);
    else description.add(name, `the same as ${description.seen.get(root)}`);
  }
  return description.lines;
}

/**
 * Describes an instance: its own properties, but not what they lead to.
 *
 * @param {string} path
 * @param {object} value
 * @param {Map<object, string>} names of the objects that it may inherit from
 * @returns {Map<string, string>} lines by path
 */
function describeInstance(path, value, names) {
  const lines = new Map();
  const keys = publicKeys(value);
  const chain = [];
  for (let at = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at))
    chain.push(names.get(at) || PLATFORM.get(at) || 'something else');
  lines.set(`${path} inherits from`, chain.join(', '));
  lines.set(`${path} has in order`, keys.map(String).join(' '));
  lines.set(`${path} enumerates`, enumerated(value).join(' '));
  lines.set(`${path} is extensible`, String(Object.isExtensible(value)));
  for (const key of keys) {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    const flags = FLAGS.filter((flag) => descriptor[flag]).join(' ');
    const kind = 'value' in descriptor ? '' : 'through an accessor, ';
    lines.set(`${path}.${String(key)}`, `${kind}${typeOf(value[key])} (${flags})`);
  }
  return lines;
}

/** A value, or what stands for it where it differs from run to run. */
function typeOf(value) {
  if (typeof value === 'string') return inspect(value.replace(/(127\.0\.0\.1|localhost):\d+/, '$1:PORT'));
  if (typeof value === 'function') return `a function of ${value.length}`;
  if (typeof value !== 'object' || value === null) return inspect(value);
  return `an object of ${(value.constructor && value.constructor.name) || 'no class'}`;
}

/**
 * The private properties of an object that a listing would show, its own and those that it inherits.
 *
 * @param {object} value
 * @returns {string[]}
 */
function shownPrivates(value) {
  const names = [];
  for (const name in value) if (isPrivate(name)) names.push(name);
  return names;
}

module.exports = { describeExports, describeInstance, shownPrivates };
