'use strict';

/**
 * Passes messages through the sessions of extensions. A session may work on several messages at once and finish them in
 * any order; the next session, and the caller at the end, get them in the order in which they came.
 *
 * ```text
 *   outgoing ──▶ session 1 ──▶ session 2 ──▶ frame         incoming ──▶ session 2 ──▶ session 1 ──▶ application
 * ```
 */

const { surface } = require('../native/surface');
const { Queue } = require('../transport/queue');

/** @typedef {'incoming' | 'outgoing'} Direction */
/** @typedef {(error: Error | null, message: any) => void} Next */
/** @typedef {{isNeeded: (message: any) => boolean, processIncomingMessage: (message: any, next: Next) => void}} Reader */
/** @typedef {{error: Error | null, message: any, next: Next, drop: () => void, done: boolean}} Passing */
/** @typedef {(message: any) => void} Weigh gets null for a message that a session inflates at its leisure */
/** @typedef {{session: any, inflates: boolean, outgoing: Lane, incoming: Lane, expected: number, closed: boolean}} Cell */

const METHODS = { incoming: 'processIncomingMessage', outgoing: 'processOutgoingMessage' };

/** One direction of one session. */
class Lane {
  /**
   * @param {{name: string, session: any}} owner
   * @param {Direction} direction
   */
  constructor({ name, session }, direction) {
    this._name = name;
    this._session = session;
    this._method = METHODS[direction];
    /**
     * Messages under way here, the first one first.
     *
     * @type {Queue<Passing>}
     */
    this._records = new Queue();
    /** Whether an error has passed; no message passes after it. */
    this._stopped = false;
  }

  /**
   * Takes a message, or the error of an earlier session.
   *
   * @param {Error | null} error
   * @param {any} message
   * @param {Next} next gets what comes of it, in order
   * @param {() => void} drop is called instead when the message goes no further
   */
  take(error, message, next, drop) {
    if (this._stopped) {
      drop();
      return;
    }
    const record = { error, message, next, drop, done: false };
    this._records.push(record);
    if (error) {
      this._stopped = true;
      this._finish(record, error, null);
      return;
    }
    /** @type {(failure: any, result?: any) => void} */
    const callback = (failure, result) => {
      if (record.done) return;
      if (failure) this._stopped = true;
      this._finish(record, failure || null, failure ? null : result);
    };
    try {
      this._session[this._method](message, callback);
    } catch (thrown) {
      callback(thrown || new Error(String(thrown)));
    }
  }

  /**
   * @param {Passing} record
   * @param {any} error
   * @param {any} message
   */
  _finish(record, error, message) {
    // Each extension that an error passes puts its name in front. A reader is none.
    const shown = error && this._name !== '' ? named(this._name, error) : error;
    Object.assign(record, { error: shown || null, message, done: true });
    while (this._records.first !== undefined && this._records.first.done) {
      const { error: failure, message: result, next } = /** @type {Passing} */ (this._records.shift());
      if (failure) for (const { drop } of this._records.takeAll()) drop();
      next(failure, result);
    }
  }
}

/**
 * An error with a name in front, or an error that stands for it: sessions fail with strings, too, and with errors that cannot
 * be changed, such as a DOMException or what is frozen.
 *
 * @param {string} name
 * @param {any} error
 * @returns {Error}
 */
function named(name, error) {
  let text = `${name}: failed`;
  let type;
  try {
    const isObject = typeof error === 'object' || typeof error === 'function';
    text = `${name}: ${String(isObject ? error.message : error)}`;
    if (isObject) ({ type } = error);
    error.message = text;
    if (error.message === text) return error;
  } catch {
    // It is replaced.
  }
  const other = new Error(text, { cause: error });
  return type === undefined ? other : Object.assign(other, { type });
}

class Pipeline {
  /**
   * @param {{name: string, session: object}[]} sessions in the order in which messages leave
   * @param {Reader | null} [reader] is passed behind all others by messages of the peer for which it is needed
   */
  constructor(sessions, reader = null) {
    this._cells = sessions.map(cellOf);
    this._order = { outgoing: this._cells, incoming: [...this._cells].reverse() };
    this._reader = reader;
    /** What has it, and how many messages are there. */
    this._reading = new Lane({ name: '', session: reader }, 'incoming');
    this._read = 0;
    /** Cells that messages of each direction have not left yet, added up, and who waits until there is none. */
    this._left = { incoming: 0, outgoing: 0 };
    /** @type {{both: boolean, callback: () => void}[]} */
    this._waiting = [];
    /** Directions in which a session has failed: nothing more goes that way. */
    this._stopped = { incoming: false, outgoing: false };
    /**
     * What to call when all sessions are closed; null before {@link close}.
     *
     * @type {(() => void)[] | null}
     */
    this._onClosed = null;
  }

