'use strict';

/** Tells the limits of a connection by its counters what has moved, so that a message costs nothing. */

/** @typedef {import('../transport/connection').Connection & {_limits: import('../transport/connection').Limits}} Limited */

/** How far the bytes of a connection have got, and whether they have moved since the last look. */
class Movement {
  /** @param {Limited} ws */
  constructor(ws) {
    this._ws = ws;
    this._received = 0;
    this._chunks = 0;
    this._sent = 0;
    /** Whether bytes waited for the peer at the last look. */
    this._waited = ws._backedUp;
    this.receives();
    this.sends();
  }

  /** Whether bytes have come since the last time. */
  receives() {
    const { _limits: limits, _stream: stream } = this._ws;
    // A stream may not count its bytes.
    const bytesRead = stream.bytesRead || 0;
    const receives = bytesRead !== this._received || limits.chunks !== this._chunks;
    this._received = bytesRead;
    this._chunks = limits.chunks;
    return receives;
  }

  /**
   * Whether the peer has taken some of the bytes that wait for it, or that waited at the last time: all of them may have left since.
   *
   * @param {boolean} waits whether some wait now
   */
  takes(waits) {
    const waited = this._waited;
    this._waited = waits;
    return this.sends() && (waited || waits);
  }

  /** Whether bytes have left since the last time. */
  sends() {
    const { _stream: stream, _transport: transport } = this._ws;
    const sent = (stream.bytesWritten || 0) - transport.pending(this._ws);
    const sends = sent > this._sent;
    this._sent = sent;
    return sends;
  }
}

module.exports = { Movement };
