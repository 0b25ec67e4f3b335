'use strict';

/**
 * A timer wheel: entries that fall due at a time, to be added and removed in constant time, however many there are.
 *
 * Level 0 has a slot for each of the next 64 milliseconds, level 1 one for each of the next 64 times 64, and so on.
 * When the time reaches the beginning of a slot, its entries fall due or move to the level below. The wheel has no
 * clock: its owner tells it the time.
 */

const SLOTS = 64;
/** The number of levels: they cover more than the longest delay of a Node timer, 2^31 milliseconds. */
const LEVELS = 6;
/** In a slot of at most so many entries, the first one to fall due is searched for. */
const FEW = 8;

/** An entry of the wheel. The owner may derive from it. */
class Entry {
  constructor() {
    /** When it falls due. */
    this.at = 0;
    /** @type {List | null} */
    this._list = null;
    /** @type {Entry | null} */
    this._previous = null;
    /** @type {Entry | null} */
    this._next = null;
  }

  /** Whether it waits, or has fallen due and was not taken yet. */
  get isWaiting() {
    return this._list !== null;
  }
}

/** Entries in the order in which they came. */
class List {
  /** @param {number} level */
  constructor(level) {
    this.level = level;
    /** @type {Entry | null} */
    this.first = null;
    /** @type {Entry | null} */
    this.last = null;
  }

  /** @param {Entry} entry */
  append(entry) {
    entry._list = this;
    entry._previous = this.last;
    if (this.last === null) this.first = entry;
    else this.last._next = entry;
    this.last = entry;
  }

  /** @param {Entry} entry */
  remove(entry) {
    const { _previous: previous, _next: next } = entry;
    if (previous === null) this.first = next;
    else previous._next = next;
    if (next === null) this.last = previous;
    else next._previous = previous;
    entry._list = entry._previous = entry._next = null;
  }
}

/**
 * When the first of a few entries falls due; 0 for more than a few.
 *
 * @param {Entry | null} entry
 * @returns {number}
 */
function firstOf(entry) {
  let earliest = Infinity;
  for (let count = 0; entry !== null; entry = entry._next) {
    if (++count > FEW) return 0;
    earliest = Math.min(earliest, entry.at);
  }
  return earliest;
}

class TimerWheel {
  /** @param {number} now the time at which it begins, a whole number of milliseconds as all times here are */
  constructor(now) {
    this._now = now;
    /** The width of a slot of each level, its lists, and how many entries those have. */
    this._widths = Array.from({ length: LEVELS }, (_, level) => SLOTS ** level);
    this._slots = this._widths.map((_, level) => Array.from({ length: SLOTS }, () => new List(level)));
    this._counts = new Array(LEVELS).fill(0);
    this._due = new List(-1);
    /** How many entries wait, those included that have fallen due. */
    this.size = 0;
  }

  /**
   * Adds an entry. One whose time has come already falls due at the next {@link advance}.
   *
   * @param {Entry} entry that is in no wheel
   * @param {number} at when it falls due
   */
  add(entry, at) {
    entry.at = at;
    this.size++;
    this._place(entry, Math.max(at, this._now + 1));
  }

  /**
   * Removes an entry; one that has been taken, or was never added, is left alone.
   *
   * @param {Entry} entry
   */
  remove(entry) {
    if (entry._list === null) return;
    this._unlink(entry);
    this.size--;
  }

  /**
   * Lets time pass: what falls due until then can be taken.
   *
   * @param {number} now
   */
  advance(now) {
    for (let start = this._next(); start <= now; start = this._next()) {
      this._now = start;
      // What a level hands down may be due at once, so the lower ones come later.
      for (let level = LEVELS - 1; level >= 0; level--) {
        if (start % this._widths[level] === 0) this._empty(this._slots[level][this._index(level, 0)]);
      }
    }
    if (now > this._now) this._now = now;
  }

  /**
   * When {@link advance} is to be called next: when the first entry falls due, or before, where it is among many. Infinite
   * if nothing waits but what is due.
   */
  deadline() {
    let earliest = Infinity;
    for (let level = 0; level < LEVELS; level++) {
      if (this._counts[level] === 0) continue;
      const distance = this._distance(level);
      const { first } = this._slots[level][this._index(level, distance)];
      earliest = Math.min(earliest, firstOf(first) || this._start(level, distance));
    }
    return earliest;
  }

  /** When the next slot begins that is not empty. */
  _next() {
    let earliest = Infinity;
    for (let level = 0; level < LEVELS; level++) {
      if (this._counts[level] > 0) earliest = Math.min(earliest, this._start(level, this._distance(level)));
    }
    return earliest;
  }

  /**
   * How many slots away the next is that is not empty. The one in which the time stands is that of the next round.
   *
   * @param {number} level
   * @returns {number}
   */
  _distance(level) {
    let distance = 1;
    while (this._slots[level][this._index(level, distance)].first === null) distance++;
    return distance;
  }

  /**
   * When the slot begins that is so many slots away.
   *
   * @param {number} level
   * @param {number} distance
   * @returns {number}
   */
  _start(level, distance) {
    const width = this._widths[level];
    return (Math.floor(this._now / width) + distance) * width;
  }

  /** The first entry that has fallen due, which is in the wheel no more; null if there is none. */
  take() {
    const entry = this._due.first;
    if (entry !== null) this.remove(entry);
    return entry;
  }

  /** Whether {@link take} has something to give. */
  get hasDue() {
    return this._due.first !== null;
  }

  /**
   * @param {number} level
   * @param {number} distance
   * @returns {number}
   */
  _index(level, distance) {
    return (Math.floor(this._now / this._widths[level]) + distance) % SLOTS;
  }

  /**
   * Puts an entry where it belongs that falls due at `at`, which is to come.
   *
   * @param {Entry} entry
   * @param {number} at
   */
  _place(entry, at) {
    let level = 0;
    while (level < LEVELS - 1 && at - this._now >= this._widths[level + 1]) level++;
    this._counts[level]++;
    this._slots[level][Math.floor(at / this._widths[level]) % SLOTS].append(entry);
  }

  /** @param {Entry} entry */
  _unlink(entry) {
    const list = /** @type {List} */ (entry._list);
    list.remove(entry);
    if (list.level >= 0) this._counts[list.level]--;
  }

  /**
   * Empties a slot whose time has come.
   *
   * @param {List} list
   */
  _empty(list) {
    for (let entry = list.first; entry !== null; entry = list.first) {
      this._unlink(entry);
      if (entry.at <= this._now) this._due.append(entry);
      else this._place(entry, entry.at);
    }
  }
}

module.exports = { Entry, TimerWheel };
