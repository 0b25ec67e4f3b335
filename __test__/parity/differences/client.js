'use strict';

/** Known differences of the client role; `../differences.js` says what an entry holds. */

const INJECTION = 'Line breaks and NUL in what a caller passes would forge headers: they are refused.';
const LIMIT = 'The head of an answer may have 16 KiB, as with Node; the reference keeps it without a limit.';
const REFUSED_PROXY = 'A proxy that refuses ends the connection; the reference stays connecting for ever.';

/** What only the reference sends where ours refuses the arguments. */
const requestWith = (peer, ...lines) => lines.map((line) => `${peer} gets head ${line}`);

const REQUEST = [
  '"GET / HTTP/1.1"',
  '"Host: 127.0.0.1:ORIGIN"',
  '"Upgrade: websocket"',
  '"Connection: Upgrade"',
  '"Sec-WebSocket-Key: (24 characters)"',
  '"Sec-WebSocket-Version: 13"'
];

const CONNECT = [
  '"CONNECT 127.0.0.1:ORIGIN HTTP/1.1"',
  '"Host: 127.0.0.1:ORIGIN"',
  '"Connection: keep-alive"',
  '"Proxy-Connection: keep-alive"'
];

/** An entry for an argument that ours refuses with a TypeError whose words match. */
const refused = (script, pattern, reference) => ({
  script: `client-hostile: meets ${script}`,
  reason: INJECTION,
  reference,
  native: [pattern]
});

/** An entry for an answer whose head is over the limit; the reference opens, waits, or finds another fault. */
const overLimit = (script, reference) => ({
  script: `client-hostile: meets ${script}`,
  reason: LIMIT,
  reference,
  native: [
    'ws emits error {message: "Error during WebSocket handshake: max header size exceeded"} (state 0, protocol "", rw)',
    'ws emits end (state 3, protocol "", rw)',
    'ws emits close {code: 1002, reason: "Error during WebSocket handshake: max header size exceeded"} (state 3, protocol "", --)',
    'ws has state 3, protocol "", --'
  ]
});

const OPENS = [
  'ws emits open {} (state 1, protocol "", rw, status 101)',
  'ws has state 1, protocol "", rw, status 101'
];

/** An entry for a proxy that refuses. */
const refusedProxy = (script) => ({
  script: `client-proxy: ${script}`,
  reason: REFUSED_PROXY,
  reference: ['ws has state 0, protocol "", rw'],
  native: [
    'ws emits end (state 3, protocol "", rw)',
    'ws emits close {code: 1006, reason: ""} (state 3, protocol "", --)',
    'proxy has ended',
    'ws has state 3, protocol "", --'
  ]
});

module.exports = [
  refused('an own header value with CR LF', /^the constructor throws TypeError\(.*X-A/, [
    ...requestWith('origin', ...REQUEST, '"X-A: b"', '"X-Forged: yes"', '""')
  ]),
  refused('an own header name with CR LF', /^the constructor throws TypeError\(.*X-A/, [
    ...requestWith('origin', ...REQUEST, '"X-A: b"', '"X-Forged: yes"', '""')
  ]),
  refused('an own header value with NUL', /^the constructor throws TypeError\(.*X-A/, [
    ...requestWith('origin', ...REQUEST, '"X-A: b\\u0000"', '""')
  ]),
  refused('a protocol with CR LF', /^the constructor throws TypeError\(.*chat/, [
    ...requestWith('origin', ...REQUEST, '"Sec-WebSocket-Protocol: chat"', '"X-Forged: yes"', '""')
  ]),
  refused('a header for the proxy with CR LF', /^the constructor throws TypeError\(.*X-A/, [
    ...requestWith('proxy', ...CONNECT, '"X-A: b"', '"X-Forged: yes"', '""')
  ]),

  overLimit('a head of 17000 bytes', OPENS),
  overLimit('a head of 70000 bytes', OPENS),
  overLimit('a head that never ends', ['ws has state 0, protocol "", rw']),
  overLimit('a status line of 100000 bytes', [
    'ws emits error {message: "Error during WebSocket handshake: \'Upgrade\' header is missing"} (state 0, protocol "", rw, status 101)',
    'ws emits end (state 3, protocol "", rw, status 101)',
    'ws emits close {code: 1002, reason: "Error during WebSocket handshake: \'Upgrade\' header is missing"} (state 3, protocol "", --, status 101)',
    'ws has state 3, protocol "", --, status 101'
  ]),

  {
    script: 'client-hostile: meets line breaks in the credentials',
    reason:
      'Credentials of a URL are percent-decoded before they are sent; inside base64 they can forge nothing.',
    reference: ['origin gets head "Authorization: Basic dXMlMEQlMEFlcjpzZWNyZXQ="'],
    native: ['origin gets head "Authorization: Basic dXMNCmVyOnNlY3JldA=="']
  },

  ...['is refused with 403', 'is refused with 407', 'is refused with 502', 'is refused with 201'].map(
    refusedProxy
  ),
  ...['is refused for a wss origin', 'is refused by an https proxy'].map(refusedProxy),
  refusedProxy('meets an answer of the proxy that is not HTTP'),
  {
    script: 'client-proxy: reports a proxy of a scheme that is none',
    reason: 'Both throw; ours says what is wrong.',
    reference: [/^new Client throws TypeError\(/],
    native: ['new Client throws Error("nonsense is not a valid origin of a proxy")']
  },

  {
    script: 'client-request: takes options for its plain socket',
    reason: 'The option net is accepted; the reference reads it and yet refuses it as unknown.',
    reference: ['the constructor throws Error("Unrecognized option: net")'],
    native: ['origin gets the usual request']
  },
  {
    script: 'client-request: leaves the options of the caller as they were',
    reason: 'Option objects of the caller are never altered.',
    reference: ['tls is {host: "127.0.0.1", port: "ORIGIN", ca: undefined, servername: "127.0.0.1"}'],
    native: ['tls is {}']
  },
  {
    script: 'client-request: throws without a URL',
    reason: 'Both throw for null; ours in the words for any other bad URL.',
    reference: ['new Client(null) throws TypeError'],
    native: ['new Client(null) throws Error("null is not a valid WebSocket URL")']
  }
];
