'use strict';

/** Deliberate differences with extensions of the user's; see `../differences.js`. */

module.exports = [
  {
    script: 'server-plugins: throws what an extension throws when it is closed',
    reason:
      'The exception surfaces as there, and the connection is closed all the same, where it stays for ever there.',
    reference: ['ws has state 1, protocol "", rw'],
    native: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1000, reason: ""} (state 3, protocol "", --)',
      'peer gets close 8802 1000 ""',
      'peer has ended',
      'ws has state 3, protocol "", --'
    ]
  },
  {
    script: 'server-plugins: ignores answers after the connection has gone',
    reason:
      'What came before the peer reset the connection is told when the extension has answered, and then its end. Extensions ' +
      'are closed however a connection ends, so that theirs can be freed.',
    reference: ['-- answers 0, 1'],
    native: [
      '-- answers 0, 1',
      'ws emits data "a" (state 1, protocol "", rw)',
      'ws emits message {data: "a"} (state 1, protocol "", rw)',
      'turn is closed'
    ]
  },
  {
    script: 'server-plugins: hears of messages that are under way when the peer ends its half',
    reason: 'What the peer has sent is told when the extension has answered, and then its end.',
    reference: ['-- answers 0'],
    native: [
      '-- answers 0',
      'ws emits data "a" (state 1, protocol "", rw)',
      'ws emits message {data: "a"} (state 1, protocol "", rw)',
      'turn is closed'
    ]
  },
  {
    script: 'server-plugins: hears of messages that are under way when the peer closes and ends its half',
    reason:
      'What the peer has sent is told when the extension has answered, and what was sent to it leaves with our close frame ' +
      'behind it: the half that is ours is still open.',
    reference: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1006, reason: ""} (state 3, protocol "", --)',
      'peer has ended'
    ],
    native: [
      'ws emits data "a" (state 1, protocol "", rw)',
      'ws emits message {data: "a"} (state 1, protocol "", rw)',
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 3000, reason: ""} (state 3, protocol "", --)',
      'peer gets text 8101 <"b">',
      'peer gets close 8802 3000 ""',
      'peer has ended'
    ]
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
