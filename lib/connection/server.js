'use strict';

/** A server's connection: it answers the request that asked for it. */

const { Connection } = require('./connection');
const live = require('./live');
const { putOff } = require('./openings');
const states = require('./states');
const native = require('../native');
const { extensionsOf } = require('../extensions');
const { isHttp2Stream, respond } = require('../opening/http2/server');
const { occupy } = require('../opening/occupied');
const { headerList, maxLength, protocolNames } = require('../opening/options');
const { acceptRequest, headerValue } = require('../opening/request');
const { soon } = require('../transport/posting');
const drafts = require('../transport/draft');
const { copy } = require('../transport/memory');
const { enter } = require('../transport/scope');

class ServerConnection extends Connection {
  /**
   * Takes the stream over, and answers the request on the next tick. A draft of hixie-76 opens when the eight bytes behind
   * the request's head have come.
   *
   * @param {any} request
   * @param {Buffer|undefined} head bytes that came with the request's head
   * @param {string|string[]|null|undefined} protocols subprotocols that we speak
   * @param {Record<string, any>} options whose names are checked
   * @param {number|undefined} timeout of a draft's handshake, in milliseconds
   */
  accept(request, head, protocols, options, timeout) {
    const limit = maxLength(options.maxLength);
    const headers = headerList(options.headers);
    if (this.version !== 'hybi-13') {
      this._acceptDraft(request, head, headers, limit, timeout);
      return;
    }
    const negotiation = extensionsOf(options, limit);
    const names = protocolNames(protocols);
    const begin = () => this._begin(request, head, { limit, names, headers, negotiation });
    if (isHttp2Stream(this._stream) && putOff(() => this._beginLate(begin))) this._waitForTurn();
    else begin();
  }

  /**
   * @param {any} request
   * @param {Buffer|undefined} head
   * @param {{limit: number, names: any, headers: any, negotiation: any}} terms what the caller's options come to
   */
  _begin(request, head, { limit, names, headers, negotiation }) {
    const offered = headerValue(request.headers['sec-websocket-extensions']);
    const [response, slot, protocol, fault, deflates] = native.accept(
      acceptRequest(request, this.url, {
        maxLength: limit,
        protocols: names,
        headers,
        answer: negotiation ? negotiation.answer(offered) : undefined
      })
    );
    this._slot = slot;
    if (negotiation && slot !== -1)
      this._setCoding(negotiation.codingOf(this, deflates === 1), deflates === 1);
    this._configureStream();
    this._answer(head, response, slot === -1 ? fault : null, () => this._open(protocol));
  }

  /** The stream is ours from now on, but nothing is read or answered before its turn. */
  _waitForTurn() {
    live.add(this);
    this._endWith(this._stream);
    occupy(this._stream);
  }

  /** Begins what had to wait, unless it is over. @param {() => void} begin */
  _beginLate(begin) {
    if (this._state > states.FAREWELL) return;
    try {
      begin();
    } catch (error) {
      enter(this, () => this._loseTo(error));
    }
  }

  /**
   * @param {any} request
   * @param {Buffer|undefined} head
   * @param {any} headers
   * @param {number} limit
   * @param {number|undefined} timeout
   */
  _acceptDraft(request, head, headers, limit, timeout) {
    const session = drafts.accept(this.version, request, this.url, headers, limit);
    this._draft = session;
    this._transport = drafts;
    this._wantsDirect = false;
    this._configureStream();
    this._answer(head, session.head, session.fault, () => {
      if (session.isOpen) this._open('');
      else drafts.awaitBody(/** @type {any} */ (this), timeout);
    });
  }

  /**
   * Answers on the next tick: with the head of the response, behind which come the bytes that came with the request's head.
   * Opens what is not refused, if nothing is missing.
   *
   * @param {Buffer|undefined} head of the request: the bytes behind it
   * @param {string|Buffer} response
   * @param {string|null|undefined} fault why the request is refused
   * @param {function(): void} open
   */
  _answer(head, response, fault, open) {
    soon(() => {
      if (this._state > states.FAREWELL) return;
      if (head && head.length > 0) /** @type {Buffer[]} */ (this._early).unshift(copy(head));
      if (isHttp2Stream(this._stream)) {
        try {
          respond(/** @type {any} */ (this._stream), response);
        } catch (error) {
          enter(this, () => this._loseTo(error));
          return;
        }
      } else if (this._stream.writable) {
        this._stream.write(response);
      }
      if (fault) {
        const detail = { code: 'ERR_WEBSOCKET_HANDSHAKE', statusCode: 400 };
        // The drafts know no codes.
        if (this._draft === null) enter(this, () => this._fail(fault, detail, 1002, fault));
        else enter(this, () => this._fail(fault, detail, null, null));
        return;
      }
      enter(this, open);
      this._catchUp();
    });
  }
}

module.exports = { ServerConnection };
