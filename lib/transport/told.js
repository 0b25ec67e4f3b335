'use strict';

/**
 * The large text of ASCII whose handlers are running. What they send of it, to whomever, is copied as it is: most programs send
 * on what they are told, and to find out what a text holds takes longer than to copy it. The same holds for a short one of
 * several that came in one record of TLS: its bytes still stand in memory of ours while its handlers run.
 */

const { hasMore } = require('./prompt');

/** @typedef {import('./connection').Connection} Connection */

/** What {@link frame} returns if it has written none. */
const OTHER = -2;
/** The first byte of the only frame of a text, and the longest payload whose length is the second and last of its header. */
const FINAL_TEXT = 0x81;
const SHORT = 125;
const HEADER = 2;

/** @type {string | null} */
let kept = null;

/** The short text whose handlers are running, and where its bytes stand. @type {string | null} */
let short = null;
/** @type {DataView} */
let bytes;
let start = 0;

/**
 * A text of ASCII is told next.
 *
 * @param {string} text
 */
function keep(text) {
  kept = text;
}

/** Whether a text is kept. */
function isKept() {
  return kept !== null;
}

/** Its handlers have run: it is not to be kept alive. */
function drop() {
  kept = null;
}

/**
 * Whether a text is known to be ASCII, since it is the same.
 *
 * @param {string} text
 * @returns {boolean}
 */
function isAscii(text) {
  return text === kept;
}

/**
 * A short text of ASCII is told next.
 *
 * @param {string} text of up to {@link SHORT} units
 * @param {DataView} view of memory that stays as it is until {@link forget}
 * @param {number} offset of its bytes there
 */
function remember(text, view, offset) {
  short = text;
  bytes = view;
  start = offset;
}

/** Its bytes are overwritten from now on. */
function forget() {
  short = null;
}

/**
 * Writes the frame of the short text, if that is what is sent, no mask is needed, and the answers of a chunk are gathered
 * anyway: the native side, which is not called then, also looks whether the stack has room for a write. A loop over numbers
 * of eight bytes takes half of what the call does.
 *
 * @param {Connection} ws
 * @param {string} text
 * @param {DataView} target
 * @param {number} at where the frame is to stand there
 * @param {number} room
 * @returns {number} where it ends, or {@link OTHER}
 */
function frame(ws, text, target, at, room) {
  if (text !== short || ws._masks || !hasMore(ws)) return OTHER;
  const { length } = text;
  if (length + HEADER > room) return OTHER;
  target.setUint16(at, (FINAL_TEXT << 8) | length);
  const to = at + HEADER;
  let i = 0;
  // No eight bytes of ASCII are those of NaN, which the engine might write in another way.
  for (; i + 8 <= length; i += 8) target.setFloat64(to + i, bytes.getFloat64(start + i));
  for (; i < length; i++) target.setUint8(to + i, bytes.getUint8(start + i));
  return to + length;
}

module.exports = { OTHER, SHORT, drop, forget, frame, isAscii, isKept, keep, remember };
