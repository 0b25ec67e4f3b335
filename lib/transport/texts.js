'use strict';

/**
 * Large texts that are not ASCII become strings in two steps: another thread converts the bytes, which takes more than a
 * millisecond a megabyte, and the loop makes the string that refers to what came of it. Until then the connection holds, so
 * that everything stays in order. Whoever feeds a stream of his own wants what is whole at once, and has it converted there.
 */

const { inParts } = require('./copying');
const jobs = require('./jobs');
const memory = require('./memory');
const native = require('../native');
const rows = require('../native/rows');
const turns = require('./turns');

/** @typedef {import('./connection').Receiver} Receiver */

/** The size in bytes from which on a text is converted elsewhere; below, a turn of the loop has the time. */
const ELSEWHERE_FROM = 1 << 20;
/** The offset of a row whose text was converted. */
const CONVERTED = -2;

/**
 * Has the queue's front, which is text, converted elsewhere.
 *
 * @param {Receiver} ws
 * @param {(kind: number, length: number, extra: number) => void} goOn goes on with the row that the text became
 * @returns {boolean} false if it is to be converted here
 */
function convert(ws, goOn) {
  if (!ws._fromLoop) return false;
  /** @type {import('./jobs').Done} */
  const done = (id, kind, length, extra) => {
    if (ws._slot === -1 || length === -1) return;
    // The row of a fault tells the job, whose text it has.
    if (kind === jobs.FAULT) goOn(rows.VIOLATION, id, extra);
    else goOn(kind, length, extra);
  };
  try {
    if (!jobs.run((id) => native.textElsewhere(id, ws._slot), done)) return false;
  } catch {
    // There are no jobs: the loop has the time that it takes.
    return false;
  }
  memory.touch();
  turns.hold(ws, true);
  return true;
}

/**
 * Has a large text in a Buffer of an extension's converted, a part in each of the next turns of the loop.
 *
 * @param {Receiver} ws
 * @param {Buffer} bytes
 * @param {(text: string | undefined | 0 | null) => void} done gets what `native.decode` returns, or null where there is no memory,
 *   or the bytes or the connection have gone
 */
function decodeInParts(ws, bytes, done) {
  const { length } = bytes;
  let at = 0;
  inParts(() => {
    /** @type {string | number | undefined | null} */
    let made = null;
    try {
      // An extension may have handed their memory to another thread: no part of a text is told as all of it.
      if (ws._slot !== -1 && bytes.length === length) made = native.decodePart(ws._slot, bytes, at);
    } catch {
      // There is no memory.
    }
    if (typeof made === 'number' && made > at) {
      at = made;
      return null;
    }
    const text = /** @type {string | undefined | 0 | null} */ (made);
    return () => done(text);
  });
}

module.exports = { CONVERTED, ELSEWHERE_FROM, convert, decodeInParts };
