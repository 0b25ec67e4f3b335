'use strict';

/** Deliberate differences with extensions of the user's; see `../differences.js`. */

module.exports = [
  {
    script: 'server-plugins: ignores answers after the connection has gone',
    reason: 'Extensions are closed however a connection ends, so that theirs can be freed.',
    reference: [],
    native: ['turn is closed']
  },
  {
    script: 'server-plugins: passes an exception of a handler on, and the messages behind it',
    reason: 'An exception of a handler surfaces; behind extensions the reference swallows it.',
    reference: [],
    native: ['uncaught Error("for A")']
  },
  {
    script: 'client-extensions: throws for an extension that throws when it makes its offer',
    reason:
      'The offer is made before there is a socket, so the caller gets the exception; from the reference it comes later, uncaught.',
    reference: ['uncaught Error("no")'],
    native: ['the constructor throws Error("no")']
  },
  {
    script: 'server-plugins: keeps permessage-deflate beside an extension of another bit',
    reason: 'A message that compression makes longer leaves as it is.',
    reference: ['peer gets text e105 <4a4c4a0600>'],
    native: ['peer gets text a103 <"abc">']
  }
];