  /**
   * @param {Direction} direction
   * @param {any} message
   * @param {Next} callback is not called for what stands behind an error
   * @param {Weigh} [weigh] is told what a session has made of a message
   */
  process(direction, message, callback, weigh = () => {}) {
    if (this._onClosed !== null || this._stopped[direction]) return;
    const cells = this._order[direction];
    for (const cell of cells) cell.expected++;
    this._left[direction] += cells.length;
    this._pass(cells, 0, direction, null, message, callback, weigh);
  }

  /**
   * @param {Cell[]} cells
   * @param {number} at
   * @param {Direction} direction
   * @param {Error | null} error
   * @param {any} message
   * @param {Next} callback
   * @param {Weigh} weigh
   */
  _pass(cells, at, direction, error, message, callback, weigh) {
    if (at === cells.length) {
      if (direction === 'incoming' && this._isRead(message)) this._readFirst(error, message, callback);
      else callback(error, message);
      return;
    }
    const cell = cells[at];
    let isHere = true;
    cell[direction].take(
      error,
      message,
      (failure, result) => {
        isHere = false;
        if (failure) this._stopped[direction] = true;
        else weigh(result);
        this._pass(cells, at + 1, direction, failure, result, callback, weigh);
        this._leave(cell, direction);
      },
      () => {
        isHere = false;
        for (const each of cells.slice(at)) this._leave(each, direction);
      }
    );
    // What it becomes has yet to be passed on to another session.
    if (isHere && cell.inflates && at + 1 < cells.length) weigh(null);
  }

  /**
   * Whether a message passes the reader: if that is needed, or if another one is there.
   *
   * @param {any} message
   * @returns {boolean}
   */
  _isRead(message) {
    return this._reader !== null && (this._read > 0 || this._reader.isNeeded(message));
  }

  /**
   * Passes a message through the reader.
   *
   * @param {Error | null} error
   * @param {any} message
   * @param {Next} callback
   */
  _readFirst(error, message, callback) {
    const leave = () => {
      this._read--;
      this._left.incoming--;
      if (this._onClosed !== null) this._tellClosed();
      if (this._waiting.length > 0) this._tellSettled();
    };
    this._read++;
    this._left.incoming++;
    const next = (/** @type {Error | null} */ failure, /** @type {any} */ result) => {
      callback(failure, result);
      leave();
    };
    this._reading.take(error, message, next, leave);
  }

  /**
   * A message is through a cell.
   *
   * @param {Cell} cell
   * @param {Direction} direction
   */
  _leave(cell, direction) {
    cell.expected--;
    this._left[direction]--;
    if (this._onClosed !== null) this._closeCell(cell);
    if (this._waiting.length > 0) this._tellSettled();
  }

  /**
   * Whether no message is under way: none that comes, or none at all.
   *
   * @param {boolean} both
   * @returns {boolean}
   */
  isSettled(both) {
    return this._left.incoming === 0 && (!both || this._left.outgoing === 0);
  }

  /**
   * Calls `callback` once {@link isSettled}, behind the callbacks of {@link close}.
   *
   * @param {boolean} both
   * @param {() => void} callback
   */
  settled(both, callback) {
    this._waiting.push({ both, callback });
    this._tellSettled();
  }

  _tellSettled() {
    const told = this._waiting.filter(({ both }) => this.isSettled(both));
    if (told.length === 0) return;
    this._waiting = this._waiting.filter((one) => !told.includes(one));
    for (const { callback } of told) callback();
  }

  /**
   * Closes each session as soon as no message is under way to it.
   *
   * @param {function(): void} callback is called when all are closed
   */
  close(callback) {
    if (this._onClosed === null) {
      this._onClosed = [];
      for (const cell of this._cells) this._closeCell(cell);
    }
    this._onClosed.push(callback);
    this._tellClosed();
  }

  /** @param {Cell} cell */
  _closeCell(cell) {
    if (cell.expected > 0 || cell.closed) return;
    cell.closed = true;
    try {
      if (typeof cell.session.close === 'function') cell.session.close();
    } catch (thrown) {
      // It is the extension's own: the others are closed all the same, and the connection behind them.
      surface(thrown);
    }
    this._tellClosed();
  }

  _tellClosed() {
    if (this._read > 0 || !this._cells.every(({ closed }) => closed)) return;
    const callbacks = this._onClosed || [];
    this._onClosed = [];
    for (const callback of callbacks) callback();
  }
}

/**
 * @param {{name: string, session: object}} one
 * @returns {Cell}
 */
function cellOf(one) {
  return {
    session: one.session,
    inflates: one.name === 'permessage-deflate',
    outgoing: new Lane(one, 'outgoing'),
    incoming: new Lane(one, 'incoming'),
    /** Messages that are in this cell or on their way to it. */
    expected: 0,
    closed: false
  };
}

module.exports = { Pipeline };
