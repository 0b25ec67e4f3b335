'use strict';

/** The conversation with an HTTP proxy that comes before a client's handshake (RFC 9110 section 9.3.6). */

const { Stream } = require('stream');

const { proxyAddress, withoutCredentials } = require('../opening/address');
const { listPublicly, setFields } = require('../transport/fields');
const native = require('../native');

const WAITING = 0;
const ASKED = 1;
const DONE = 2;

/** @typedef {ReturnType<typeof proxyAddress>} Address */

class ProxyStream extends Stream {
  /**
   * @param {{url?: string|null}} driver of the client
   * @param {Address} server the address that the client wants
   * @param {string} origin of the proxy
   */
  constructor(driver, server, origin) {
    super();
    this.readable = true;
    this.writable = true;
    setFields(this, {
      _driver: driver,
      _server: server,
      _proxy: proxyAddress(String(origin)),
      _headers: [],
      _reader: new native.HeadReader(true),
      _state: WAITING,
      _paused: false
    });
    /** @type {{url?: string|null}} */
    this._driver;
    /** @type {Address} */
    this._server;
    /** @type {Address} */
    this._proxy;
    /** @type {string[]} names and values alternately */
    this._headers;
    /** @type {import('../native/classes').HeadReader} */
    this._reader;
    /** @type {number} one of WAITING, ASKED and DONE */
    this._state;
    /** @type {boolean} */
    this._paused;
    /** @type {number|undefined} the status of the proxy's answer */
    this.statusCode;
    /** @type {Record<string, string>|undefined} its headers */
    this.headers;
  }

  /**
   * Adds a header to the request.
   *
   * @param {string} name
   * @param {*} value
   * @returns {boolean} false once it has been sent
   */
  setHeader(name, value) {
    if (this._state !== WAITING) return false;
    this._headers.push(String(name), String(value));
    return true;
  }

  /**
   * Asks for the tunnel.
   *
   * @returns {boolean} whether the request was sent
   * @throws {TypeError} for a header that must not be sent
   */
  start() {
    if (this._state !== WAITING) return false;
    const { host, target, authority } = this._server;
    const { username, password } = this._proxy;
    const session = native.connect({
      maxLength: 0,
      protocols: undefined,
      headers: undefined,
      host,
      target,
      username: undefined,
      password: undefined,
      tunnel: { authority, headers: this._headers, username, password },
      offer: undefined
    });
    // The session is the driver's own matter; only the request is wanted.
    native.release(session[0]);
    this._state = ASKED;
    if (this.readable) this.emit('data', Buffer.from(/** @type {string} */ (session[2])));
    return true;
  }

  /** Asks whoever writes to wait. */
  pause() {
    this._paused = true;
  }

  /** Ends {@link pause}. */
  resume() {
    this._paused = false;
    this.emit('drain');
  }

  /**
   * Takes bytes of the proxy.
   *
   * @param {Uint8Array} chunk
   * @returns {boolean} false while this stream is paused, and once it is over
   */
  write(chunk) {
    if (!this.writable) return false;
    const head = this._reader.receive(Buffer.from(chunk));
    if (typeof head === 'string') this._answer({ status: undefined, headers: [] });
    else if (head) this._answer(head);
    return !this._paused;
  }

  /** Takes the last bytes of the proxy. @param {Uint8Array} [chunk] */
  end(chunk) {
    if (!this.writable) return;
    if (chunk !== undefined) this.write(chunk);
    this._finish();
  }

  /** Ends the conversation. */
  destroy() {
    this._finish();
  }

  /**
   * The proxy has answered, or what it sent is no answer.
   *
   * @param {{status: number|undefined, headers: string[]}} head
   */
  _answer({ status, headers }) {
    this.statusCode = status;
    this.headers = {};
    for (let i = 0; i < headers.length; i += 2) {
      Object.defineProperty(this.headers, headers[i], {
        value: headers[i + 1],
        configurable: true,
        enumerable: true,
        writable: true
      });
    }
    if (status !== undefined && status >= 200 && status < 300) {
      this.emit('connect', {});
    } else {
      const url = withoutCredentials(String(this._driver.url));
      this.emit('error', new Error(`Can't establish a connection to the server at ${url}`));
    }
    this._finish();
  }

  _finish() {
    if (this._state === DONE) return;
    this._state = DONE;
    this.writable = false;
    if (!this.readable) return;
    this.readable = false;
    this.emit('close');
    this.emit('end');
  }
}
listPublicly(ProxyStream.prototype);

module.exports = { ProxyStream };
