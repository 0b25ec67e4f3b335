'use strict';

/** The server's driver for a request that Node, or `Driver.server`, has read. */

const native = require('../native');
const { protocolNames, stripSpaces } = require('../options');
const { headerValue, urlOf } = require('../request');
const { CONNECTING } = require('./driver');
const { HybiDriver } = require('./hybi');

class AcceptingDriver extends HybiDriver {
  /**
   * @param {object} request with `method`, `url` and `headers`
   * @param {object} [options]
   */
  constructor(request, options) {
    super(urlOf(request), options);
    this._request = request;
    this._protocols = protocolNames(this._options.protocols);
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
    const { method, url, headers } = this._request;
    const offered = headerValue(headers['sec-websocket-extensions']);
    const [head, slot, , fault, deflates] = native.accept(
      this._limit,
      this._protocols,
      this._headers,
      method,
      url,
      ...['upgrade', 'connection', 'origin', 'sec-websocket-version', 'sec-websocket-key'].map((name) =>
        headerValue(headers[name])
      ),
      headerValue(headers['sec-websocket-protocol']),
      offered,
      ...(this._negotiation ? this._negotiation.answer(offered) : [])
    );
    if (slot === -1) return this._refuse(Buffer.from(head), fault, 1002);
    this._own(slot);
    if (this._negotiation) {
      this._deflates = deflates === 1;
      this._coding = this._negotiation.codingOf(this, this._deflates);
    }
    this._write(Buffer.from(head));
    this._open();
    return true;
  }
}

/** The client's first offer among the names that are supported. */
function choose(offered, supported) {
  const names = offered === undefined ? [] : offered.split(',').map(stripSpaces);
  return names.find((name) => (supported || []).includes(name));
}

module.exports = { AcceptingDriver };
