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

module.exports = [
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
  }
];
