'use strict';

/** The server's driver for a request that Node, or `Driver.server`, has read. */

const native = require('../native');
const { protocolNames, stripSpaces } = require('../opening/options');
const { acceptRequest, headerValue, textOf, urlOf } = require('../opening/request');
const { setFields } = require('../transport/fields');
const { CONNECTING } = require('./driver');
const { HybiDriver } = require('./hybi');

class AcceptingDriver extends HybiDriver {
  /**
   * @param {import('../opening/handshake').GivenRequest} request
   * @param {import('./driver').Options|null} [options]
   * @throws {TypeError} for who masks, which is not for a server to choose (RFC 6455 section 5.1)
   */
  constructor(request, options) {
    super(urlOf(request), options);
    if (this._options.masking) throw new TypeError('A server does not mask: leave the option masking out');
    if (this._options.requireMasking === false) {
      throw new TypeError('A server takes no frames without a mask: leave the option requireMasking out');
    }
    setFields(this, { _request: request, _protocols: protocolNames(this._options.protocols) });
    /** @type {import('../opening/handshake').GivenRequest} */
    this._request;
    /** @type {string[]|undefined} */
    this._protocols;
    this.protocol = choose(headerValue(request.headers['sec-websocket-protocol']), this._protocols);
  }

  /**
   * Answers the handshake.
   *
   * @returns {boolean} whether the request was accepted
   * @throws {TypeError} for a header or a protocol that must not be sent
   */
  start() {
    if (this.readyState !== CONNECTING || this._slot !== -1) return false;
    const { url, headers } = this._request;
    const offered = headerValue(headers['sec-websocket-extensions']);
    const [head, slot, , fault, deflates] = native.accept(
      acceptRequest(this._request, textOf(url), {
        maxLength: this._limit,
        protocols: this._protocols,
        headers: this._headers,
        answer: this._negotiation ? this._negotiation.answer(offered) : undefined
      })
    );
    if (slot === -1) return this._refuse(Buffer.from(head), String(fault), 1002);
    this._own(slot);
    if (this._negotiation) {
      this._deflates = deflates === 1;
      this._coding = this._negotiation.codingOf(this, this._deflates);
    }
    this._write(Buffer.from(head));
    this._openAndRead();
    return true;
  }
}

/**
 * The client's first offer among the names that are supported.
 *
 * @param {string|undefined} offered
 * @param {string[]|undefined} supported
 * @returns {string|undefined}
 */
function choose(offered, supported) {
  const names = offered === undefined ? [] : offered.split(',').map(stripSpaces);
  return names.find((name) => (supported || []).includes(name));
}

module.exports = { AcceptingDriver };
