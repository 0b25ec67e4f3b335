'use strict';

/**
 * Large compressed messages (`lib/transport/jobs.js`). There is no other thread: each job is done in a turn of the loop of its
 * own, or in several if it takes long. While there are jobs the process stays alive, as with threads.
 */

const { setImmediate } = require('timers');

const { indexOf, of, recovering, stale } = require('./instances');
const { copyOut } = require('./receive');

/** @typedef {import('../native').Core} Core */
/** @typedef {import('../native').JobId} JobId */
/** @typedef {import('../native').Slot} Slot */
/** @typedef {import('../native').Handle} Handle */
/** @typedef {import('./instances').Instance} Instance */
/** @typedef {{id: JobId, instance: Instance, slot: Slot, handle: Handle, inflates: boolean}} Job */

/** The kind of a result that is bytes, and of one that is a fault. */
const BYTES = 0;
const FAULT = -1;
/** The kind of a job that wants another turn. */
const MORE = -2;
/**
 * What is reported for a connection that has gone.
 *
 * @type {number[]}
 */
const GONE = [BYTES, -1, 0];

/** The cells behind the head, which say what came of a job. */
const RESULT = 4;

/** What is said of a connection that a fault of ours has ended, as in `src/protocol/violation.rs`. */
const INTERNAL = 'Internal error';

/** @type {function(): void} */
let onDone;
/**
 * Jobs that wait.
 *
 * @type {Job[]}
 */
const waiting = [];
/**
 * Four numbers for each job that is done.
 *
 * @type {number[]}
 */
const done = [];
/**
 * The instances that have the results, or texts, by job.
 *
 * @type {Map<JobId, Instance | string>}
 */
const results = new Map();
/**
 * Texts that are read in pieces, by slot.
 *
 * @type {Map<Slot, Buffer[]>}
 */
const staged = new Map();

/**
 * `offloadOpen(callback)`: `callback()` is called for each job that is done.
 *
 * @type {Core['offloadOpen']}
 */
function offloadOpen(callback) {
  onDone = callback;
}

/**
 * Has the module take a job of a session; 0 if the codec is away.
 *
 * @param {string} name
 * @param {JobId} id
 * @param {Slot} slot
 * @param {...number} args
 * @returns {number}
 */
function later(name, id, slot, ...args) {
  const taken = of(slot).call(name, id, slot, ...args);
  if (taken === -1) throw stale(slot);
  return taken;
}

/**
 * Puts a job behind the others.
 *
 * @param {Job} job
 * @returns {1}
 */
function wait(job) {
  waiting.push(job);
  if (waiting.length === 1) setImmediate(turn);
  return 1;
}

/**
 * `inflateElsewhere(id, slot)`: starts the job of a row `INFLATE`; 0 if the codec is away.
 *
 * @type {Core['inflateElsewhere']}
 */
function inflateElsewhere(id, slot) {
  if (later('inflate_later', id, slot) === 0) return 0;
  return wait({ id, instance: of(slot), slot, handle: -1, inflates: true });
}

/**
 * `deflateElsewhere(id, slot, bytes)`: compresses a message; without bytes, the one that was staged.
 *
 * @type {Core['deflateElsewhere']}
 */
function deflateElsewhere(id, slot, bytes) {
  const instance = of(slot);
  const parts = bytes === undefined ? staged.get(slot) || [] : [bytes];
  const length = putParts(instance, parts);
  if (later('deflate_later', id, slot, length) === 0) return 0;
  if (bytes === undefined) staged.delete(slot);
  return wait({ id, instance, slot, handle: -1, inflates: false });
}

/**
 * `codecElsewhere(id, handle, compress, bytes, limit)`: the same for a codec of another host of extensions, which compresses or inflates.
 *
 * @type {Core['codecElsewhere']}
 */
function codecElsewhere(id, handle, compress, bytes, limit) {
  const instance = of(handle);
  const length = putParts(instance, [bytes]);
  const taken = instance.call('codec_later', id, indexOf(handle), compress, length, limit);
  if (taken === -1) throw new Error('The session of the extension is closed');
  return taken === 0 ? 0 : wait({ id, instance, slot: -1, handle, inflates: false });
}

/**
 * `stageText(slot, piece, units, expected)`: appends a piece of a text.
 *
 * @type {Core['stageText']}
 */
