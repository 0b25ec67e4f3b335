'use strict';

/**
 * Scripts whose traces on another runtime are neither those of the reference there nor those of the reference on Node,
 * by runtime, each with the reason. They are the same with both engines.
 */

module.exports = {
  bun: {
    'eventsource: meets headers that were written on the response before':
      'A response of Bun does not keep the head that `writeHead` makes, as the original does not on Node either.',
    'server-events: throws out of dispatch for a handler that is not a function':
      "The engine's words for calling what is no function are others than V8's."
  },
  deno: {}
};
