'use strict';

/**
 * What a connection allows its peer, where its owner has set it: a time to answer pings, a time to be silent, a time to
 * close, and so many bytes that may wait for it.
 *
 * All times are looked at from the thread's one timer wheel, and from there the socket's counters say whether anything has
 * moved: a message costs nothing.
 */

const { Movement } = require('./movement');
const native = require('../native');
const brake = require('../transport/brake');
const { soon } = require('../transport/posting');
const { HalfCloseWatch } = require('../transport/half_close');
const { isPausedByOwner } = require('../transport/reading');
const timers = require('../transport/timers');
const { enter } = require('../transport/scope');
const { LONGEST_DELAY, milliseconds, numeric, seconds } = require('../opening/options');
const { OPEN } = require('../transport/ready_state');

/** @typedef {import('../transport/connection').Connection} Connection */
/** @typedef {import('../transport/connection').Timer} Timer */
/** @typedef {import('../transport/connection').Limits} Allowance */
/** @typedef {{pong: number, idle: number, close: number | undefined, most: number, onFull: string}} Settings */

/** A peer's last sign is known to this part of idleTimeout. */
const SHARES = 16;
/** So often within pongTimeout it is looked whether a late pong may still come. */
const LOOKS = 4;

/** Where `native.memoryUsage` has the bytes of messages that have not come to their end. */
const MESSAGES = 2;

/** What happens to a message that finds too much waiting. */
const ON_FULL = ['close', 'drop', 'pause'];
/** How often it is looked whether less waits again, and how much later that may be, in milliseconds. */
const ROOM_LOOK = 50;
const ROOM_SLACK = 32;

/**
 * Reads the options of limits.
 *
 * @param {Record<string, any>} options
 * @returns {Settings | null} null where none is set
 * @throws {RangeError|TypeError} for a value that is none
 */
function readLimits(options) {
  const pong = Math.min(seconds('pongTimeout', options.pongTimeout) * 1000, LONGEST_DELAY);
  const idle = Math.min(seconds('idleTimeout', options.idleTimeout) * 1000, LONGEST_DELAY);
  const close = milliseconds('closeTimeout', options.closeTimeout);
  const most = bytes(options.maxBufferedAmount);
  const onFull = options.onFull ?? 'close';
  if (!ON_FULL.includes(onFull)) {
    throw new TypeError(`The option onFull must be 'close', 'drop' or 'pause', not ${String(onFull)}`);
  }
  if (most === Infinity && options.onFull !== undefined && options.onFull !== null) {
    throw new TypeError('The option onFull says what happens at maxBufferedAmount, which is not set');
  }
  if (pong === 0 && idle === 0 && close === undefined && most === Infinity) return null;
  return { pong, idle, close, most, onFull };
}

/** How many bytes may wait. @param {unknown} value @returns {number} */
function bytes(value) {
  if (value === undefined || value === null || value === Infinity) return Infinity;
  const number = numeric(value);
  if (number > 0) return number;
  throw new RangeError('The option maxBufferedAmount must be a number of bytes, more than 0');
}

/**
 * A clock for all connections that are listened to, which costs nothing to look at: it moves in steps that are short
 * beside their limits.
 */
const beat = {
  time: 0,
  interval: 0,
  _users: 0,
  /** @type {Timer | null} */
  _timer: null,

  /** @param {number} interval */
  begin(interval) {
    this._users++;
    if (this._timer !== null && interval >= this.interval) return;
    timers.cancel(this._timer);
    this.interval = interval;
    this.time = timers.now();
    this._timer = timers.every((time) => {
      this.time = time;
      return false;
    }, interval);
  },

  end() {
    if (--this._users > 0) return;
    timers.cancel(this._timer);
    this._timer = null;
  }
};

