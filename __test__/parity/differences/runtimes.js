'use strict';

/**
 * Scripts whose traces on another runtime are neither those of the reference there nor those of the reference on Node,
 * by runtime, each with the reason. They are the same with both engines.
 */

const WORDS = "The runtime's words for what is wrong with a certificate are others than Node's.";
const LATER = 'An exception surfaces in a turn of its own: only Node can be told of one at once.';
const ENDS = 'The runtime tells the peer of a TLS handshake that the connection has ended at another moment.';

module.exports = {
  bun: {
    'client-proxy: refuses a proxy of an unknown authority': WORDS,
    'client-proxy: refuses an origin of an unknown authority behind a proxy': WORDS,
    'client-tls: refuses a certificate of an unknown authority': WORDS,
    'server-events: tells messages of the same packet behind a throwing listener': LATER,
    'server-events: throws out of dispatch for a handler that is not a function':
      "The engine's words for calling what is no function are others than V8's."
  },
  deno: {
    'client-matrix: ws through an https proxy: loses the stream': ENDS,
    'client-tls: checks with the function of the caller': ENDS,
    'client-tls: refuses a certificate for another address': ENDS,
    'client-tls: refuses a certificate for another name': ENDS,
    'client-tls: refuses a certificate that has expired': WORDS,
    'client-tls: refuses a certificate that is not valid yet': WORDS,
    'server-events: tells messages of the same packet behind a throwing listener': LATER
  }
};
