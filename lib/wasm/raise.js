'use strict';

const { surface } = require('../native/surface');

/**
 * `raise(error)`: makes an exception an uncaught one, now. Where nobody handles those, the process ends in the next turn
 * of the loop, for only Node itself could end it here with its usual words.
 *
 * @param {unknown} error
 */
function raise(error) {
  const handled =
    process.hasUncaughtExceptionCaptureCallback() || process.listenerCount('uncaughtException') > 0;
  // What Node calls for any uncaught exception; it knows of domains.
  if (handled && typeof process._fatalException === 'function') process._fatalException(error, false);
  else surface(error);
}

module.exports = { raise };
