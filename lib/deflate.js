'use strict';

/**
 * permessage-deflate (RFC 7692) as an extension object: what the npm package `permessage-deflate` is, on Rust.
 *
 * Passed to this package, alone, it is only read for its settings: the native side does all the work. Any other host
 * of the npm package `websocket-extensions` gets sessions of `lib/deflate_session.js` from it.
 */

const native = require('./native');
const { maxLength, validateOptions } = require('./options');
const { ClientSession, ServerSession } = require('./deflate_session');

/** The settings of an extension object, as the native side takes them. */
const SETTINGS = Symbol('faye-websocket-native deflate settings');
/** The most bytes that a message may come to in other hosts. */
const LIMIT = Symbol('faye-websocket-native deflate limit');

/** The options in the order of the native side's settings. */
const KEYS = [
  'level',
  'memLevel',
  'strategy',
  'noContextTakeover',
  'maxWindowBits',
  'requestNoContextTakeover',
  'requestMaxWindowBits',
  'threshold'
];
const FLAGS = new Set(['noContextTakeover', 'requestNoContextTakeover']);

/**
 * Options as numbers in order, NaN for those that are not there.
 *
 * @param {object} options
 * @returns {number[]}
 */
function settingsFrom(options) {
  return KEYS.map((key) => {
    const value = options[key];
    if (FLAGS.has(key)) return value ? 1 : 0;
    if (value === undefined || value === null) return NaN;
    // A number only: '9' would be read as level 9 here and refused by the npm package.
    return typeof value === 'number' ? value : Infinity;
  });
}

/**
 * The length in bytes below which messages leave uncompressed.
 *
 * @param {number[]} settings
 * @returns {number}
 */
function thresholdOf(settings) {
  return settings[KEYS.indexOf('threshold')] || 0;
}

function checkThreshold({ threshold }) {
  if (threshold !== undefined && !(typeof threshold === 'number' && threshold >= 0)) {
    throw new RangeError('The option threshold must be a number of bytes, 0 or more');
  }
}

const deflate = {
  /**
   * The extension with other settings; this object stays as it is.
   *
   * @param {object} [options] those of the npm package, and `threshold`, `maxLength`
   * @returns {object}
   * @throws for an unknown option, and for a value that zlib would not take
   */
  configure(options) {
    options = options || {};
    validateOptions(options, [...KEYS, 'zlib', 'maxLength']);
    if (options.zlib && options.zlib !== require('zlib')) {
      throw new TypeError(
        'The option zlib has no effect here: use the npm package permessage-deflate for it'
      );
    }
    checkThreshold(options);
    const settings = settingsFrom({ ...options });
    native.codecOffer(settings);
    return Object.create(deflate, {
      [SETTINGS]: { value: settings },
      [LIMIT]: { value: maxLength(options.maxLength) }
    });
  },

  /** The session of a client's connection. */
  createClientSession() {
    return new ClientSession(this[SETTINGS], this[LIMIT]);
  },

  /**
   * The session of a server's connection.
   *
   * @param {object[]} offers the client's
   * @returns {object|null} null to decline them all
   */
  createServerSession(offers) {
    return ServerSession.accept(offers, this[SETTINGS], this[LIMIT]);
  },

  /** The same settings for connections whose messages may come to `limit` bytes. */
  withLimit(limit) {
    return Object.create(this, { [LIMIT]: { value: limit } });
  },

  name: 'permessage-deflate',
  type: 'permessage',
  rsv1: true,
  rsv2: false,
  rsv3: false
};
Object.defineProperties(deflate, {
  [SETTINGS]: { value: settingsFrom({}) },
  [LIMIT]: { value: maxLength() }
});

module.exports = { deflate, SETTINGS, settingsFrom, thresholdOf };