/** The limits of one connection. */
class Limits {
  /** @param {any} ws the connection @param {Settings} settings from {@link readLimits} */
  constructor(ws, settings) {
    this._ws = ws;
    this._settings = settings;
    /** How often bytes have come. */
    this.chunks = 0;
    /** Whether nothing is read from the peer because too much waits for it. */
    this.stopsReading = false;
    /** When bytes have come for the last time, by the beat. */
    this._heardAt = 0;
    this._lookedAt = 0;
    this._isWatched = false;
    /** @type {any} */
    this._idleTimer = null;
    /** @type {any} */
    this._idleMovement = null;
    /**
     * Pings without an answer, the oldest first, and the timer that waits for that one's.
     *
     * @type {{key: string, at: number}[]}
     */
    this._pings = [];
    /** @type {any} */
    this._pongTimer = null;
    /** @type {any} */
    this._pongMovement = null;
    /** Whether a message was coming when a pong was missed. */
    this._isMidMessage = false;
    /** Whether too much waits, and the timer that looks for room. */
    this._isFull = false;
    /** @type {any} */
    this._roomTimer = null;
    /** Looks whether the peer has ended its half, while it is not read from. @type {any} */
    this._endWatch = null;
  }

  /** How long the peer may take to close, in milliseconds, or undefined. */
  get close() {
    return this._settings.close;
  }

  /** Whether only so many bytes may wait. */
  get isBounded() {
    return this._settings.most !== Infinity;
  }

  /** Whether a ping has to be answered in time. */
  get waitsForPongs() {
    return this._settings.pong !== 0;
  }

  /** The connection is open. */
  start() {
    const { idle } = this._settings;
    if (idle === 0) return;
    this._isWatched = true;
    beat.begin(idle / SHARES);
    this._heardAt = this._lookedAt = timers.now();
    this._idleMovement = new Movement(this._ws);
    this._idleTimer = timers.after((time) => this._listen(time), idle, idle / SHARES);
  }

  /** The connection is over. */
  end() {
    for (const timer of [this._idleTimer, this._pongTimer, this._roomTimer]) timers.cancel(timer);
    if (this._isWatched) beat.end();
    this._isWatched = false;
    this._pings = [];
    this._endWait();
  }

  /** The peer is read from again, or is gone. */
  _endWait() {
    this.stopsReading = false;
    if (this._endWatch !== null) this._endWatch.end();
    this._endWatch = null;
  }

  /** Bytes have come. */
  heard() {
    this._heardAt = beat.time;
    this.chunks++;
  }

  /** Looks whether the peer is silent. @param {number} time @returns {boolean} */
  _listen(time) {
    const ws = this._ws;
    if (ws.readyState !== OPEN) return false;
    const { idle } = this._settings;
    // What has moved and was not heard since the last look has come at a time that nobody knows.
    if ((this._moves() && this._heardAt <= this._lookedAt) || this._isDeaf()) this._heardAt = time;
    this._lookedAt = time;
    const left = this._heardAt + idle + beat.interval - time;
    if (left <= 0) return this._expire(`Nothing has been received for ${idle / 1000} s`);
    timers.again(this._idleTimer, left, idle / SHARES, time);
    return false;
  }

  /** Whether bytes have come since the last look, or the peer has taken some of those that waited for it. */
  _moves() {
    const received = this._idleMovement.receives();
    return this._idleMovement.takes(this._ws._backedUp) || received;
  }

  /** Whether nothing is read for reasons of our own; that of the brake is the peer's. */
  _isDeaf() {
    const ws = this._ws;
    return ws._paused || (ws._waits && !brake.isOn(ws)) || ws._holds || isPausedByOwner(ws._stream);
  }

  /**
   * A ping has been sent.
   *
   * @param {string} key its payload, a character for each byte
   */
  pinged(key) {
    const { pong } = this._settings;
    if (pong === 0) return;
    this._pings.push({ key, at: timers.now() });
    if (this._pongTimer !== null && this._pongTimer.isWaiting) return;
    // What moved before says nothing of this ping.
    this._pongMovement = new Movement(this._ws);
    this._isMidMessage = false;
    if (this._pongTimer === null) this._pongTimer = timers.after((time) => this._missPong(time), pong);
    else timers.again(this._pongTimer, pong);
  }

  /**
   * A pong has come, which answers the pings before its own, too (RFC 6455 section 5.5.3).
   *
   * @param {string} key its payload, a character for each byte
   */
  ponged(key) {
    const index = this._pings.findIndex((ping) => ping.key === key);
    if (index === -1) return;
    this._pings.splice(0, index + 1);
    // On the wheel it would be moved from slot to slot until it falls due.
    if (this._pings.length === 0) timers.cancel(this._pongTimer);
  }

