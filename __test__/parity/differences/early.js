'use strict';

/** Known differences of calls before a connection is open; `../differences.js` says what an entry holds. */

const TELLS =
  'A server that closes before it is open completes the handshake, so that the peer hears of the code (RFC 6455, section 7.1.2).';
const ENDS = 'What was accepted before end is sent.';
const COPIES = 'What is sent is what it was when it was sent.';
const CONVERTED = 'A message is converted before the state is looked at.';
const PINGS = 'Payloads of pings are told apart by their bytes.';
const BYTES = 'A ping sends bytes of every kind.';
const LONG = 'A ping of more than 125 bytes has no legal frame (RFC 6455, section 5.5).';

const SHOWN = 'What an application assigns to readyState is shown, and changes nothing of the connection.';

const X = 'x'.repeat(126);
const U = 'ü'.repeat(63);

module.exports = [
  {
    script: 'server-api: meets close behind what was sent before opening',
    reason: TELLS,
    reference: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1000, reason: ""} (state 3, protocol "", --)',
      'peer has ended'
    ],
    native: ['peer gets the usual 101', 'peer gets text 8105 <"never">', 'peer gets close 8802 1000 ""']
  },
  {
    script: 'server-early: meets end behind what was sent',
    reason: ENDS,
    reference: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1000, reason: ""} (state 3, protocol "", --)',
      'peer has ended'
    ],
    native: [
      'ws emits open {} (state 1, protocol "", rw)',
      'peer gets the usual 101',
      'peer gets text 8105 <"first">',
      'peer gets text 8104 <"last">',
      'peer gets close 8802 1000 ""'
    ]
  },
  {
    script: 'server-early: meets end with nothing sent',
    reason: ENDS,
    reference: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1000, reason: ""} (state 3, protocol "", --)',
      'peer has ended'
    ],
    native: ['peer gets the usual 101', 'peer gets close 8802 1000 ""']
  },
  {
    script: 'server-early: meets bytes that change after they were sent',
    reason: COPIES,
    reference: ['peer gets binary 8206 <"xxxxxx">'],
    native: ['peer gets binary 8206 <"before">']
  },
  {
    script: 'server-early: meets a message that closes as it is converted',
    reason: CONVERTED,
    reference: ['send is true'],
    native: ['send is false']
  },
  {
    script: 'server-api: meets a readyState that is assigned',
    reason: SHOWN,
    reference: [2, 3].flatMap((state) => [
      `ws.send("in ${state}") returns false`,
      `ws.ping("in ${state}") returns false`
    ]),
    native: [2, 3].flatMap((state) => [
      `ws.send("in ${state}") returns true`,
      `peer gets text 8104 <"in ${state}">`,
      `ws.ping("in ${state}") returns true`,
      `peer gets ping 8904 <"in ${state}">`
    ])
  },
  {
    script: 'server-api: meets a ping that is too long for a frame',
    reason: LONG,
    reference: [
      `ws.ping("${X}") returns true`,
      'peer gets ping 897e007e <78787878787878787878787878787878...> (126 bytes, 19981abaa977)',
      `ws.ping("${U}") returns true`,
      'peer gets ping 897e007e <c3bcc3bcc3bcc3bcc3bcc3bcc3bcc3bc...> (126 bytes, ba3d48290b65)'
    ],
    native: [X, U].map(
      (payload) =>
        `ws.ping("${payload}") throws RangeError("The message of a ping must have at most 125 bytes, not 126")`
    )
  },
  {
    script: 'server-early: meets pings whose payloads are no text',
    reason: PINGS,
    reference: [],
    native: ['the pong of ff', 'the pong of fe']
  },
  {
    script: 'server-early: meets a ping of a typed array',
    reason: BYTES,
    reference: ['ping throws TypeError'],
    native: ['ping returns true', 'peer gets ping 8903 <010203>']
  },
  {
    script: 'server-handshake-faults: meets close before the refusal',
    reason: TELLS,
    reference: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1000, reason: ""} (state 3, protocol "", --)'
    ],
    native: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1002, reason: "Unsupported WebSocket version: 7"} (state 3, protocol "", --)',
      'peer gets head "HTTP/1.1 400 Bad Request"',
      'peer gets head "Content-Type: text/plain"',
      'peer gets head "Content-Length: 32"',
      'peer gets head "Sec-WebSocket-Version: 13"',
      'peer gets head ""',
      'peer gets "Unsupported WebSocket version: 7"'
    ]
  },
  {
    script: 'server-handshake: meets close in the tick of its making',
    reason: TELLS,
    reference: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1000, reason: ""} (state 3, protocol "", --)',
      'peer has ended',
      'ws has state 3, protocol "", --'
    ],
    native: [
      'peer gets the usual 101',
      'peer gets close 8802 1000 ""',
      'ws has state 2, protocol "", rw',
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1006, reason: ""} (state 3, protocol "", --)',
      'peer has ended'
    ]
  },
  {
    script: 'server-handshake: meets close with a code in the tick of its making',
    reason: TELLS,
    reference: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 3001, reason: "not today"} (state 3, protocol "", --)',
      'peer has ended',
      'ws has state 3, protocol "", --'
    ],
    native: [
      'peer gets the usual 101',
      'peer gets close 880b 3001 "not today"',
      'ws has state 2, protocol "", rw'
    ]
  }
];
