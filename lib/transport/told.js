'use strict';

/**
 * The large text of ASCII whose handlers are running. What they send of it, to whomever, is copied as it is: most programs send
 * on what they are told, and to find out what a text holds takes longer than to copy it.
 */

/** @type {string | null} */
let kept = null;

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

module.exports = { drop, isAscii, isKept, keep };
