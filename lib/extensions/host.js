'use strict';

/**
 * The host of extensions that are JavaScript objects (RFC 6455 section 9), in the format that the npm package
 * `websocket-extensions` has given them: negotiates them, and passes messages through them.
 */

const native = require('../native');
const { Pipeline } = require('./pipeline');

/** @typedef {import('../../types/extension').Extension} Extension */
/** @typedef {import('../../types/extension').ExtensionMessage} ExtensionMessage */
/** @typedef {import('../../types/extension').ExtensionParams} ExtensionParams */
/** @typedef {(error: Error | null, message: any) => void} Next */
/** @typedef {{name: string, params: ExtensionParams}} Offer */

/** Opcodes of messages; frames of all others have no reserved bits. */
const MESSAGE_OPCODES = new Set([1, 2]);
const RSV = ['rsv1', 'rsv2', 'rsv3'];

/** A value that need not stand in quotes. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

class ExtensionHost {
  /** @param {{maxLength: number}} options are passed to each extension */
  constructor(options) {
    this._options = options;
    /** @type {any[]} */
    this._extensions = [];
    /**
     * A client's sessions by the name of their extension, each with that.
     *
     * @type {Map<string, {extension: any, session: any}>}
     */
    this._offered = new Map();
    /** @type {{name: string, session: any}[]} */
    this._active = [];
    /**
     * Which extension uses a reserved bit.
     *
     * @type {Map<string, string>}
     */
    this._owners = new Map();
    /** @type {import('./pipeline').Reader | null} */
    this._reader = null;
    this._pipeline = new Pipeline([]);
  }

  /**
   * Has messages of the peer pass `reader` behind the extensions.
   *
   * @param {import('./pipeline').Reader} reader never fails
   */
  readBy(reader) {
    this._reader = reader;
    this._pipeline = new Pipeline(this._active, reader);
  }

  /**
   * Registers an extension.
   *
   * @param {any} extension
   * @throws {TypeError} for what is none, and for a name that is taken
   */
  add(extension) {
    if ((typeof extension !== 'object' && typeof extension !== 'function') || extension === null) {
      throw new TypeError('An extension must be an object, such as WebSocket.deflate');
    }
    if (typeof extension.name !== 'string') throw new TypeError('extension.name must be a string');
    if (extension.type !== 'permessage') throw new TypeError('extension.type must be "permessage"');
    for (const bit of RSV) {
      if (typeof extension[bit] !== 'boolean') throw new TypeError(`extension.${bit} must be true or false`);
    }
    if (this._extensions.some(({ name }) => name === extension.name)) {
      throw new TypeError(`An extension with name "${extension.name}" is already registered`);
    }
    this._extensions.push(extension);
  }

  /** @returns {string|null} a client's header; null if there is nothing to offer */
  generateOffer() {
    const offers = [];
    for (const extension of this._extensions) {
      const session = extension.createClientSession(this._options);
      if (!session) continue;
      this._offered.set(extension.name, { extension, session });
      const params = session.generateOffer();
      for (const each of params ? [].concat(params) : []) offers.push(serialize(extension.name, each));
    }
    return offers.length > 0 ? offers.join(', ') : null;
  }

  /**
   * Begins what a server has agreed to.
   *
   * @param {string} [header] the server's answer
   * @throws {Error} for what was not offered, or is not acceptable
   */
  activate(header) {
    for (const { name, params } of read(header)) {
      const offered = this._offered.get(name);
      if (!offered) throw new Error(`Server sent an extension response for unknown extension "${name}"`);
      const { extension, session } = offered;
      const taken = RSV.find((bit) => extension[bit] && this._owners.has(bit));
      if (taken) {
        throw new Error(
          `Server sent two extension responses that use the ${taken.toUpperCase()} bit: ` +
            `"${this._owners.get(taken)}" and "${name}"`
        );
      }
      if (session.activate(params) !== true) {
        throw new Error(`Server sent unacceptable extension parameters: ${serialize(name, params)}`);
      }
      this._use(extension, session);
    }
    this._pipeline = new Pipeline(this._active, this._reader);
  }

  /**
   * Begins what a client offers and we have.
   *
   * @param {string} [header] the client's offers
   * @returns {string | null} our answer; null if nothing was agreed on
   * @throws {Error} for a header that cannot be read
   */
  generateResponse(header) {
    const offers = read(header);
    const answers = [];
    for (const extension of this._extensions) {
      const params = offers.filter(({ name }) => name === extension.name).map((offer) => offer.params);
      const isFree = RSV.every((bit) => !extension[bit] || !this._owners.has(bit));
      const session =
        params.length > 0 && isFree ? extension.createServerSession(params, this._options) : null;
      if (!session) continue;
      this._use(extension, session);
      answers.push(serialize(extension.name, session.generateResponse()));
    }
    this._pipeline = new Pipeline(this._active, this._reader);
    return answers.length > 0 ? answers.join(', ') : null;
  }

  /**
   * @param {any} extension
   * @param {any} session
   */
  _use(extension, session) {
    this._active.push({ name: extension.name, session });
    for (const bit of RSV) if (extension[bit]) this._owners.set(bit, extension.name);
  }

  /**
   * Whether the reserved bits of a frame are used by an extension.
   *
   * @param {any} frame
   * @returns {boolean}
   */
  validFrameRsv(frame) {
    const mayHave = MESSAGE_OPCODES.has(frame.opcode);
    return RSV.every((bit) => !frame[bit] || (mayHave && this._owners.has(bit)));
  }

  /**
   * Passes a message of the peer through all extensions; `callback(error, message)` is called in order.
   *
   * @param {object} message
   * @param {Next} callback
   * @param {import('./pipeline').Weigh} [weigh]
   */
  processIncomingMessage(message, callback, weigh) {
    this._pipeline.process('incoming', message, callback, weigh);
  }

  /**
   * Passes a message to the peer through all extensions; `callback(error, message)` is called in order.
   *
   * @param {object} message
   * @param {Next} callback
   */
  processOutgoingMessage(message, callback) {
    this._pipeline.process('outgoing', message, callback);
  }

  /**
   * Whether extensions are at work on no message of the peer; with `both`, nor on one to it.
   *
   * @param {boolean} both
   * @returns {boolean}
   */
  isSettled(both) {
    return this._pipeline.isSettled(both);
  }

  /**
   * Calls `callback` as soon as that is so.
   *
   * @param {boolean} both
   * @param {() => void} callback
   */
  settled(both, callback) {
    this._pipeline.settled(both, callback);
  }

  /**
   * Ends the extensions behind the messages that they are at work on, and then calls `callback`.
   *
   * @param {() => void} callback
   */
  close(callback) {
    this._pipeline.close(callback);
  }
}