  /**
   * The oldest ping, or one before it, should have been answered by now.
   *
   * @param {number} time
   * @returns {boolean}
   */
  _missPong(time) {
    const ws = this._ws;
    if (ws.readyState !== OPEN || this._pings.length === 0) return false;
    const { pong } = this._settings;
    const left = this._pings[0].at + pong - time;
    if (left > 0) {
      timers.again(this._pongTimer, left);
      return false;
    }
    if (this._isUnderWay()) {
      timers.again(this._pongTimer, pong / LOOKS);
      return false;
    }
    return this._expire(`The peer has not answered a ping within ${pong / 1000} s`);
  }

  /** Whether the ping or its pong may be behind what moves, or behind what we do not read. */
  _isUnderWay() {
    const ws = this._ws;
    const received = this._pongMovement.receives();
    // What has left since the last look may have been in front of the ping, which the peer has got just now.
    const takes = this._pongMovement.takes(ws._transport.pending(ws) > 0);
    const wasMidMessage = this._isMidMessage;
    this._isMidMessage = ws._slot !== -1 && native.memoryUsage(ws._slot)[MESSAGES] > 0;
    if (this._isDeaf() || takes) return true;
    return received && (wasMidMessage || this._isMidMessage);
  }

  /**
   * Ends the connection at once: nobody is there to read a close frame.
   *
   * @param {string} text
   * @returns {boolean}
   */
  _expire(text) {
    enter(this._ws, this._ws._giveUpOn, text, { code: 'ERR_WEBSOCKET_TIMEOUT' });
    return true;
  }

  /**
   * Whether a message may be sent; if not, it is not taken.
   *
   * @returns {boolean}
   */
  admits() {
    const { most, onFull } = this._settings;
    if (most === Infinity) return true;
    if (this._isFull && onFull === 'close') return false;
    if (!this._exceeds()) return true;
    if (onFull === 'close') this._endFull();
    else if (onFull === 'pause') this._pauseFull();
    else this._awaitRoom();
    return onFull === 'pause';
  }

  /** Whether more waits than may. What was sent in this turn of the loop leaves first, if it can. */
  _exceeds() {
    const ws = this._ws;
    const { most } = this._settings;
    if (ws.bufferedAmount <= most) return false;
    if (ws.readyState === OPEN) ws._transport.flush(ws);
    return ws.bufferedAmount > most;
  }

  /** Ends the connection, in a tick: whoever sends to many is not told of the end of one in the middle of it. */
  _endFull() {
    this._isFull = true;
    soon(() => {
      if (this._ws.readyState > OPEN) return;
      const text = `The peer does not keep up: more than ${this._settings.most} bytes wait for it`;
      enter(this._ws, this._ws._giveUpOn, text, { code: 'ERR_WEBSOCKET_BUFFER_FULL' });
    });
  }

  /** Reads nothing more from the peer until less waits. */
  _pauseFull() {
    const ws = this._ws;
    if (ws.readyState !== OPEN) return;
    this.stopsReading = true;
    ws._transport.pause(ws);
    if (this._endWatch === null) this._endWatch = new HalfCloseWatch(ws, () => this._endWait());
    this._awaitRoom();
  }

  _awaitRoom() {
    if (this._isFull) return;
    this._isFull = true;
    this._roomTimer = timers.after(() => this._lookForRoom(), ROOM_LOOK, ROOM_SLACK);
  }

  /** Goes on once less waits. Where the transport was backed up as well, its own `drain` may have come by now. */
  _lookForRoom() {
    const ws = this._ws;
    if (ws.readyState > OPEN) return false;
    if (this._exceeds()) {
      timers.again(this._roomTimer, ROOM_LOOK, ROOM_SLACK);
      return false;
    }
    this._isFull = false;
    if (this.stopsReading) {
      this._endWait();
      ws._readOn();
    }
    ws._tellDrain();
    return true;
  }
}

module.exports = { Limits, readLimits };
