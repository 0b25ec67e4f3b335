'use strict';

/**
 * Raises the exception of a handler in a later turn of the loop, so that the code that has called the handler can
 * finish first.
 *
 * @param {*} error surfaces as an uncaught exception, in a turn of the loop of its own
 */
function surface(error) {
  setImmediate(() => {
    throw error;
  });
}

module.exports = { surface };
