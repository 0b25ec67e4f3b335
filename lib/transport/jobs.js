'use strict';

/**
 * Jobs on other threads: the native side runs them, and calls this module when they are done.
 *
 * A job has a number. The caller that starts it gives a function, which is called on the loop when the job is done.
 * Only jobs under way keep the process alive.
 */

const { PARTS_FROM, behind, copyResult } = require('./copying');
const native = require('../native');
const { IS_NODE } = require('../native/runtime');
const { surface } = require('../native/surface');
const { post } = require('./posting');
const { INTERNAL } = require('../native/close_codes');

/** Messages from this many bytes up are compressed on another thread. */
const OFFLOAD_FROM = 64 * 1024;
/** Results from this size up need not be copied. */
const OWNED = 512 * 1024;
/** The kind of a result that is a fault. */
const FAULT = -1;
/** The extra of a message that is to be sent uncompressed, since compression makes it longer. */
const AS_IT_IS = 1;

/**
 * The end of a job: its number, and the kind, length and extra of a row.
 *
 * @typedef {(id: number, kind: number, length: number, extra: number) => void} Done
 */

/** @type {Map<number, Done>} */
const jobs = new Map();
let next = 1;
let opened = false;

/** A job is done: called once for each. Its end is told where a handler may run the loop. */
function onDone() {
  if (IS_NODE) post(takeInTurn);
  else takeInTurn();
}

/**
 * What the next job has made is taken behind messages that are being copied: until then it counts as waiting, and the threads do
 * not make more than may wait.
 */
function takeInTurn() {
  behind(takeOne);
}

/**
 * Takes what one job has made. The next one's is taken behind that, or in a loop that a handler runs: until then its codec is
 * away. An exception surfaces as an uncaught one.
 */
function takeOne() {
  const finished = native.finished();
  if (finished.length === 0) return;
  const [id, kind, length, extra] = finished;
  const done = /** @type {Done} */ (jobs.get(id));
  jobs.delete(id);
  guard(() => done(id, kind, length, extra));
}

/** Has an exception of `action` surface as an uncaught one. @param {() => void} action */
function guard(action) {
  try {
    action();
  } catch (error) {
    surface(error);
  }
}

/**
 * Starts a job.
 *
 * @param {(id: number) => number} start starts the job of that number on the native side; 0 if that cannot be now
 * @param {Done} done gets the number, and the kind, length and extra of a row
 * @returns {boolean} whether it was started
 */
function run(start, done) {
  if (!opened) {
    try {
      native.offloadOpen(onDone);
    } catch (error) {
      // Without a way back there is no job. It is tried again at the next one.
      throw Object.assign(/** @type {Error} */ (error), { code: 'NOT_SENT' });
    }
    opened = true;
  }
  const id = next;
  next = next === 0x7fffffff ? 1 : next + 1;
  if (start(id) === 0) return false;
  jobs.set(id, done);
  return true;
}

/**
 * The end of a job whose result is bytes.
 *
 * @param {(fault: {code: number, text: string} | null, bytes?: Buffer, asItIs?: boolean) => void} done gets a fault, or bytes
 *   and whether they are the message as it was; not called if the owner has gone
 * @param {boolean} [ours] whether the bytes stay with us: memory that is not copied cannot be handed to a worker thread
 * @returns {Done}
 */
function takeBytes(done, ours = false) {
  return (id, kind, length, extra) => {
    if (length === -1) return;
    if (kind === FAULT) {
      done({ code: extra, text: native.resultText(id) });
      return;
    }
    const asItIs = extra === AS_IT_IS;
    if (length >= PARTS_FROM && !ours) {
      copyResult(id, length, (bytes) =>
        guard(() =>
          bytes === null ? done({ code: INTERNAL, text: 'Out of memory' }) : done(null, bytes, asItIs)
        )
      );
      return;
    }
    let bytes;
    try {
      bytes = resultOf(id, length, ours);
    } catch (error) {
      // The codec has gone on, and its owner would wait for the result for ever.
      done({ code: INTERNAL, text: /** @type {Error} */ (error).message });
      return;
    }
    done(null, bytes, asItIs);
  };
}

/**
 * What a job has made.
 *
 * @param {number} id
 * @param {number} length
 * @param {boolean} ours as for {@link takeBytes}
 * @returns {Buffer}
 */
function resultOf(id, length, ours) {
  if (ours && length >= OWNED) return /** @type {Buffer} */ (native.takeResult(id));
  let bytes;
  try {
    bytes = Buffer.allocUnsafeSlow(length);
  } catch {
    // There is no memory for a copy: the result stays in Rust's memory.
    return /** @type {Buffer} */ (native.takeResult(id));
  }
  native.takeResult(id, bytes);
  return bytes;
}

module.exports = { FAULT, OFFLOAD_FROM, run, takeBytes };