function stageText(slot, piece, _units, _expected) {
  of(slot);
  const parts = staged.get(slot);
  if (parts === undefined) staged.set(slot, [Buffer.from(piece)]);
  else parts.push(Buffer.from(piece));
}

/**
 * Copies parts behind each other into the module's memory; how many bytes.
 *
 * @param {Instance} instance
 * @param {Uint8Array[]} parts
 * @returns {number}
 */
function putParts(instance, parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  let place = instance.reserve(length);
  for (const part of parts) {
    instance.bytes.set(part, place);
    place += part.length;
  }
  return length;
}

/** Does the first job, or a part of it. */
function turn() {
  const job = /** @type {Job} */ (waiting.shift());
  if (waiting.length > 0) setImmediate(turn);
  const result = run(job);
  if (result[0] === MORE) {
    wait(job);
  } else {
    done.push(job.id, ...result);
    onDone();
  }
}

/**
 * What came of a job: a row's kind, length and extra.
 *
 * @param {Job} job
 * @returns {number[]}
 */
function run(job) {
  const { id, instance, slot } = job;
  if (slot !== -1 && !instance.slots.has(slot)) {
    instance.calls.run(id);
    return GONE;
  }
  // An instance that was replaced is not looked at again.
  if (instanceOf(job) !== instance) return lost(job);
  return recovering(
    () => {
      instance.call('run', id);
      const { numbers, head } = instance;
      const result = Array.from(numbers.slice(head + RESULT, head + RESULT + 3));
      if (result[0] === FAULT || result[0] === BYTES) results.set(id, instance);
      return result;
    },
    () => lost(job)
  );
}

/**
 * @param {{slot: Slot, handle: Handle}} job
 * @returns {Instance}
 */
function instanceOf({ slot, handle }) {
  return of(slot === -1 ? handle : slot);
}

/**
 * The module was stopped at work, and so the connection ends.
 *
 * @param {Job} job
 * @returns {number[]}
 */
function lost(job) {
  const { id, slot, handle, inflates } = job;
  const instance = instanceOf(job);
  if (slot === -1) instance.calls.codec_forget(indexOf(handle));
  else instance.calls.recover(slot, inflates ? 1 : 0);
  if (inflates) {
    instance.calls.receive(slot, 0, 1);
    const { numbers, head } = instance;
    const [kind, , length, extra] = numbers.slice(head + RESULT, head + RESULT + 4);
    return [kind, length, extra];
  }
  results.set(id, INTERNAL);
  return [FAULT, INTERNAL.length, 1011];
}

/**
 * `finished()`: takes back what the first job that is done has made, as the native binding's.
 *
 * @returns {number[]}
 */
function finished() {
  return done.splice(0, 4);
}

/**
 * The instance with a job's result in its memory, and its address.
 *
 * @param {JobId} id
 * @returns {[instance: Instance, place: number]}
 */
function take(id) {
  const instance = /** @type {Instance} */ (results.get(id));
  results.delete(id);
  return [instance, instance.call('result', id)];
}

/**
 * `takeResult(id, target)`: copies what a job made into `target`; without one, returns it as a Buffer.
 *
 * @type {Core['takeResult']}
 */
function takeResult(id, target) {
  const [instance, place] = take(id);
  if (target === undefined) target = Buffer.allocUnsafeSlow(instance.length());
  copyOut(instance, place, target);
  return target;
}

/**
 * `resultPart(id, target, at)`: here all of it is one part.
 *
 * @type {Core['resultPart']}
 */
function resultPart(id, target, _at) {
  takeResult(id, target);
  return target.length;
}

/**
 * `resultText(id)`: the text of a job's fault.
 *
 * @type {Core['resultText']}
 */
function resultText(id) {
  if (results.get(id) === INTERNAL) {
    results.delete(id);
    return INTERNAL;
  }
  const [instance, place] = take(id);
  return instance.bytes.utf8Slice(place, place + instance.length());
}

/** Forgets what belongs to a session that is over. @param {number} slot */
function forget(slot) {
  staged.delete(slot);
}

module.exports = {
  forget,
  binding: {
    offloadOpen,
    inflateElsewhere,
    deflateElsewhere,
    codecElsewhere,
    stageText,
    finished,
    takeResult,
    resultPart,
    resultText
  }
};
