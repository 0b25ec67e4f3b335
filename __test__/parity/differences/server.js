'use strict';

/** Known differences of the server role and of EventSource; `../differences.js` says what an entry holds. */

/** What a peer sees of the reference's handshake around a header that was let through. */
const answerWith = (...lines) => [
  'ws emits open {} (state 1, protocol "", rw)',
  'peer gets head "HTTP/1.1 101 Switching Protocols"',
  ...lines.map((line) => `peer gets head ${line}`),
  'peer gets head "Upgrade: websocket"',
  'peer gets head "Connection: Upgrade"',
  'peer gets head "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="',
  'peer gets head ""'
];

/** What both see when a constructor refuses its arguments. */
const refusedWith = (pattern) => [pattern, 'peer has ended'];

const INJECTION =
  'Line breaks and NUL in what a caller passes would forge headers or events: they are refused.';
const EARLY_BYTES =
  'Bytes that wait in the stream before the handshake are kept; the reference throws and loses them.';
const DEADLOCK =
  'Reading goes on while the peer does not read: two ends of the reference that both send much wait for ever.';

module.exports = [
  {
    script: 'server-api: sends a Buffer whose memory was transferred',
    reason: 'A Buffer without memory has lost what was to be sent: it is refused, as in a browser.',
    reference: ['send returns true', 'peer gets binary 8200 <"">'],
    native: [
      'send throws TypeError("The bytes are in a detached ArrayBuffer: send them, or a copy, before it is transferred")'
    ]
  },
  {
    script: 'server-api: sends typed arrays',
    reason: 'Typed arrays, DataView and ArrayBuffer go out as binary; the reference sends their strings.',
    reference: [
      'peer gets text 8105 <"1,2,3">',
      'peer gets text 8103 <"258">',
      'peer gets text 8111 <"[object DataView]">',
      'peer gets text 8114 <"[object ArrayBuffer]">'
    ],
    native: [
      'peer gets binary 8203 <010203>',
      'peer gets binary 8202 <0201>',
      'peer gets binary 8202 <0405>',
      'peer gets binary 8202 <0607>'
    ]
  },
  {
    script: 'server-api: has a bufferedAmount while something is waiting',
    reason: 'bufferedAmount is live; in the reference it is always 0.',
    reference: ['bufferedAmount is positive is false'],
    native: ['bufferedAmount is positive is true']
  },
  {
    script: 'server-events: tells messages of the same packet behind a throwing listener',
    reason:
      'A handler that throws loses nothing; the reference forgets the rest of the packet until the next comes.',
    reference: ['-- peer sends'],
    native: ['-- peer sends']
  },
  {
    script: 'server-handshake: reads bytes that arrive between the upgrade and a late making',
    reason: EARLY_BYTES,
    reference: ['uncaught TypeError'],
    native: [
      'ws emits data "meanwhile" (state 1, protocol "", rw)',
      'ws emits message {data: "meanwhile"} (state 1, protocol "", rw)'
    ]
  },
  {
    script: 'server-streams: hears a peer that does not read what is sent to it',
    reason: DEADLOCK,
    reference: [],
    native: [
      'ws emits data "two" (state 1, protocol "", rw)',
      'ws emits message {data: "two"} (state 1, protocol "", rw)',
      'ws emits data "three" (state 1, protocol "", rw)',
      'ws emits message {data: "three"} (state 1, protocol "", rw)'
    ]
  },
  {
    script: 'server-handshake: reads bytes that were put back into the stream',
    reason: EARLY_BYTES,
    reference: ['uncaught TypeError'],
    native: [
      'ws emits data "put back" (state 1, protocol "", rw)',
      'ws emits message {data: "put back"} (state 1, protocol "", rw)'
    ]
  },
  {
    script: 'server-handshake: throws for an own header that is null',
    reason: 'Both throw a TypeError; ours says what to change.',
    reference: ['the constructor throws TypeError'],
    native: [/^the constructor throws TypeError\("Value of header .*X-Null/]
  },
  {
    script: 'server-handshake-faults: makes a WebSocket even when it only ends the stream',
    reason: 'A constructor makes an instance; the reference returns the stream in its place.',
    reference: ['instanceof WebSocket is false'],
    native: ['instanceof WebSocket is true']
  },
  {
    script: 'server-injection: meets an own header value with CR LF',
    reason: INJECTION,
    reference: answerWith('"X-A: b"', '"X-Forged: yes"'),
    native: refusedWith(/^the constructor throws TypeError\(.*X-A/)
  },
  {
    script: 'server-injection: meets an own header value with LF',
    reason: INJECTION,
    reference: answerWith('"X-A: b\\nX-Forged: yes"'),
    native: refusedWith(/^the constructor throws TypeError\(.*X-A/)
  },
  {
    script: 'server-injection: meets an own header value with NUL',
    reason: INJECTION,
    reference: answerWith('"X-A: b\\u0000c"'),
    native: refusedWith(/^the constructor throws TypeError\(.*X-A/)
  },
  {
    script: 'server-injection: meets an own header name with CR LF',
    reason: INJECTION,
    reference: answerWith('"X-A: b"', '"X-Forged: yes"'),
    native: refusedWith(/^the constructor throws TypeError\(.*X-A/)
  },
  {
    script: 'server-injection: meets a protocol with CR LF that the client offers too',
    reason: INJECTION,
    reference: [
      'ws emits open {} (state 1, protocol "chat\\r\\nX-Forged: yes", rw)',
      'peer gets head "HTTP/1.1 101 Switching Protocols"',
      'peer gets head "Upgrade: websocket"',
      'peer gets head "Connection: Upgrade"',
      'peer gets head "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="',
      'peer gets head "Sec-WebSocket-Protocol: chat"',
      'peer gets head "X-Forged: yes"',
      'peer gets head ""'
    ],
    native: refusedWith(/^the constructor throws TypeError\(.*chat/)
  },
  {
    script: 'eventsource: sends line breaks in event names and ids',
    reason: INJECTION,
    reference: [
      'es.send("x", {event: "a\\ndata: forged"}) returns true',
      'peer gets "event: a\\ndata: forged\\r\\ndata: x\\r\\n\\r\\n"',
      'es.send("x", {id: "a\\r\\n\\r\\ndata: forged"}) returns true',
      'peer gets "id: a\\r\\n\\r\\ndata: forged\\r\\ndata: x\\r\\n\\r\\n"'
    ],
    native: [
      /^es\.send\("x", \{event: .*\) throws TypeError\(.*event/,
      /^es\.send\("x", \{id: .*\) throws TypeError\(.*id/
    ]
  },
  {
    script: 'eventsource: sends line breaks in own headers',
    reason: INJECTION,
    reference: [
      'es emits open {} (state 1, -w)',
      'peer gets head "HTTP/1.1 200 OK"',
      'peer gets head "Content-Type: text/event-stream"',
      'peer gets head "Cache-Control: no-cache, no-store"',
      'peer gets head "Connection: close"',
      'peer gets head "X-A: b"',
      'peer gets head "X-Forged: yes"',
      'peer gets head ""',
      'peer gets "retry: 5000\\r\\n\\r\\n"'
    ],
    native: refusedWith(/^the constructor throws TypeError\(.*X-A/)
  },
  {
    script: 'eventsource: hears nothing when the owner destroys the stream',
    reason:
      'A destroyed stream closes the EventSource; the reference does not notice, and leaks its ping timer.',
    reference: ['es has state 1, -w', 'es emits close {} (state 3, --)', 'es.close() returns true'],
    native: ['es emits close {} (state 3, --)', 'es has state 3, --', 'es.close() returns false']
  },
  {
    script: 'server-close: sends a reason of more than 123 bytes as it is',
    reason:
      'A close frame of more than 125 bytes is illegal (RFC 6455 section 5.5): the reason is cut, between characters.',
    reference: [
      'peer gets close 887e007e 1000 "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"'
    ],
    native: [
      'peer gets close 887d 1000 "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"'
    ]
  },
  {
    script: 'server-close: writes reasons that are not strings as strings',
    reason: 'The reason goes through String(); the reference breaks inside Buffer for some values.',
    // Each version of Node has words of its own.
    reference: [/^ws3\.close\(1000, true\) throws RangeError\(.* Received NaN"\)$/],
    native: ['ws3.close(1000, true) returns undefined', 'peer3 gets close 8806 1000 "true"']
  },
  {
    script: 'server-close: hears the answer to its close although it is paused',
    reason:
      'Behind a close no message is told any more, so that a pause holds nothing up but the close itself: ours reads on to the close frame of the peer, where the reference waits for ever.',
    reference: ['ws has state 2, protocol "", rw'],
    native: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 3000, reason: "why"} (state 3, protocol "", --)',
      'peer has ended',
      'ws has state 3, protocol "", --'
    ]
  },
  {
    script: 'server-close: meets close codes that are not numbers',
    reason:
      'What is not a number is not a legal code: ours throws, where the reference sends 0, or 1000 for NaN.',
    reference: [
      'ws.close(NaN) returns undefined',
      'peer gets close 8802 1000 ""',
      'ws2.close({}) returns undefined',
      'peer2 gets close 8802 0 ""',
      'ws4.close("abc") returns undefined',
      'peer4 gets close 8802 0 ""'
    ],
    native: [
      'ws.close(NaN) throws Error("Failed to execute \'close\' on WebSocket: The code must be either 1000, or between 3000 and 4999. NaN is neither.")',
      'ws2.close({}) throws Error("Failed to execute \'close\' on WebSocket: The code must be either 1000, or between 3000 and 4999. [object Object] is neither.")',
      'ws4.close("abc") throws Error("Failed to execute \'close\' on WebSocket: The code must be either 1000, or between 3000 and 4999. abc is neither.")'
    ]
  },
  {
    script: 'server-handshake-faults: answers 400 when the key is an array',
    reason: 'A request made by hand: values of headers are turned into strings, whatever their type.',
    reference: [
      'ws emits error {message: "Missing handshake request header: Sec-WebSocket-Key"} (state 0, protocol "", rw)',
      'ws emits close {code: 1002, reason: "Missing handshake request header: Sec-WebSocket-Key"} (state 3, protocol "", --)',
      'peer gets "Missing handshake request header: Sec-WebSocket-Key"'
    ],
    native: [
      'ws emits error {message: "Invalid handshake request header: Sec-WebSocket-Key"} (state 0, protocol "", rw)',
      'ws emits close {code: 1002, reason: "Invalid handshake request header: Sec-WebSocket-Key"} (state 3, protocol "", --)',
      'peer gets "Invalid handshake request header: Sec-WebSocket-Key"'
    ]
  },
  {
    script: 'server-handshake-faults: answers 400 when the version is a number',
    reason: 'A request made by hand: values of headers are turned into strings, whatever their type.',
    reference: [
      'ws emits error {message: "Unsupported WebSocket version: 13"} (state 0, protocol "", rw)',
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1002, reason: "Unsupported WebSocket version: 13"} (state 3, protocol "", --)',
      'peer gets head "HTTP/1.1 400 Bad Request"',
      'peer gets head "Content-Type: text/plain"',
      'peer gets head "Content-Length: 33"',
      'peer gets head ""',
      'peer gets "Unsupported WebSocket version: 13"',
      'peer has ended',
      'ws has state 3, protocol "", --'
    ],
    native: [
      'ws emits open {} (state 1, protocol "", rw)',
      'peer gets the usual 101',
      'ws has state 1, protocol "", rw'
    ]
  },
  {
    script: 'server-violations: emits no error for a violation once closing',
    reason:
      'A peer that breaks the protocol while we are closing is cut off at once; the reference waits 30 s for its close frame.',
    reference: [],
    native: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1002, reason: "Received unexpected continuation frame"} (state 3, protocol "", --)',
      'peer has ended'
    ]
  },
  {
    script: 'server-handshake-faults: answers 400 when both key and version are missing',
    reason: 'Such a request is one of hixie-75, which is served, as the README of faye-websocket promises.',
    reference: [
      'ws emits error {message: "Unsupported WebSocket version: undefined"} (state 0, protocol "", rw)',
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1002, reason: "Unsupported WebSocket version: undefined"} (state 3, protocol "", --)',
      'peer gets head "HTTP/1.1 400 Bad Request"',
      'peer gets head "Content-Type: text/plain"',
      'peer gets head "Content-Length: 40"',
      'peer gets "Unsupported WebSocket version: undefined"',
      'peer has ended',
      'ws has state 3, protocol "", --'
    ],
    native: [
      'ws emits open {} (state 1, protocol "", rw)',
      'peer gets head "HTTP/1.1 101 Web Socket Protocol Handshake"',
      'peer gets head "Upgrade: WebSocket"',
      'peer gets head "Connection: Upgrade"',
      'peer gets head "WebSocket-Location: ws://example.com/chat"',
      'ws has state 1, protocol "", rw'
    ]
  },
  {
    script: 'server-events: throws for an error once all its listeners are removed',
    reason:
      'An error that nobody listens for throws in no case, also when our listener has been taken off with all others.',
    reference: ['uncaught unhandled error event'],
    native: ['peer has ended']
  },
  {
    script: 'server-extensions: reads and writes compressed messages',
    reason: 'The encoder is another one, and its output a byte shorter here; it inflates to the same.',
    reference: ['peer gets text c10b <ca48cdc9c957c840900000>'],
    native: ['peer gets text c10a <ca48cdc9c95740220100>']
  },
  ...['hixie-75', 'hixie-76'].map((draft) => ({
    script: `server-drafts-both: ${draft}: tells messages of the same packet behind a throwing listener`,
    reason: 'A handler that throws loses nothing; the reference loses the rest of the packet.',
    reference: [],
    native: [
      'ws emits data "behind" (state 1, protocol "", rw)',
      'ws emits message {data: "behind"} (state 1, protocol "", rw)'
    ]
  })),
  {
    script: 'server-arguments: pings with what is neither text nor bytes',
    reason: 'It goes out as its string, as with send.',
    reference: [
      /^ws\.ping\(true\) throws RangeError/,
      'peer gets ping 8902 <0102>',
      /^ws\.ping\(\{\}\) throws RangeError/,
      'ws.ping([String]) throws TypeError'
    ],
    native: [
      'ws.ping(true) returns true',
      'peer gets ping 8904 <"true">',
      'peer gets ping 8903 <"1,2">',
      'ws.ping({}) returns true',
      'peer gets ping 890f <"[object Object]">',
      'ws.ping([String]) returns true',
      'peer gets ping 8904 <"text">'
    ]
  },
  {
    script: 'server-arguments: meets a response in the place of a socket',
    reason:
      'No WebSocket opens over a response: the reference answers 200 without a word, and returns the response.',
    reference: ['new WebSocket returns [ServerResponse]'],
    native: [
      'new WebSocket throws TypeError("The response stands where the socket belongs: write server.on(\'upgrade\', (request, socket, head) => …), and in it new WebSocket(request, socket, head)")'
    ]
  }
];
