'use strict';

/**
 * The names of an object's enumerable properties, inherited ones too, as `for…in` gives them, without those that every
 * object has because some code has extended `Object.prototype`.
 *
 * @param {*} object
 * @returns {string[]}
 */
function namesOf(object) {
  const names = [];
  for (const name in object) if (!isEverybodys(object, name)) names.push(name);
  return names;
}

/**
 * Whether an object has a property only because all objects of its realm have it.
 *
 * @param {any} object
 * @param {string} name
 * @returns {boolean}
 */
function isEverybodys(object, name) {
  if (Object.prototype.hasOwnProperty.call(object, name)) return false;
  let at = object;
  for (let next = at; next !== null; next = Object.getPrototypeOf(at)) {
    at = next;
    if (Object.prototype.hasOwnProperty.call(at, name)) break;
  }
  // Each realm has an `Object.prototype` of its own, whose prototype is null.
  return Object.getPrototypeOf(at) === null && Object.prototype.hasOwnProperty.call(at, 'hasOwnProperty');
}

/**
 * Options without what every object has because some code has extended `Object.prototype`: whoever can write there, as a
 * message can that is merged into an object, must not choose the way to a server, or switch off what verifies it.
 *
 * @template {object} T
 * @param {T} options
 * @param {readonly string[]} names of the options
 * @returns {T} `options` itself, unless an option's name stands there
 */
function withoutEverybodys(options, names) {
  if (!names.some((name) => name in Object.prototype)) return options;
  const own = Object.create(null);
  for (const name of names)
    if (name in options && !isEverybodys(options, name)) own[name] = /** @type {any} */ (options)[name];
  return own;
}

/** Options that are none, in the place of `{}`, which has what every object has. */
const NONE = Object.freeze(Object.create(null));

/** What `tls.connect` itself puts in front of the options that it is given: undefined would take its place. */
const OF_NODE = new Set(['rejectUnauthorized', 'checkServerIdentity', 'minDHSize']);

/**
 * Options that Node is to read: one that is not given, and that every object has since `Object.prototype` was written to, is
 * undefined.
 *
 * @template {object} T
 * @param {T} options of which only the own properties count
 * @returns {T} `options` itself, unless there is such a one
 */
function forNode(options) {
  const everybodys = Object.keys(Object.prototype).filter((name) => !OF_NODE.has(name));
  if (everybodys.length === 0) return options;
  const unset = everybodys.map((name) => [name, undefined]);
  return { ...Object.fromEntries(unset), ...options };
}

module.exports = { NONE, forNode, namesOf, withoutEverybodys };
