'use strict';

/** Known differences of the client role; `../differences.js` says what an entry holds. */

const INJECTION = 'Line breaks and NUL in what a caller passes would forge headers: they are refused.';
const LIMIT = 'The head of an answer may have 16 KiB, as with Node; the reference keeps it without a limit.';
const REFUSED_PROXY =
  'A proxy that refuses ends the connection, and the error says why; the reference stays connecting for ever.';

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

/** What ends the message for a URL whose meaning nobody can guess. */
const ANY_URL = ': write ws://host:port/path, or wss://host:port/path for TLS';

/** What a client throws for a URL that is none, with what ours says to write instead. */
const badURL = (shown, url = shown, instead = '') =>
  `new Client(${shown}) throws Error("${url} is not a valid WebSocket URL${instead}")`;

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

/** The error of a proxy that refuses. */
const unreachable = (scheme, why = '') =>
  `ws emits error {message: "Can't establish a connection to the server at ${scheme}://127.0.0.1:ORIGIN/${why}"} (state 0, protocol "", rw)`;

/** An entry for a proxy that refuses, and why. */
const refusedProxy = (script, why, scheme = 'ws') => ({
  script: `client-proxy: ${script}`,
  reason: REFUSED_PROXY,
  reference: [unreachable(scheme), 'ws has state 0, protocol "", rw'],
  native: [
    unreachable(scheme, `: ${why}`),
    'ws emits end (state 3, protocol "", rw)',
    'ws emits close {code: 1006, reason: ""} (state 3, protocol "", --)',
    'proxy has ended',
    'ws has state 3, protocol "", --'
  ]
});

/** An entry for a connection that ends before there is an answer. */
const endsEarly = (script, url, why) => ({
  script,
  reason: 'A connection that ends before it is open has failed: an error says so; the reference only closes.',
  reference: [],
  native: [
    `ws emits error {message: "Can't establish a connection to the server at ${url}${why}"} (state 0, protocol "", rw)`
  ]
});

const ANSWERED = 'Unexpected response code of the proxy:';
const CREDENTIALS =
  ", so write a user and a password that it knows: proxy: { origin: 'http://user:password@host:port' }";

const UNANSWERED = ': the connection ended before the server had answered';

