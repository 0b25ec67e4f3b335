'use strict';

/**
 * Whether a connection that is backed up is still read from. It is: if both ends stopped reading because both have much
 * to send, neither would ever read again (RFC 6455 knows nothing that would part them). But a peer that sends and never
 * reads must not make handlers answer into memory without end. So what is sent while such a connection is read from is
 * counted, and when that is too much, reading stops until the peer has taken everything.
 *
 * What an owner sends of its own accord counts as well, since nobody can tell it from an answer that comes out of a promise
 * or a timer. Therefore the brake tries by itself whether reading on makes anything be sent: for one turn of the loop, for
 * four, and so on. If nothing is, two owners have sent too much, and go on. If it is, the next trial takes twice as long to
 * come: a peer that never reads gains a few MiB in a day.
 */

const timers = require('./timers');

/** @typedef {import('./connection').Receiver} Receiver */

/** Bytes that may be sent while a backed-up connection is read from: as many as waited anyway, within these. */
const LEAST = 512 * 1024;
const MOST = 4 * 1024 * 1024;
/** Bytes that a trial may make be sent. */
const MORE = 64 * 1024;
/** When the first trial comes, in milliseconds. */
const DELAY = 100;
/** The longest delay of a timer, in milliseconds. */
const LONGEST_DELAY = 2 ** 31 - 1;
/** How many times as long the next trial lasts. */
const LONGER = 4;

/** The brake of one connection, for as long as that is backed up. */
class Brake {
  /** @param {number} waiting bytes that wait for the peer */
  constructor(waiting) {
    /** The least that has waited since counting began, and what may be added to it. */
    this.least = waiting;
    this.most = Math.min(Math.max(waiting, LEAST), MOST);
    /** Turns with something that was read until reading stops in any case, and how many those of the next trial are. */
    this.turns = Infinity;
    this.trial = 1;
    /** Whether it is on, whether something was read since its timer was last set, and for how long that is. */
    this.isOn = false;
    this.hasRead = true;
    /** @type {import('./connection').Timer | null} */
    this.timer = null;
    this.delay = DELAY;
  }
}

/**
 * Bytes of a connection that wait, here or with its extensions.
 *
 * @param {Receiver} ws
 * @returns {number}
 */
function waitingOf(ws) {
  return ws._transport.pending(ws) + (ws._coding === null ? 0 : ws._coding.queued);
}

/**
 * A connection that is backed up has its turn, with something that was read.
 *
 * @param {Receiver} ws the connection
 */
function reads(ws) {
  const brake = ws._brake;
  if (brake === null) ws._brake = new Brake(waitingOf(ws));
  else if (!brake.isOn && --brake.turns < 0) stop(ws, brake);
  else sent(ws);
}

/**
 * Something was sent to a peer, on a connection that has a brake.
 *
 * @param {Receiver} ws the connection
 */
function sent(ws) {
  const brake = ws._brake;
  if (brake !== null && !brake.isOn && added(ws, brake) >= brake.most) stop(ws, brake);
}

/**
 * What was added to the least that has waited.
 *
 * @param {Receiver} ws
 * @param {Brake} brake its own
 * @returns {number}
 */
function added(ws, brake) {
  const waiting = waitingOf(ws);
  if (waiting < brake.least) brake.least = waiting;
  return waiting - brake.least;
}

/**
 * Reads no more until {@link look} finds that nothing is sent.
 *
 * @param {Receiver} ws
 * @param {Brake} brake its own
 */
function stop(ws, brake) {
  brake.isOn = true;
  brake.hasRead = true;
  setTimer(ws, brake);
  ws._transport.pause(ws);
}

/**
 * @param {Receiver} ws
 * @param {Brake} brake its own
 */
function setTimer(ws, brake) {
  brake.timer = timers.after(() => look(ws), brake.delay);
}

/**
 * Begins a trial, unless something was sent since the last one began.
 *
 * @param {Receiver} ws
 * @returns {boolean} false: no handlers were called
 */
function look(ws) {
  const brake = ws._brake;
  if (brake === null) return false;
  const isEcho = added(ws, brake) >= brake.most;
  brake.least = waitingOf(ws);
  brake.most = MORE;
  if (isEcho) {
    // What is sent although nothing was read is not because of that.
    if (brake.hasRead) brake.delay = Math.min(brake.delay * 2, LONGEST_DELAY);
    brake.hasRead = false;
    brake.trial = 1;
    setTimer(ws, brake);
    return false;
  }
  brake.turns = brake.trial;
  brake.trial *= LONGER;
  brake.isOn = false;
  ws._readOn();
  return false;
}

/**
 * Whether nothing is to be read because of the brake.
 *
 * @param {Receiver} ws the connection
 * @returns {boolean}
 */
function isOn(ws) {
  return ws._brake !== null && ws._brake.isOn;
}

/**
 * The connection is not backed up any more, or it is over.
 *
 * @param {Receiver} ws the connection
 * @returns {boolean} whether its brake was on, so that nothing has been read
 */
function release(ws) {
  const brake = ws._brake;
  if (brake === null) return false;
  timers.cancel(brake.timer);
  ws._brake = null;
  return brake.isOn;
}

module.exports = { Brake, reads, sent, isOn, release };
