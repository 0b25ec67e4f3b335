'use strict';

/** The server's driver for hixie-75 and hixie-76: text only, and no pings, codes or extensions. */

const drafts = require('../transport/draft');
const { maxLength } = require('../opening/options');
const { urlOf } = require('../opening/request');
const { setFields } = require('../transport/fields');
const { copy } = require('../transport/memory');
const { Driver, CONNECTING, OPEN, CLOSED } = require('./driver');

/** @typedef {import('../opening/handshake').GivenRequest} GivenRequest */

class DraftDriver extends Driver {
  /**
   * @param {'hixie-75'|'hixie-76'} version
   * @param {GivenRequest} request
   * @param {import('./driver').Options|null} [options]
   */
  constructor(version, request, options) {
    super(urlOf(request), options);
    this.version = version;
    setFields(this, { _request: request, _session: null });
    /** @type {GivenRequest} */
    this._request;
    /** @type {import('../native/classes').DraftSession|null} null before the handshake is answered */
    this._session;
  }

  /** Answers the handshake. @returns {boolean} whether the request was accepted */
  start() {
    if (this.readyState !== CONNECTING || this._session !== null) return false;
    const limit = maxLength(this._options.maxLength);
    const session = drafts.accept(this.version, this._request, String(this.url), this._headers, limit);
    if (session.fault) return this._refuse(session.head, session.fault, null, null);
    this._session = session;
    this._write(session.head);
    if (session.isOpen) this._openAndRead();
    else this._readEarly();
    return true;
  }

  /** Takes bytes of the peer. @param {Uint8Array|readonly number[]|string|null} [chunk] */
  parse(chunk) {
    if (!chunk || this.readyState === CLOSED) return;
    const own = copy(/** @type {Uint8Array} */ (chunk));
    if (this._session === null || this._early.length > 0) {
      this._keepEarly(own);
      return;
    }
    for (const { kind, text, bytes } of this._session.receive(own)) {
      if (kind === 'text') this._deliver(/** @type {string} */ (text));
      else if (kind === 'long') this._deliver(this._converted());
      else if (kind === 'open') this._openWith(/** @type {Buffer} */ (bytes));
      else this._goodbye();
    }
  }

  /**
   * Sends a text message, or queues it until the connection is open.
   *
   * @param {import('./driver').FrameData} data
   * @returns {boolean} false once closed
   */
  frame(data) {
    if (this.readyState === CONNECTING) return this._enqueue([data]);
    if (this.readyState > OPEN || this._session === null) return false;
    this._write(this._session.frame(Buffer.isBuffer(data) ? data.toString() : String(data)));
    return true;
  }

  /**
   * Closes the connection; there is no answer to wait for.
   *
   * @returns {boolean} false if it is closed already
   */
  close() {
    if (this.readyState === CLOSED) return false;
    if (this.readyState === OPEN) this._goodbye();
    else this._close(null, null);
    return true;
  }

  /** The long text that comes next: the owner of a driver gives and takes all at once. @returns {string} */
  _converted() {
    const session = /** @type {import('../native/classes').DraftSession} */ (this._session);
    for (;;) {
      const text = session.convert();
      if (text !== null) return text;
    }
  }

  /** The eight bytes behind a hixie-76 request have come. @param {Buffer} answer what they ask for */
  _openWith(answer) {
    this._write(answer);
    this._open();
  }

  _goodbye() {
    const bytes = this._session && this._session.close();
    if (bytes && bytes.length > 0) this._write(bytes);
    this._close(null, null);
  }
}

module.exports = { DraftDriver };
