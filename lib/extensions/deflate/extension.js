'use strict';

/**
 * permessage-deflate (RFC 7692) as an extension object like that of the npm package `permessage-deflate`, with a codec
 * in Rust.
 *
 * If it is the only extension of a connection of this package, only its settings are read, and the native side does all
 * the work. Any other host of the npm package `websocket-extensions` gets sessions of
 * `lib/extensions/deflate/session.js` from it.
 */

const native = require('../../native');
const { NONE, withoutEverybodys } = require('../../opening/names');
const { maxLength, refuseUnknown } = require('../../opening/options');
const { ClientSession, ServerSession } = require('./session');

/** @typedef {import('../../native').DeflateSettings} DeflateSettings */

/** The settings of an extension object, as the native side takes them. */
const SETTINGS = Symbol('faye-websocket-native deflate settings');
/** The most bytes of a message, inflated, in other hosts. */
const LIMIT = Symbol('faye-websocket-native deflate limit');
/** What the settings were made from. */
const OPTIONS = Symbol('faye-websocket-native deflate options');
/** @type {Set<string | symbol>} */
const OURS = new Set([SETTINGS, LIMIT, OPTIONS]);

/** @typedef {Record<string, any>} DeflateOptions those of the npm package, and `threshold`, `maxLength` */

/** An extension object of ours. */
/** @typedef {Record<string | symbol, any>} DeflateExtension */

const VALID = [
  'level',
  'memLevel',
  'strategy',
  'noContextTakeover',
  'maxWindowBits',
  'requestNoContextTakeover',
  'requestMaxWindowBits',
  'threshold',
  'zlib',
  'maxLength'
];

/** What the settings of zlib may be. */
const RANGES = new Map([
  ['level', 'a number from 0 to 9, or -1'],
  ['memLevel', 'a number from 1 to 9'],
  ['strategy', 'a constant of zlib, such as zlib.constants.Z_DEFAULT_STRATEGY'],
  ['maxWindowBits', 'a number from 8 to 15'],
  ['requestMaxWindowBits', 'a number from 8 to 15']
]);

/**
 * Says with the error for a bad setting what it may be.
 *
 * @template T
 * @param {() => T} make
 * @returns {T}
 */
function clarified(make) {
  try {
    return make();
  } catch (error) {
    const fault = /** @type {Error} */ (error);
    const [, name] = /^Invalid value for (\w+)$/.exec(fault.message) || [];
    if (RANGES.has(name)) fault.message += `: write ${RANGES.get(name)}`;
    throw fault;
  }
}

/**
 * Options as the native side takes them.
 *
 * @param {DeflateOptions} options
 * @returns {DeflateSettings}
 */
function settingsFrom(options) {
  return {
    level: numberOf(options.level),
    memLevel: numberOf(options.memLevel),
    strategy: numberOf(options.strategy),
    noContextTakeover: Boolean(options.noContextTakeover),
    maxWindowBits: windowOf(options.maxWindowBits),
    requestNoContextTakeover: Boolean(options.requestNoContextTakeover),
    requestMaxWindowBits: windowOf(options.requestMaxWindowBits),
    threshold: numberOf(options.threshold)
  };
}

/**
 * A number, nothing where there is none, or one that no zlib takes.
 *
 * @param {unknown} value
 * @returns {number | undefined}
 */
function numberOf(value) {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'number' && !Number.isNaN(value) ? value : Infinity;
}

/**
 * As in the npm package, no window stands for the largest one, and a number may be given as a string.
 *
 * @param {unknown} value
 * @returns {number | undefined}
 */
function windowOf(value) {
  return value ? Number(value) || Infinity : undefined;
}

/**
 * The length in bytes below which messages leave uncompressed.
 *
 * @param {import('../../native').DeflateSettings} settings
 * @returns {number}
 */
function thresholdOf(settings) {
  return settings.threshold || 0;
}

/** @param {DeflateOptions} options */
function checkThreshold({ threshold }) {
  if (threshold !== undefined && !(typeof threshold === 'number' && threshold >= 0)) {
    throw new RangeError('The option threshold must be a number of bytes, 0 or more');
  }
}

/** @param {DeflateOptions} options */
function checkZlib({ zlib }) {
  if (zlib && zlib !== require('zlib')) {
    throw new TypeError('The option zlib has no effect here: use the npm package permessage-deflate for it');
  }
}

/**
 * A copy of `object` with settings made from `options`.
 *
 * @param {object} object
 * @param {DeflateOptions} options
 * @returns {DeflateExtension} an extension that inherits from it
 */
function withOptions(object, options) {
  const settings = settingsFrom(options);
  native.codecOffer(settings);
  return Object.create(object, {
    [OPTIONS]: { value: options },
    [SETTINGS]: { value: settings },
    [LIMIT]: { value: maxLength(options.maxLength) }
  });
}

/**
 * The same settings for connections whose messages may come to `limit` bytes.
 *
 * @param {object} extension
 * @param {number} limit
 * @returns {DeflateExtension}
 */
function withLimit(extension, limit) {
  return Object.create(extension, { [LIMIT]: { value: limit } });
}

/**
 * The settings of an extension object of ours that does what ours does; undefined for any other.
 *
 * @param {any} extension
 * @returns {DeflateSettings | undefined}
 */
function ownSettings(extension) {
  if (!extension || !extension[SETTINGS]) return undefined;
  for (let at = extension; at !== deflate; at = Object.getPrototypeOf(at)) {
    if (at === null || !Reflect.ownKeys(at).every((key) => OURS.has(key))) return undefined;
  }
  return extension[SETTINGS];
}

/** @type {DeflateExtension} */
const deflate = {
  /**
   * The extension with more settings; this object stays as it is. As with the npm package, an option that this object
   * has been configured with before stays what it was.
   *
   * @param {any} [options] those of the npm package, and `threshold`, `maxLength`
   * @returns {object}
   * @throws for an unknown option, and for a value that zlib would not take
   */
  configure: function (options) {
    refuseUnknown(options, VALID);
    const object = this && this[SETTINGS] ? this : deflate;
    const all = withoutEverybodys({ ...options, ...object[OPTIONS] }, VALID);
    checkZlib(all);
    checkThreshold(all);
    return clarified(() => withOptions(object, all));
  },

  /** The session of a client's connection. */
  createClientSession: function () {
    return new ClientSession(this[SETTINGS], this[LIMIT]);
  },

  /**
   * The session of a server's connection.
   *
   * @param {import('../../../types/extension').ExtensionParams[]} offers the client's
   * @returns {object|null} null to decline them all
   */
  createServerSession: function (offers) {
    return ServerSession.accept(offers, this[SETTINGS], this[LIMIT]);
  },

  name: 'permessage-deflate',
  type: 'permessage',
  rsv1: true,
  rsv2: false,
  rsv3: false
};
Object.defineProperties(deflate, {
  [OPTIONS]: { value: NONE },
  [SETTINGS]: { value: settingsFrom(NONE) },
  [LIMIT]: { value: maxLength() }
});

module.exports = { VALID, deflate, ownSettings, settingsFrom, thresholdOf, withLimit };
