'use strict';

/**
 * Exceptions of handlers, where what has called them has more to do first.
 *
 * @param {*} error surfaces as an uncaught exception, in a turn of the loop of its own
 */
function surface(error) {
  setImmediate(() => {
    throw error;
  });
}

module.exports = { surface };
