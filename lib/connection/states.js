'use strict';

/**
 * The life of a connection as a table: in which state what happens leads where. Whatever has no entry changes nothing.
 *
 * ```text
 *   CONNECTING ─┬─ open ──▶ OPEN ───────────────────────────┬─ close ────▶ CLOSE_SENT
 *               ├─ end ───▶ CONNECTING_ENDED ─ open ▶ OPEN_ENDED ─ close ▶ CLOSE_SENT
 *               └─ close ─▶ FAREWELL ─ open ──────────────────│──────────▶ CLOSE_SENT
 *                                                             └─ peerEnds ▶ ANSWERED ─ close ▶ CLOSE_SENT
 *   every state ── over ──▶ ENDING ── gone ──▶ CLOSED
 * ```
 */

const ready = require('../transport/ready_state');

/** The handshake is under way. What is sent waits. */
const CONNECTING = 0;
/** Messages travel both ways. */
const OPEN = 1;
/** The owner has ended a connection that is not open yet, behind messages that wait: those still leave. */
const CONNECTING_ENDED = 2;
/** They have left, and handlers of `open` run; then it closes. */
const OPEN_ENDED = 3;
/**
 * The peer has closed or broken a rule, and our close frame is the last that we send. What it had sent before, and
 * extensions are at work on, is still delivered.
 */
const ANSWERED = 4;
/** A server's owner has closed before the handshake was answered, which is completed to tell the peer the code. */
const FAREWELL = 5;
/** The owner has closed, and the peer has a time to answer. */
const CLOSE_SENT = 6;
/** Nothing more is sent, and `close` is told once the stream is gone. */
const ENDING = 7;
/** The stream is gone. */
const CLOSED = 8;

/** What happens, and where each leads. A message may be sent in the states up to OPEN. */
const EVENTS = {
  /** The handshake is complete. */
  open: { [CONNECTING]: OPEN, [CONNECTING_ENDED]: OPEN_ENDED, [FAREWELL]: CLOSE_SENT },
  /** The owner ends the connection behind what waits for the handshake. */
  end: { [CONNECTING]: CONNECTING_ENDED, [CONNECTING_ENDED]: CONNECTING_ENDED },
  /** The owner closes a connection whose peer can be told so, at once or when the handshake is answered. */
  close: {
    [CONNECTING]: FAREWELL,
    [CONNECTING_ENDED]: FAREWELL,
    [OPEN]: CLOSE_SENT,
    [OPEN_ENDED]: CLOSE_SENT,
    [ANSWERED]: CLOSE_SENT
  },
  /** The peer's close frame has come, or something that no peer may send. */
  peerEnds: { [OPEN]: ANSWERED, [OPEN_ENDED]: ANSWERED },
  /** It is over: closed on both sides, failed, given up or terminated. */
  over: {
    [CONNECTING]: ENDING,
    [CONNECTING_ENDED]: ENDING,
    [FAREWELL]: ENDING,
    [OPEN]: ENDING,
    [OPEN_ENDED]: ENDING,
    [ANSWERED]: ENDING,
    [CLOSE_SENT]: ENDING,
    [ENDING]: ENDING
  },
  /** The stream has ended, closed or failed. */
  gone: {
    [CONNECTING]: CLOSED,
    [CONNECTING_ENDED]: CLOSED,
    [FAREWELL]: CLOSED,
    [OPEN]: CLOSED,
    [OPEN_ENDED]: CLOSED,
    [ANSWERED]: CLOSED,
    [CLOSE_SENT]: CLOSED,
    [ENDING]: CLOSED
  }
};

/** The states behind our close frame in which the stream still lasts. */
const SAID = new Set([ANSWERED, CLOSE_SENT]);

/** What each state is for the application (WHATWG WebSockets section 3.1), by state. */
const READY_STATES = [
  ready.CONNECTING,
  ready.OPEN,
  ready.CONNECTING,
  ready.OPEN,
  ready.OPEN,
  ready.CLOSING,
  ready.CLOSING,
  ready.CLOSING,
  ready.CLOSED
];

module.exports = {
  CONNECTING,
  OPEN,
  CONNECTING_ENDED,
  OPEN_ENDED,
  ANSWERED,
  FAREWELL,
  CLOSE_SENT,
  ENDING,
  CLOSED,
  EVENTS,
  SAID,
  READY_STATES
};
