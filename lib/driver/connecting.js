'use strict';

/** The client's driver. */

const { serverAddress } = require('../opening/address');
const native = require('../native');
const { protocolNames } = require('../opening/options');
const { setFields } = require('../transport/fields');
const { CONNECTING, UNSTARTED } = require('./driver');
const { HybiDriver } = require('./hybi');
const { ProxyStream } = require('./proxy');

class ConnectingDriver extends HybiDriver {
  /**
   * @param {string} url `ws:` or `wss:`
   * @param {import('./driver').Options|null} [options]
   * @throws {Error} for a URL that is none
   */
  constructor(url, options) {
    super(String(url), options);
    setFields(this, {
      _address: serverAddress(String(this.url)),
      _protocols: protocolNames(this._options.protocols)
    });
    /** @type {ReturnType<typeof serverAddress>} */
    this._address;
    /** @type {string[]|undefined} */
    this._protocols;
    this.readyState = UNSTARTED;
    /** @type {number|undefined} the status of the server's answer */
    this.statusCode;
    /** @type {Record<string, string>|undefined} its headers */
    this.headers;
  }

  /**
   * Sends the request.
   *
   * @returns {boolean} whether it was sent
   * @throws {TypeError} for a header or a protocol that must not be sent
   */
  start() {
    if (this.readyState !== UNSTARTED) return false;
    const { host, target, username, password } = this._address;
    const [slot, request] = native.connect({
      maxLength: this._limit,
      protocols: this._protocols,
      headers: this._headers,
      host,
      target,
      username,
      password,
      tunnel: undefined,
      offer: this._negotiation ? this._negotiation.offer() : undefined
    });
    this._own(slot);
    this.readyState = CONNECTING;
    this._write(Buffer.from(request));
    return true;
  }

  /**
   * A tunnel through an HTTP proxy.
   *
   * @param {string} origin of the proxy
   * @returns {ProxyStream} to be attached to a socket to the proxy, before this driver is
   */
  proxy(origin) {
    return new ProxyStream(this, this._address, origin);
  }

  /** The server agreed. */
  _receiveOpen() {
    const { protocol, headers } = this._readAnswer();
    this.protocol = protocol;
    if (this._negotiation !== null) {
      const coding = this._negotiation.codingOf(this, this._deflates);
      try {
        if (coding !== null && coding.activate) coding.activate(headers['sec-websocket-extensions']);
      } catch (error) {
        native.stop(this._slot);
        this._fail(`Error during WebSocket handshake: ${/** @type {Error} */ (error).message}`);
        return;
      }
      this._coding = coding;
    }
    this._open();
  }

  /**
   * The server did not agree.
   *
   * @param {number} statusCode
   * @param {string} text
   */
  _receiveRefusal(statusCode, text) {
    this._readAnswer();
    this._fail(text);
  }

  /** @param {string} text what went wrong */
  _fail(text) {
    this._end(1002, text, true);
  }

  /**
   * Takes over what the server answered.
   *
   * @returns {{protocol: string|null, headers: Record<string, string>}}
   */
  _readAnswer() {
    const [status, protocol, flat, deflates] = native.answer(this._slot);
    this._deflates = deflates === 1;
    this.statusCode = status || undefined;
    this.headers = headersOf(flat);
    return { protocol: protocol || null, headers: this.headers };
  }
}

/**
 * An object of headers from names and values alternately; own properties all, as a header may be called `__proto__`.
 *
 * @param {string[]} flat
 * @returns {Record<string, string>}
 */
function headersOf(flat) {
  const entries = [];
  for (let i = 0; i < flat.length; i += 2) entries.push([flat[i], flat[i + 1]]);
  return Object.fromEntries(entries);
}

module.exports = { ConnectingDriver, headersOf };
