'use strict';

/**
 * Where our driver differs from `websocket-driver` on purpose: which scripts, and why. One whose scripts are equal fails
 * the test.
 */

module.exports = [
  { scripts: /^a chunk is left as it is$/, reason: 'the reference unmasks in the memory of its caller' },
  { scripts: /^hixie-76 that waits: start$/, reason: 'the reference answers the request again' },
  {
    scripts: /^an answer picks (a subprotocol that was not offered|an extension), /,
    reason:
      'the reference says of a refused connection that its protocol is null; of every other, that it is undefined'
  },
  {
    scripts: /^a request (has no version|has the version 8|is of a draft that is not allowed)$/,
    reason: 'the refusal of a version says which one we speak (RFC 6455 sections 4.2.2 and 4.4)'
  },
  {
    scripts: /while closing breaks a rule$/,
    reason: 'the reference reads on behind the broken rule, and takes the close frame that follows'
  },
  {
    scripts: /^a server that reads is started /,
    reason:
      'the reference forgets the event open, throws for what stands behind the request, and stays connecting'
  },
  { scripts: /^a server that reads gets the body of a request$/, reason: 'the reference drops the body' },
  {
    scripts: /^a server closes behind the first of two messages that were compressed$/,
    reason: 'the reference is at work on the second one by then, and tells it'
  }
];
