'use strict';

/** What a client does with the answer of its server, or of a proxy before it, as methods of a client's connection. */

const native = require('../../native');
const { printable } = require('../../opening/address');
const { isRedirect, redirectTo } = require('../../opening/redirect');

/** What to write when a proxy asks for a user and a password. */
const PROXY_CREDENTIALS =
  ", so write a user and a password that it knows: proxy: { origin: 'http://user:password@host:port' }";

/** @type {import('../../transport/connection').ClientMethods} */
const answered = {
  /** The server agreed. Once the chunk with the answer is dealt with, Rust may do the reading. */
  _receiveOpen() {
    process.nextTick(() => this._takeOver());
    const protocol = this._readAnswer();
    if (protocol === null) return;
    const negotiation = this._negotiation;
    if (negotiation !== null) {
      this._negotiation = null;
      const coding = negotiation.codingOf(this, this._deflates);
      try {
        if (coding !== null && coding.activate) coding.activate(this.headers['sec-websocket-extensions']);
      } catch (error) {
        native.stop(this._slot);
        const text = `Error during WebSocket handshake: ${printable(String(/** @type {Error} */ (error).message))}`;
        this._fail(text, { code: 'ERR_WEBSOCKET_HANDSHAKE', statusCode: this.statusCode }, 1002, text);
        return;
      }
      this._setCoding(coding, this._deflates);
    }
    this._open(protocol);
  },

  /** The server, or a proxy before it, did not agree. */
  _receiveRefusal(statusCode, text) {
    const proxied = this._opening.handOver !== null;
    if (this._readAnswer() === null) return;
    /** @type {import('../../transport/connection').ErrorDetail} */
    const detail = { code: proxied ? 'ERR_WEBSOCKET_PROXY' : 'ERR_WEBSOCKET_HANDSHAKE' };
    if (statusCode !== 0) detail.statusCode = statusCode;
    const { redirects, options, plan } = this._opening;
    const isElsewhere = !proxied && !plan.session && isRedirect(statusCode, this.headers);
    if (isElsewhere && redirects > 0) {
      this._redirect(this.headers.location);
      return;
    }
    if (isElsewhere && Number(options.maxRedirects) > 0) {
      text += `, once more than maxRedirects allows, which is ${Number(options.maxRedirects)}`;
    }
    if (proxied) {
      detail.cause = new Error(text);
      const cure = statusCode === 407 ? PROXY_CREDENTIALS : '';
      this._lose(`${this._unreachable()}: ${text}${cure}`, detail);
    } else {
      this._fail(text, detail, 1002, text);
    }
  },

  /** The server is elsewhere. What is meant for one origin does not go to another. */
  _redirect(location) {
    this._opening.redirects--;
    let next;
    try {
      next = redirectTo(this.url, location);
    } catch (error) {
      const text = `${this._unreachable()}: ${/** @type {Error} */ (error).message}`;
      this._lose(text, { code: 'ERR_WEBSOCKET_HANDSHAKE', statusCode: this.statusCode });
      return;
    }
    this._again(next.url, next.sameOrigin ? {} : { secrets: false });
  },

  /** Takes over what the server answered; the subprotocol. Null if that cannot be had, which ends the connection. */
  _readAnswer() {
    let answer;
    try {
      answer = native.answer(this._slot);
    } catch (cause) {
      native.stop(this._slot);
      const text = `${this._unreachable()}: ${/** @type {Error} */ (cause).message}`;
      this._lose(text, { code: 'ERR_WEBSOCKET_HANDSHAKE', cause: /** @type {Error} */ (cause) });
      return null;
    }
    const [status, protocol, flat, deflates] = answer;
    this._deflates = deflates === 1;
    const entries = [];
    for (let i = 0; i < flat.length; i += 2) entries.push([flat[i], flat[i + 1]]);
    // Own properties all: a header may be called `__proto__`. Those of a proxy's refusal are not the server's.
    this.headers = this._opening.handOver === null ? Object.fromEntries(entries) : undefined;
    this.statusCode = status || undefined;
    const { answer: http2 } = this._opening;
    if (http2 !== null) {
      this.headers = Object.fromEntries(Object.entries(http2).filter(([name]) => !name.startsWith(':')));
      this.statusCode = http2[':status'];
    }
    this._face.answered(this._target, this.headers, this.statusCode);
    return protocol;
  }
};

module.exports = { answered };
