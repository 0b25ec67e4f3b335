'use strict';

const { TURN } = require('./turns');

/** @typedef {import('./connection').Chunk} Chunk */

/** The fields that `lib/transport/turns.js` writes, of a connection or of a driver, which copies them. */
class TurnTaker {
  /** @param {number} [most] work that it may do in one turn */
  constructor(most = TURN) {
    /**
     * The chunk that is worked on or waits, and those behind it.
     *
     * @type {Chunk | null}
     */
    this._chunk = null;
    /** @type {Chunk[] | null} */
    this._behind = null;
    /** How many calls are working on them: more than one if a handler runs the loop. */
    this._works = 0;
    /** Whether they wait for a later turn, and whether the connection stands in the line for it. */
    this._waits = false;
    this._inLine = false;
    /** Whether nothing is parsed because a message is being inflated elsewhere. */
    this._holds = false;
    /**
     * Whether the loop brings its bytes. If other code does (a stream that is no socket and not of HTTP/2), exceptions of
     * handlers are thrown to it.
     */
    this._fromLoop = true;
    /** The work that a turn has, what is left of it, and which turn that is. */
    this._most = most;
    this._left = most;
    this._turn = 0;
    /** The work on a message that goes on, which counts once it is told. */
    this._owed = 0;
    /** What is left of the work that handlers and extensions cause in a turn beyond what parsing counts: `spend`. */
    this._spare = most;
    /**
     * What happens once nothing waits any more.
     *
     * @type {(() => void)[] | null}
     */
    this._afterwards = null;
    /**
     * What ends the reading of a connection that is backed up (`lib/transport/brake.js`).
     *
     * @type {import('./brake').Brake | null}
     */
    this._brake = null;
    /** How many readers of messages are behind. */
    this._slowReaders = 0;
  }
}

module.exports = { TurnTaker };
