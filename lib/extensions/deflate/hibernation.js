'use strict';

/** Frees memory of connections with compression that are idle. */

const { clearInterval, setInterval } = require('timers');

const native = require('../../native');

/** How often they are looked for, in milliseconds. */
const LOOK = 3000;
/** @type {NodeJS.Timeout | null} */
let timer = null;

/** Frees the memory. The timer ends with the last connection that has compression. */
function hibernate() {
  if (native.hibernate() > 0) return;
  clearInterval(/** @type {NodeJS.Timeout | null} */ (timer));
  timer = null;
}

/** There is a connection with compression: idle ones are looked for from now on. */
function lookForIdle() {
  if (timer !== null) return;
  timer = setInterval(hibernate, LOOK);
  timer.unref();
}

module.exports = { lookForIdle };
