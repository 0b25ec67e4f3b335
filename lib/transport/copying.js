'use strict';

/**
 * Large messages of bytes are copied into memory of the application's in parts, one in each turn of the loop: page faults of fresh
 * memory make of 60 MB some 40 milliseconds. Until then the connection holds, so that everything stays in order, and nobody else
 * knows the memory. One message is copied after the other, and memory for it is taken when its turn comes: many at a time would
 * all stand in memory twice. What a job has made for an extension is copied in the same way. Whoever feeds a stream of his own
 * wants what is whole at once, and has it copied there.
 */

const { put } = require('./immediates');
const memory = require('./memory');
const native = require('../native');
const { IS_NODE } = require('../native/runtime');
const { post } = require('./posting');
const { Queue } = require('./queue');
const turns = require('./turns');

/** @typedef {import('./connection').Receiver} Receiver */

/**
 * The size in bytes from which on a message is copied in parts (`copyPart` of `src/binding/receive.rs`). Smaller ones are copied
 * while they are still in the processor's caches.
 */
const PARTS_FROM = 8 * 1024 * 1024;

/**
 * What is to be done one after the other. A copy is called in turns of its own until it returns something else than null: what
 * is called at its end.
 *
 * @typedef {{copies: true, part: () => (() => void) | null} | {copies: false, action: () => void}} Task
 * @type {Queue<Task>}
 */
const tasks = new Queue();

/** @param {Task} task @param {boolean} [isFirst] whether it comes before all others */
function add(task, isFirst = false) {
  if (isFirst) tasks.unshift(task);
  else tasks.push(task);
  if (tasks.length === 1) goOnLater();
}

/**
 * A part of a message is copied in the next turn of the loop, beside the connection whose turn that is: in line with the
 * connections all parts together would keep the results of jobs for as many rounds, however long each is. What has waited comes at
 * once behind the message.
 */
function goOnLater() {
  if (/** @type {Task} */ (tasks.first).copies) put(IS_NODE ? postGoOn : goOn);
  else post(goOn);
}

/** Handlers must not run in Node's immediates (`posting.js`). */
function postGoOn() {
  post(goOn);
}

/** A turn of the first. */
function goOn() {
  const task = /** @type {Task} */ (tasks.first);
  const end = task.copies ? task.part() : task.action;
  if (end !== null) tasks.shift();
  if (tasks.length > 0) goOnLater();
  // Handlers may run the loop, which goes on with the next.
  if (end !== null) end();
}

/** The connection has gone. */
function nothing() {}

/**
 * Bytes on the native side: `part` copies some of them from `at` on and returns where these end, and `leave` makes a Buffer of all
 * of them in the memory where they stand.
 *
 * @typedef {object} Source
 * @property {() => boolean} isGone
 * @property {(target: Buffer, at: number) => number} part
 * @property {() => Buffer} leave
 */

/**
 * The copying of bytes.
 *
 * @param {number} length
 * @param {Source} source
 * @param {(bytes: Buffer | null) => void} done gets all of their memory, or null where there is none; not called if they have gone
 * @returns {Task}
 */
function copyOf(length, { isGone, part, leave }, done) {
  /** @type {Buffer | null} */
  let target = null;
  let at = 0;
  return {
    copies: true,
    part: () => {
      if (isGone()) return nothing;
      memory.touch();
      try {
        if (target === null) target = memory.own(length);
        at = part(target, at);
      } catch {
        target = leftInPlace(leave);
        at = length;
      }
      return at < length ? null : () => done(target);
    }
  };
}

/**
 * Bytes in the memory where they stand, since there is none to copy them to.
 *
 * @param {() => Buffer} leave
 * @returns {Buffer | null}
 */
function leftInPlace(leave) {
  try {
    return leave();
  } catch {
    return null;
  }
}

/**
 * Has the queue's front, which is bytes, copied in later turns.
 *
 * @param {Receiver} ws
 * @param {number} length at least {@link PARTS_FROM}
 * @param {(message: Buffer | null) => void} done as for {@link copyOf}; not called if the connection has gone
 * @returns {boolean} false if it is to be copied here
 */
function copy(ws, length, done) {
  if (!ws._fromLoop) return false;
  const source = {
    isGone: () => ws._slot === -1,
    part: (/** @type {Buffer} */ target, /** @type {number} */ at) => native.copyPart(ws._slot, target, at),
    leave: () => native.takeOwned(ws._slot)
  };
  turns.hold(ws, true);
  add(copyOf(length, source, done));
  return true;
}

/**
 * Has what a job has made, which has just been taken back, copied in later turns. It comes before all that waits: results that
 * wait count as waiting, and this one does no more.
 *
 * @param {number} id of the job
 * @param {number} length at least {@link PARTS_FROM}
 * @param {(bytes: Buffer | null) => void} done as for {@link copyOf}
 */
function copyResult(id, length, done) {
  const source = {
    isGone: () => false,
    part: (/** @type {Buffer} */ target, /** @type {number} */ at) => native.resultPart(id, target, at),
    leave: () => /** @type {Buffer} */ (native.takeResult(id))
  };
  add(copyOf(length, source, done), true);
}

/**
 * Has `part` called in later turns, until it returns what is to be called at its end.
 *
 * @param {() => (() => void) | null} part
 */
function inParts(part) {
  add({ copies: true, part });
}

/**
 * Calls `action`, behind the messages that are being copied, if there are any.
 *
 * @param {() => void} action
 */
function behind(action) {
  if (tasks.length === 0) action();
  else add({ copies: false, action });
}

module.exports = { PARTS_FROM, behind, copy, copyResult, inParts };
