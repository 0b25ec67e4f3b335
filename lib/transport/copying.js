'use strict';

/**
 * Large messages of bytes are copied into memory of the application's in parts, one in each turn of the loop: page faults of fresh
 * memory make of 60 MB some 40 milliseconds. Until then the connection holds, so that everything stays in order, and nobody else
 * knows the memory. One message is copied after the other, and memory for it is taken when its turn comes: many at a time would
 * all stand in memory twice. Whoever feeds a stream of his own wants what is whole at once, and has it copied there.
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

/** @param {Task} task */
function add(task) {
  tasks.push(task);
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
 * Has the queue's front, which is bytes, copied in later turns.
 *
 * @param {Receiver} ws
 * @param {number} length at least {@link PARTS_FROM}
 * @param {(message: Buffer | null) => void} done gets all of the message's memory, or null where there is none; not called if the
 *   connection has gone
 * @returns {boolean} false if it is to be copied here
 */
function copy(ws, length, done) {
  if (!ws._fromLoop) return false;
  /** @type {Buffer | null} */
  let target = null;
  let at = 0;
  turns.hold(ws, true);
  const part = () => {
    if (ws._slot === -1) return nothing;
    memory.touch();
    try {
      if (target === null) target = memory.own(length);
      at = native.copyPart(ws._slot, target, at);
    } catch {
      target = leftInPlace(ws);
      at = length;
    }
    return at < length ? null : () => done(target);
  };
  add({ copies: true, part });
  return true;
}

/**
 * The message in the memory where it stands, since there is none to copy it to.
 *
 * @param {Receiver} ws
 * @returns {Buffer | null}
 */
function leftInPlace(ws) {
  try {
    return native.takeOwned(ws._slot);
  } catch {
    return null;
  }
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

module.exports = { PARTS_FROM, behind, copy };
