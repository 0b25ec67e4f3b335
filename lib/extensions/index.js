'use strict';

/**
 * The option `extensions`: decides which extension runs natively, and which run as plugins in JavaScript.
 *
 * A permessage-deflate that is the only extension runs on the native side: ours
 * (`lib/extensions/deflate/extension.js`), or an object of the npm packages `permessage-deflate` and
 * `permessage-deflate2`, whose settings mean the same here. All others are plugins (`lib/extensions/plugins.js`), our
 * own deflate too if it is one of several.
 */

const { bounded } = require('./deflate/bounded_inflate');
const { VALID, deflate, ownSettings, settingsFrom, thresholdOf, withLimit } = require('./deflate/extension');
const { Plugins, hostOf, rsvOf } = require('./plugins');
const { Deflating } = require('./deflate/coding');
const native = require('../native');
const { withoutEverybodys } = require('../opening/names');

/** @typedef {import('../native').DeflateSettings} DeflateSettings */
/** @typedef {import('../transport/connection').Connection} Connection */
/** @typedef {import('../transport/connection').Coding} Coding */
/** @typedef {import('./host').ExtensionHost} ExtensionHost */

/** Looking into the environment costs a microsecond, so it is done once. */
const DEFAULT_DEFLATE = process.env.FAYE_WEBSOCKET_DEFLATE || 'native';

/** Where the npm packages keep the module that is the extension object. */
const NPM_MODULE = /[\\/]node_modules[\\/]permessage-deflate2?[\\/]lib[\\/]permessage_deflate\.js$/;

/** Settings by extension object of the npm packages; null for one that is to run as a plugin. */
/** @type {WeakMap<object, DeflateSettings | null>} */
const known = new WeakMap();
/** Whether an extension object is of the npm packages; to look takes long. */
/** @type {WeakMap<object, boolean>} */
const origins = new WeakMap();

/**
 * Whether the npm packages' objects are to run natively.
 *
 * @param {unknown} option
 * @returns {boolean}
 */
function prefersNative(option) {
  const choice = option || DEFAULT_DEFLATE;
  if (choice !== 'native' && choice !== 'js') {
    const given = typeof choice === 'string' ? choice : `a ${typeof choice}`;
    throw new TypeError(
      `The option deflate must be 'native' or 'js', not ${given}; for compression write extensions: [WebSocket.deflate]`
    );
  }
  return choice === 'native';
}

/**
 * Whether `object` is what one of the npm packages exports.
 *
 * @param {unknown} object
 * @returns {boolean}
 */
function isNpmModule(object) {
  return Object.keys(require.cache).some(
    (name) => NPM_MODULE.test(name) && /** @type {NodeJS.Module} */ (require.cache[name]).exports === object
  );
}

/**
 * Whether `object` is what one of the npm packages exports, configured any number of times and nothing else.
 *
 * @param {object} object
 * @returns {boolean}
 */
function isNpmExtension(object) {
  let at = object;
  while (at !== null && Object.getOwnPropertyNames(at).join() === '_options') at = Object.getPrototypeOf(at);
  return at !== null && isNpmModule(at);
}

/**
 * An extension as it is; one of the npm packages inflates at most `maxLength` bytes of a message.
 *
 * @param {any} extension
 * @param {number} maxLength
 * @returns {any}
 */
function boundedNpm(extension, maxLength) {
  if (typeof extension !== 'object' || extension === null || !isNpm(extension)) return extension;
  const options = extension._options || {};
  const zlib = bounded(options.zlib || require('zlib'), maxLength);
  return Object.create(extension, { _options: { value: { ...options, zlib } } });
}

/**
 * Whether an object is of the npm packages.
 *
 * @param {object} extension
 * @returns {boolean}
 */
function isNpm(extension) {
  if (!origins.has(extension)) {
    let at = extension;
    while (at !== null && !isNpmModule(at)) at = Object.getPrototypeOf(at);
    origins.set(extension, at !== null);
  }
  return /** @type {boolean} */ (origins.get(extension));
}