/**
 * Offers or answers of a header, each a name and parameters.
 *
 * @param {string | undefined} header
 * @returns {Offer[]}
 * @throws {SyntaxError} for a header that does not follow the grammar
 */
function read(header) {
  let offers;
  try {
    offers = native.parseExtensions(header || '');
  } catch (error) {
    throw new SyntaxError(/** @type {Error} */ (error).message, { cause: error });
  }
  return offers.map(({ name, params }) => ({ name, params: paramsOf(params) }));
}

/**
 * An object of parameters: one that was repeated has an array. Own properties all, as a name may be `__proto__`.
 *
 * @param {import('../native').ParsedExtension['params']} params
 * @returns {ExtensionParams}
 */
function paramsOf(params) {
  return Object.fromEntries(params.map(({ name, values }) => [name, values.length > 1 ? values : values[0]]));
}

/**
 * An extension with parameters, as it stands in a header.
 *
 * @param {string} extension
 * @param {any} params
 * @returns {string}
 */
function serialize(extension, params) {
  const parts = [extension];
  for (const [name, all] of Object.entries(params)) {
    for (const value of [].concat(all)) {
      if (value === true) parts.push(name);
      else if (typeof value === 'number' || TOKEN.test(value)) parts.push(`${name}=${value}`);
      else parts.push(`${name}="${String(value).replace(/["\\]/g, '\\$&')}"`);
    }
  }
  return parts.join('; ');
}

module.exports = { ExtensionHost };