module.exports = [
  endsEarly(
    'client-answer: closes when the origin ends without an answer',
    'ws://127.0.0.1:ORIGIN/',
    UNANSWERED
  ),
  endsEarly(
    'client-answer: closes when the origin ends in the middle of its answer',
    'ws://127.0.0.1:ORIGIN/',
    UNANSWERED
  ),
  endsEarly('client-proxy: closes when the proxy ends without an answer', 'ws://127.0.0.1:ORIGIN/', ''),
  endsEarly(
    'client-tls: reports an origin that ends during the TLS handshake',
    'wss://127.0.0.1:PLAIN/',
    UNANSWERED
  ),

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

  refusedProxy('is refused with 403', `${ANSWERED} 403`),
  refusedProxy('is refused with 407', `${ANSWERED} 407${CREDENTIALS}`),
  refusedProxy('is refused with 502', `${ANSWERED} 502`),
  refusedProxy('is refused for a wss origin', `${ANSWERED} 403`, 'wss'),
  refusedProxy('is refused by an https proxy', `${ANSWERED} 403`),
  refusedProxy(
    'meets an answer of the proxy that is not HTTP',
    'Error in the answer of the proxy: Parse Error'
  ),
  {
    script: 'client-proxy: reports a proxy of a scheme that is none',
    reason: 'Both throw; ours says what is wrong.',
    reference: [/^new Client throws TypeError\(/],
    native: ['new Client throws Error("nonsense is not a valid origin of a proxy")']
  },

  {
    script: 'client-request: asks for a URL with a fragment',
    reason: 'RFC 6455 section 3 forbids fragments; the reference leaves them out in silence.',
    reference: requestWith('origin', '"GET /a?b HTTP/1.1"', ...REQUEST.slice(1), '""'),
    native: [
      /^the constructor throws Error\("ws:.*#c is not a valid WebSocket URL: remove the fragment #c"\)/
    ]
  },
  ...[
    ['with a blank inside', 'chat room'],
    ['twice', 'chat, chat']
  ].map(([what, value]) => ({
    script: `client-hostile: meets a protocol ${what}`,
    reason: 'RFC 6455 section 4.1 has subprotocols be tokens, each once; the reference sends anything.',
    reference: requestWith('origin', ...REQUEST, `"Sec-WebSocket-Protocol: ${value}"`, '""'),
    native: [/^the constructor throws TypeError\(.*Subprotocol/]
  })),
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
    reason: 'Both throw for null; ours in the words for any other bad URL. All end in what to write instead.',
    reference: [
      badURL('undefined'),
      'new Client(null) throws TypeError',
      badURL('17'),
      badURL('{}', '[object Object]')
    ],
    native: [
      badURL('undefined', 'undefined', ANY_URL),
      badURL('null', 'null', ANY_URL),
      badURL('17', '17', ': write ws://localhost:17/'),
      badURL('{}', '[object Object]', ANY_URL)
    ]
  },
  {
    script: 'client-request: throws for what is no URL',
    reason: 'The same, and what to write instead.',
    reference: ['', 'nonsense', '/path', '//127.0.0.1/', 'ws:', 'ws://'].map((url) =>
      badURL(`"${url}"`, url)
    ),
    native: [
      ['', ANY_URL],
      ['nonsense', ANY_URL],
      ['/path', ': write ws://localhost:8000/path'],
      ['//127.0.0.1/', ': write ws://127.0.0.1/'],
      ['ws:', ANY_URL],
      ['ws://', ANY_URL]
    ].map(([url, instead]) => badURL(`"${url}"`, url, instead))
  },
  {
    script: 'client-answer: refuses an answer of another version of HTTP',
    reason:
      'Only HTTP/1.x can answer an upgrade (RFC 6455 section 4.1); both refuse, ours without a status that it could not read.',
    reference: [
      'ws emits error {message: "Error during WebSocket handshake: \'Upgrade\' header is missing"} (state 0, protocol "", rw, status 101)',
      'ws emits end (state 3, protocol "", rw, status 101)',
      'ws emits close {code: 1002, reason: "Error during WebSocket handshake: \'Upgrade\' header is missing"} (state 3, protocol "", --, status 101)',
      'ws has state 3, protocol "", --, status 101',
      'statusCode is 101'
    ],
    native: [
      'ws emits error {message: "Error during WebSocket handshake: Parse Error"} (state 0, protocol "", rw)',
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1002, reason: "Error during WebSocket handshake: Parse Error"} (state 3, protocol "", --)',
      'ws has state 3, protocol "", --',
      'statusCode is undefined'
    ]
  },
  {
    script: 'client-answer: refuses 100 before the answer',
    reason:
      'An interim response may come before the answer (RFC 9110 section 15.2): ours waits for the one that counts.',
    reference: [
      'ws emits error {message: "Error during WebSocket handshake: Unexpected response code: 100"} (state 0, protocol "", rw, status 100)',
      'ws emits end (state 3, protocol "", rw, status 100)',
      'ws emits close {code: 1002, reason: "Error during WebSocket handshake: Unexpected response code: 100"} (state 3, protocol "", --, status 100)',
      'origin has ended',
      'ws has state 3, protocol "", --, status 100',
      'statusCode is 100',
      'names of headers is ["upgrade", "connection", "sec-websocket-accept"]'
    ],
    native: ['ws has state 0, protocol "", rw', 'statusCode is undefined']
  },
  {
    script: 'client-answer: refuses 1010',
    reason:
      'A status code has three digits (RFC 9112 section 4); the reference reads the first three and opens.',
    reference: [
      'ws emits open {} (state 1, protocol "", rw, status 101)',
      'ws has state 1, protocol "", rw, status 101',
      'statusCode is 101',
      'names of headers is ["upgrade", "connection", "sec-websocket-accept"]'
    ],
    native: [
      'ws emits error {message: "Error during WebSocket handshake: Parse Error"} (state 0, protocol "", rw)',
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1002, reason: "Error during WebSocket handshake: Parse Error"} (state 3, protocol "", --)',
      'origin has ended',
      'ws has state 3, protocol "", --',
      'statusCode is undefined',
      'names of headers is []'
    ]
  },
  {
    script: 'client-hostile: meets NUL in a header',
    reason: 'NUL in a field value is not valid HTTP (RFC 9110 section 5.5).',
    reference: [
      'ws emits open {} (state 1, protocol "", rw, status 101)',
      'ws has state 1, protocol "", rw, status 101'
    ],
    native: [
      'ws emits error {message: "Error during WebSocket handshake: Parse Error"} (state 0, protocol "", rw)',
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1002, reason: "Error during WebSocket handshake: Parse Error"} (state 3, protocol "", --)',
      'origin has ended',
      'ws has state 3, protocol "", --'
    ]
  },
  {
    script: 'client-hostile: meets bytes outside ASCII in a header',
    reason:
      "Values of headers are Latin-1, as in Node's http; the reference drops the highest bit of each byte.",
    reference: ['x-utf8 is "cafC)"'],
    native: ['x-utf8 is "cafÃ©"']
  },
  {
    script: 'client-hostile: meets a body of an answer that opens',
    reason:
      'A 101 has no body (RFC 9110 section 6.4.1): what follows are frames, whatever Content-Length says.',
    reference: [],
    native: [
      'ws emits data "abc" (state 1, protocol "", rw, status 101)',
      'ws emits message {data: "abc"} (state 1, protocol "", rw, status 101)'
    ]
  },
  {
    script: 'client-hostile: meets an empty protocol',
    reason:
      'An empty string is not a subprotocol: no header is sent for it, as a header without a token is invalid.',
    reference: [
      'origin gets head "GET / HTTP/1.1"',
      'origin gets head "Host: 127.0.0.1:ORIGIN"',
      'origin gets head "Upgrade: websocket"',
      'origin gets head "Connection: Upgrade"',
      'origin gets head "Sec-WebSocket-Key: (24 characters)"',
      'origin gets head "Sec-WebSocket-Version: 13"',
      'origin gets head "Sec-WebSocket-Protocol: "',
      'origin gets head ""'
    ],
    native: ['origin gets the usual request']
  },
  {
    script: 'client-request: takes a URL object',
    reason: 'An addition: a URL object stands for its href.',
    reference: [
      'the constructor throws TypeError("The \\"url\\" argument must be of type string. Received an instance of URL")'
    ],
    native: ['origin gets the usual request']
  },
  {
    script: 'client-life: hears a peer that does not read what is sent to it',
    reason:
      'Reading goes on while the peer does not read: two ends of the reference that both send much wait for ever.',
    reference: [],
    native: [
      'ws emits data "two" (state 1, protocol "", rw, status 101)',
      'ws emits message {data: "two"} (state 1, protocol "", rw, status 101)'
    ]
  },
  {
    script: 'client-request: meets credentials that are percent-encoded',
    reason: 'What is percent-encoded in a URL stands for what it says, in a browser and in ws too.',
    reference: ['origin gets head "Authorization: Basic dXMlMjBlcjpwJUMzJUE0JTQw"'],
    native: ['origin gets head "Authorization: Basic dXMgZXI6cMOkQA=="']
  },
  {
    script: 'client-arguments: takes protocols of a string in an object',
    reason: 'A string in an object is one, as for a server.',
    reference: ['the constructor throws TypeError'],
    native: [
      'origin gets head "GET / HTTP/1.1"',
      'origin gets head "Host: 127.0.0.1:ORIGIN"',
      'origin gets head "Upgrade: websocket"',
      'origin gets head "Connection: Upgrade"',
      'origin gets head "Sec-WebSocket-Key: (24 characters)"',
      'origin gets head "Sec-WebSocket-Version: 13"',
      'origin gets head "Sec-WebSocket-Protocol: b, a"',
      'origin gets head ""'
    ]
  }
];
