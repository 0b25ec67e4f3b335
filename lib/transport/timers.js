'use strict';

/**
 * The timers of all connections of this thread: one wheel, and one timer of Node's for whatever is next on it. That
 * timer does not keep the process alive: the sockets do, as long as their owners want it.
 *
 * If the timers of several connections fall due at once, the ticks and microtasks of one connection's handlers run
 * before the handlers of the next, as between any two events.
 */

const { AsyncResource } = require('async_hooks');
const { performance } = require('perf_hooks');

const { surface } = require('../native/surface');
const { put } = require('./immediates');
const { post } = require('./posting');
const { drain, drains, isInside } = require('./scope');
const { Entry, TimerWheel } = require('./timer_wheel');

/** A timer of Node's may fire so much too early by our clock, which is finer than its own, in milliseconds. */
const EARLY = 2;
/** One that fires so much too late tells that the process has stood still, in milliseconds. */
const STALLED = 500;

const wheel = new TimerWheel(0);
const origin = performance.now();
/** Node's timer, the function that has made it, and when it fires. */
/** @type {NodeJS.Timeout | null} */
let timer = null;
/** @type {Function | null} */
let maker = null;
let target = Infinity;
/** How far our clock is ahead of the system's: if a test advances Node's timers, our clock follows them. */
let ahead = 0;
let latest = 0;
/** An async context of its own, since the timer serves all connections. */
const unscoped = new AsyncResource('WEBSOCKET_TIMERS');

/** Something to do at a time. */
class Timer extends Entry {
  /** @param {function(number): *} action gets the time; returns false if it has called no handlers */
  constructor(action) {
    super();
    this.action = action;
  }
}

/** The time in whole milliseconds, which never goes back; only differences mean anything. */
function now() {
  const time = Math.floor(performance.now() - origin);
  if (time + ahead < latest) ahead = latest - time;
  return (latest = time + ahead);
}

/**
 * Calls `action` once, when `delay` has passed.
 *
 * @param {function(number): *} action gets the time; returns false if it has called no handlers
 * @param {number} delay in milliseconds
 * @param {number} [slack] how much later it may be, so that it can be called together with others
 * @returns {Timer}
 */
function after(action, delay, slack) {
  const entry = new Timer(action);
  again(entry, delay, slack);
  return entry;
}

/**
 * Starts a timer again that has fired.
 *
 * @param {Timer} entry
 * @param {number} delay in milliseconds
 * @param {number} [slack]
 * @param {number} [time] what time it is
 */
function again(entry, delay, slack = 0, time = now()) {
  if (wheel.size === 0) wheel.advance(time);
  let at = time + Math.ceil(delay);
  if (slack >= 2) {
    const grid = 2 ** Math.floor(Math.log2(slack));
    at = Math.ceil(at / grid) * grid;
  }
  wheel.add(entry, at);
  if (at < target || maker !== setTimeout) schedule(time);
}

/**
 * Calls `action` again and again.
 *
 * @param {function(number): *} action returns false if it has called no handlers
 * @param {number} interval in milliseconds, 1 at least
 * @returns {Timer}
 */
function every(action, interval) {
  const delay = Math.max(interval, 1);
  const entry = after((time) => {
    // The interval counts from when the timer was due, so that a late call does not delay all later ones.
    again(entry, Math.max(entry.at + delay - time, 1), 0, time);
    return action(time);
  }, delay);
  return entry;
}

/**
 * Ends a timer; one that has fired, or null, is left alone.
 *
 * @param {Timer|null} entry
 */
function cancel(entry) {
  if (entry === null) return;
  wheel.remove(entry);
  if (wheel.size === 0) stop();
}

/**
 * Sets Node's timer for what is next.
 *
 * @param {number} time
 */
function schedule(time) {
  stop();
  const next = wheel.hasDue ? time : wheel.deadline();
  if (next === Infinity) return;
  target = next;
  maker = setTimeout;
  timer = /** @type {NodeJS.Timeout} */ (
    unscoped.runInAsyncScope(setTimeout, undefined, wake, Math.max(next - time, 1))
  );
  if (timer.unref) timer.unref();
}

function stop() {
  if (timer !== null) clearTimeout(timer);
  timer = null;
  target = Infinity;
}

/**
 * Node's timer has fired. If the process has stood still, what peers have sent meanwhile is read first: the loop looks for it
 * behind its timers, and a peer whose answer waits is not late.
 */
function wake() {
  timer = null;
  if (now() - target > STALLED) put(() => post(wakeBehind));
  else fire();
}

/** Everything that had come has been read. */
function wakeBehind() {
  if (timer === null && target !== Infinity) fire();
}

/** Calls what is due. */
function fire() {
  const early = target - now();
  if (early > EARLY) ahead += early;
  let time = Math.max(now(), target);
  latest = time;
  wheel.advance(time);
  // This comes before any handler, since one may run the loop.
  schedule(time);
  const inside = isInside();
  for (let entry = wheel.take(); entry !== null; entry = wheel.take()) {
    let fired = true;
    try {
      fired = /** @type {Timer} */ (entry).action(time) !== false;
    } catch (error) {
      surface(error);
    }
    if (!fired || !wheel.hasDue) continue;
    time = now();
    if (inside) continue;
    if (drains) drain();
    else break;
  }
  if (wheel.size === 0) stop();
  else if (wheel.hasDue || target <= time || target === Infinity) schedule(now());
}

/** How many timers wait. */
function size() {
  return wheel.size;
}

module.exports = { after, again, every, cancel, now, size };
