'use strict';

/**
 * The two duplex streams of a driver. They hold nothing: what is written to one comes out of the other at once, as bytes
 * or as messages (what comes before a server has answered the handshake, behind the answer), and a pause only asks writers to wait. Pausing `messages` asks those who write bytes; pausing `io`, whose
 * socket takes no more, asks those who write either.
 *
 * ```text
 *   socket ──▶ io.write ──▶ parse ──▶ messages 'data'          messages.write ──▶ frame ──▶ io 'data' ──▶ socket
 * ```
 */

const { Stream } = require('stream');

const { listPublicly, setFields } = require('../transport/fields');

/**
 * What the streams ask of their driver.
 *
 * @typedef {object} Owner
 * @property {IO} io
 * @property {Messages} messages
 * @property {(chunk: Uint8Array) => void} parse
 * @property {() => boolean} _keepsSome
 * @property {() => boolean} _keepsMuch
 * @property {(message: string) => boolean} text
 * @property {(message: Uint8Array) => boolean} binary
 */

/** What both have in common: the old kind of stream that Node's `pipe` still serves. */
class DriverStream extends Stream {
  /** @param {object} driver each kind of which has what `Owner` says */
  constructor(driver) {
    super();
    this.readable = true;
    this.writable = true;
    setFields(this, { _paused: false, _driver: driver });
    /** @type {boolean} */
    this._paused;
    /** @type {Owner} */
    this._driver;
  }
}
listPublicly(DriverStream.prototype);

/** The bytes of the connection: attach it to a socket. */
class IO extends DriverStream {
  /** Asks those who write to either stream to wait. */
  pause() {
    this._paused = true;
    this._driver.messages._paused = true;
  }

  /** Ends {@link pause}. */
  resume() {
    this._paused = false;
    this.emit('drain');
    const { messages } = this._driver;
    messages._paused = false;
    messages.emit('drain');
  }

  /**
   * Takes bytes of the peer.
   *
   * @param {Uint8Array} chunk
   * @returns {boolean} false while one of the streams is paused, and while much waits for the handshake to be answered, or for a message that is at
   *   work elsewhere
   */
  write(chunk) {
    if (!this.writable) return false;
    this._driver.parse(chunk);
    return !this._paused && !this._driver._keepsMuch();
  }

  /** The peer's bytes have ended, and with them the messages. @param {Uint8Array} [chunk] the last ones */
  end(chunk) {
    if (!this.writable) return;
    if (chunk !== undefined) this.write(chunk);
    this.writable = false;
    // What waits for the handshake to be answered comes before the end.
    if (!this._driver._keepsSome()) this._driver.messages._finish();
  }

  /** The same as `end`. */
  destroy() {
    this.end();
  }
}

/** The messages of the connection. */
class Messages extends DriverStream {
  /** @param {object} driver */
  constructor(driver) {
    super(driver);
    // Every error is the driver's too; one that nobody listens for must not throw here.
    this.on('error', () => {});
  }

  /** Asks those who write bytes to wait. */
  pause() {
    this._driver.io._paused = true;
  }

  /** Ends {@link pause}. */
  resume() {
    const { io } = this._driver;
    io._paused = false;
    io.emit('drain');
  }

  /**
   * Sends a message: a string as text, a Buffer as binary.
   *
   * @param {string|Uint8Array} message
   * @returns {boolean} false while `io` is paused
   */
  write(message) {
    if (!this.writable) return false;
    if (typeof message === 'string') this._driver.text(message);
    else this._driver.binary(message);
    return !this._paused;
  }

  /**
   * Sends a last message, if one is given. The connection stays open: `close` is what ends it.
   *
   * @param {string|Uint8Array} [message]
   */
  end(message) {
    if (message !== undefined) this.write(message);
  }

  /** Does nothing. */
  destroy() {}

  /** No message comes any more. */
  _finish() {
    if (!this.readable) return;
    this.readable = this.writable = false;
    this.emit('end');
  }
}

module.exports = { IO, Messages };
