'use strict';

/**
 * Decides whether a connection that is backed up is still read from. It is, at first: if both ends stopped reading
 * because both have much to send, neither would ever read again. But a peer that sends and never reads must not make
 * handlers fill our memory with answers. So the bytes that are sent while such a connection is read from are counted,
 * and when they are too many, reading stops until the peer has taken everything.
 *
 * Messages that the application sends unasked count as well, since they cannot be told from answers that come out of a
 * promise or a timer. Therefore the brake makes trials: it reads for one turn of the loop, then for four, and so on,
 * and looks whether that causes anything to be sent. If nothing is sent, both ends had sent much unasked, and reading
 * goes on. If something is, the next trial comes after twice the time, so that a peer that never reads can fill only a
 * few MiB in a day.
 */

const { HalfCloseWatch } = require('./half_close');
const { OPEN } = require('./ready_state');
const timers = require('./timers');

/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').Receiver} Receiver */

/**
 * The bounds of the bytes that may be sent while a backed-up connection is read from; within them, as many as waited
 * before.
 */
const LEAST = 512 * 1024;
const MOST = 4 * 1024 * 1024;
/** What a message costs that waits in front of the transport, besides its bytes. */
const MESSAGE = 64;
/** The same of a Blob, which Node keeps until a collection: many of them make that take long. */
const BLOB = 16 * 1024;
/** Bytes that may be sent during a trial. */
const MORE = 64 * 1024;
/** When the first trial comes, in milliseconds. */
const DELAY = 100;
/** The longest delay of a timer, in milliseconds. */
const LONGEST_DELAY = 2 ** 31 - 1;
/** How many times as long the next trial lasts. */
const LONGER = 4;

/** The brake of one connection, which exists while the connection is behind. */
class Brake {
  /** @param {number} waiting bytes that wait for the peer */
  constructor(waiting) {
    /** The fewest bytes that have waited since counting began, and how many may be added to them. */
    this.least = waiting;
    this.most = Math.min(Math.max(waiting, LEAST), MOST);
    /** After how many turns with bytes read reading stops in any case, and how many turns the next trial has. */
    this.turns = Infinity;
    this.trial = 1;
    /**
     * Whether reading is stopped, whether bytes were read since the timer was last set, and the delay of that timer.
     */
    this.isOn = false;
    this.hasRead = true;
    /** @type {import('./connection').Timer | null} */
    this.timer = null;
    this.delay = DELAY;
    /**
     * Looks whether the peer, whose end nobody would read, has ended its half.
     *
     * @type {HalfCloseWatch | null}
     */
    this.watch = null;
  }
}

/**
 * What waits for a Blob; null if nothing does, and undefined for a driver.
 *
 * @param {Receiver} ws
 * @returns {import('./connection').Later | null | undefined}
 */
function laterOf(ws) {
  return /** @type {Receiver & Partial<import('./connection_state').SendingState>} */ (ws)._later;
}

/**
 * Bytes of a connection that wait in its transport, in its extensions or behind a Blob, and what they cost besides.
 *
 * @param {Receiver} ws
 * @returns {number}
 */
function waitingOf(ws) {
  let waiting = ws._transport.pending(ws);
  if (ws._coding !== null) waiting += ws._coding.queued + ws._coding.messages * MESSAGE;
  const later = laterOf(ws);
  if (later) waiting += later.size + later.messages * MESSAGE + later.blobs * BLOB;
  return waiting;
}

/**
 * Whether something that was sent waits: the stream is backed up, extensions have more to do than they like, or a Blob is
 * read. Of a driver, whose owner decides what it parses, that is never so.
 *
 * @param {Receiver} ws
 * @returns {boolean}
 */
function isBehind(ws) {
  if (ws._backedUp) return true;
  const later = laterOf(ws);
  if (later === undefined) return false;
  return later !== null || (ws._coding !== null && ws._coding.isFull);
}

/**
 * A turn of a connection that is behind in which bytes were read.
 *
 * @param {Receiver} ws the connection
 */
function reads(ws) {
  if (ws.readyState > OPEN) return;
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
 * How many bytes were added to the fewest that have waited.
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
 * Stops reading until {@link look} finds that nothing is sent.
 *
 * @param {Receiver} ws
 * @param {Brake} brake its own
 */
function stop(ws, brake) {
  brake.isOn = true;
  brake.hasRead = true;
  setTimer(ws, brake);
  // Of a driver nothing is behind.
  if (brake.watch === null)
    brake.watch = new HalfCloseWatch(/** @type {Connection} */ (/** @type {unknown} */ (ws)), () =>
      release(ws)
    );
  ws._transport.pause(ws);
  // What has been read already waits as well: the rows behind the one that is being dispatched, and unparsed bytes.
  ws._left = 0;
  ws._spare = 0;
}

/**
 * Nothing that is sent waits any more, since the stream is over or the peer was given up: nothing is held up from now on, and
 * what has been read comes before the end.
 *
 * @param {Receiver} ws the connection
 */
function release(ws) {
  if (ws._brake === null) ws._brake = new Brake(0);
  end(ws._brake);
  ws._brake.isOn = false;
  ws._brake.most = Infinity;
  ws._brake.turns = Infinity;
}

/** Ends what a brake waits for. @param {Brake} brake */
function end(brake) {
  timers.cancel(brake.timer);
  if (brake.watch !== null) brake.watch.end();
  brake.watch = null;
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
    // Bytes that are sent although nothing was read are no answers.
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
 * Whether {@link release} was called.
 *
 * @param {Receiver} ws the connection
 * @returns {boolean}
 */
function isReleased(ws) {
  return ws._brake !== null && ws._brake.most === Infinity;
}

/**
 * The connection is not behind any more, or it is over.
 *
 * @param {Receiver} ws the connection
 * @returns {boolean} whether its brake was on, so that nothing has been read
 */
function lift(ws) {
  const brake = ws._brake;
  if (brake === null) return false;
  end(brake);
  ws._brake = null;
  return brake.isOn;
}

module.exports = { Brake, isBehind, reads, sent, isOn, isReleased, release, lift };
