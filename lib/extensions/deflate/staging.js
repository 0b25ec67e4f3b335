'use strict';

/** Hands large texts over to the native side, a piece in each turn of the loop, since to read one takes long. */

const { setImmediate } = require('timers');

const native = require('../../native');

/** Characters that are read in one turn. */
const PIECE = 256 * 1024;

/** @typedef {import('../../transport/connection').Connection} Connection */
/** @typedef {{isWanted: () => boolean, done: () => void, fail: (error: unknown) => void}} Owner */

/**
 * Hands a text over, for `deflateElsewhere`.
 *
 * @param {Connection} ws
 * @param {string} text
 * @param {Owner} owner says whether to go on, and is told of the end
 * @param {number} [at] where to go on
 */
function stage(ws, text, owner, at = 0) {
  if (ws._slot === -1 || !owner.isWanted()) return;
  let end = Math.min(at + PIECE, text.length);
  // Two surrogates are one character.
  if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end--;
  try {
    native.stageText(ws._slot, text.slice(at, end), end - at, text.length - at);
  } catch (error) {
    owner.fail(error);
    return;
  }
  if (end < text.length) setImmediate(() => stage(ws, text, owner, end));
  else owner.done();
}

module.exports = { stage };