/**
 * The settings of an object of the npm packages that does nothing of its own.
 *
 * @param {any} extension
 * @returns {DeflateSettings | null}
 */
function npmSettings(extension) {
  if (known.has(extension)) return known.get(extension) || null;
  let settings = null;
  if (isNpmExtension(extension)) {
    const options = withoutEverybodys(extension._options || {}, VALID);
    if (!('zlib' in options)) settings = valid(settingsFrom(options));
  }
  known.set(extension, settings);
  return settings;
}

/**
 * Settings that zlib would refuse are left to the package that accepted them.
 *
 * @param {DeflateSettings} settings
 * @returns {DeflateSettings | null}
 */
function valid(settings) {
  try {
    native.codecOffer(settings);
    return settings;
  } catch {
    return null;
  }
}

/**
 * Reads the options `extensions` and `deflate`.
 *
 * @param {{extensions?: any, deflate?: unknown}} options
 * @param {number} maxLength
 * @returns {Negotiation | null} null without extensions
 * @throws {TypeError} for what is no extension
 */
function extensionsOf({ extensions, deflate: choice }, maxLength) {
  const natively = prefersNative(choice);
  if (!extensions) return null;
  const list = [extensions].flat();
  if (list.length === 1 && list[0]) {
    const [only] = list;
    const settings = ownSettings(only) || (natively && typeof only === 'object' ? npmSettings(only) : null);
    if (settings) return new Negotiation(settings, null, maxLength);
  }
  if (list.length === 0) return null;
  const own = (/** @type {any} */ one) =>
    ownSettings(one) ? withLimit(one, maxLength) : boundedNpm(one, maxLength);
  return new Negotiation(null, hostOf(list.map(own), maxLength), maxLength);
}

/** Every name is there, so that none is looked for on `Object.prototype`. */
/** @type {import('../native').ExtensionAnswer} */
const NO_ANSWER = { deflate: undefined, agreed: undefined, rsv: undefined, fault: undefined };

/** What is offered to the peer, or answered to its offer, and what was agreed on. */
class Negotiation {
  /**
   * @param {DeflateSettings | null} settings
   * @param {ExtensionHost | null} host
   * @param {number} maxLength
   */
  constructor(settings, host, maxLength) {
    this._settings = settings;
    this._host = host;
    this._maxLength = maxLength;
  }

  /** The caller's extensions, where permessage-deflate does not run natively. @returns {ExtensionHost} */
  _plugins() {
    return /** @type {ExtensionHost} */ (this._host);
  }

  /** A client's. @returns {import('../native').ExtensionOffer} for the native `connect` */
  offer() {
    if (this._settings) return { deflate: this._settings, header: undefined };
    return { deflate: undefined, header: this._plugins().generateOffer() || undefined };
  }

  /**
   * A server's.
   *
   * @param {string|undefined} header what the client offers
   * @returns {import('../native').ExtensionAnswer|undefined} for the native `accept`
   */
  answer(header) {
    if (this._settings) return { ...NO_ANSWER, deflate: this._settings };
    let response;
    try {
      response = this._plugins().generateResponse(header);
    } catch (error) {
      return { ...NO_ANSWER, fault: String(/** @type {Error} */ (error).message) };
    }
    if (!response) this._host = null;
    return response ? { ...NO_ANSWER, agreed: response, rsv: rsvOf(this._plugins()) } : undefined;
  }

  /**
   * The `_coding` of a connection, once it is clear what was agreed on.
   *
   * @param {any} ws
   * @param {boolean} deflates whether the native side does
   * @returns {Coding | null}
   */
  codingOf(ws, deflates) {
    if (this._host) return new Plugins(ws, this._host, this._maxLength);
    return deflates ? new Deflating(ws, thresholdOf(/** @type {DeflateSettings} */ (this._settings))) : null;
  }
}

module.exports = { deflate, extensionsOf };
