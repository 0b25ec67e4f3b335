'use strict';

/** Known differences in what a caller passes: arguments, headers, streams; `../differences.js` says what an entry holds. */

const MISPLACED = 'What would be ignored in silence is a TypeError that says where it goes.';
const NUMBERS = 'A number that is none would be an interval of a millisecond.';
const PAIRS = 'Headers may be a Map, Headers, or pairs.';
const CREDENTIALS = 'An empty password is a password, and so is one without a user (RFC 7617, section 2).';
const HOST = 'A client sends the Host of its caller.';
const WORDS = 'The same, and what to write instead.';
const MISSPELT = 'A name that is nearly that of an option would be ignored in silence.';
const ZERO = 'A 0 is an ID, as 17 is.';
const DEAD =
  'A stream that has ended before gives a connection that says so; the reference returns an object without events.';
const BEFORE = 'Headers that were set on the response before are sent.';
const NO_PROTOCOLS = 'An object that names nothing is no protocols, as in a client.';
const SECOND = 'A second WebSocket on one socket would write into the frames of the first.';

module.exports = [
  {
    script: 'client-arguments: meets options where the protocols belong',
    reason: MISPLACED,
    reference: [
      'new Client(url, {headers: {}}, undefined) returns undefined',
      'new Client(url, {ping: 1}, {}) returns undefined',
      'new Client(url, {tls: {}, other: 1}, null) returns undefined'
    ],
    native: [
      'new Client(url, {headers: {}}, undefined) throws TypeError("The option headers stands where protocols belong: write new Client(url, protocols, options), with null for no protocols")',
      'new Client(url, {ping: 1}, {}) throws TypeError("The option ping stands where protocols belong: write new Client(url, protocols, options), with null for no protocols")',
      'new Client(url, {tls: {}, other: 1}, null) throws TypeError("The option tls stands where protocols belong: write new Client(url, protocols, options), with null for no protocols")'
    ]
  },
  {
    script: 'client-arguments: meets a proxy under another name than origin',
    reason: MISPLACED,
    reference: [
      'new Client(url, [], {proxy: {url: "http://127.0.0.1:1"}}) returns undefined',
      'new Client(url, [], {proxy: {host: "127.0.0.1", port: 1}}) returns undefined'
    ],
    native: [
      'new Client(url, [], {proxy: {url: "http://127.0.0.1:1"}}) throws TypeError("The option proxy has url and no origin: write proxy: { origin: \'http://proxy.example.com:8080\' }")',
      'new Client(url, [], {proxy: {host: "127.0.0.1", port: 1}}) throws TypeError("The option proxy has host and no origin: write proxy: { origin: \'http://proxy.example.com:8080\' }")'
    ]
  },
  {
    script: 'client-arguments: meets pings that are no numbers',
    reason: NUMBERS,
    reference: [
      'new Client(url, [], {ping: "30s"}) returns undefined',
      'new Client(url, [], {ping: -1}) returns undefined',
      'new Client(url, [], {ping: Infinity}) returns undefined'
    ],
    native: [
      'new Client(url, [], {ping: "30s"}) throws RangeError("The option ping must be a number of seconds, 0 or more")',
      'new Client(url, [], {ping: -1}) throws RangeError("The option ping must be a number of seconds, 0 or more")',
      'new Client(url, [], {ping: Infinity}) throws RangeError("The option ping must be a number of seconds, 0 or more")'
    ]
  },
  {
    script: 'client-arguments: sends the headers of a Map',
    reason: PAIRS,
    reference: ['origin gets the usual request'],
    native: [
      'origin gets head "GET / HTTP/1.1"',
      'origin gets head "Host: 127.0.0.1:ORIGIN"',
      'origin gets head "Upgrade: websocket"',
      'origin gets head "Connection: Upgrade"',
      'origin gets head "Sec-WebSocket-Key: (24 characters)"',
      'origin gets head "Sec-WebSocket-Version: 13"',
      'origin gets head "X-A: b"',
      'origin gets head ""'
    ]
  },
  {
    script: 'client-arguments: sends headers in pairs',
    reason: PAIRS,
    reference: ['origin gets head "0: X-A,b"'],
    native: ['origin gets head "X-A: b"']
  },
  {
    script: 'client-arguments: meets a proxy in a string',
    reason: MISPLACED,
    reference: ['new Client(url, [], {proxy: "nonsense"}) returns undefined'],
    native: [
      'new Client(url, [], {proxy: "nonsense"}) throws Error("nonsense is not a valid origin of a proxy")'
    ]
  },
  {
    script: 'client-arguments: meets what is no proxy, and names beside its origin',
    reason: MISPLACED,
    reference: [
      'new Client(url, [], {proxy: true}) returns undefined',
      'new Client(url, [], {proxy: ["http://127.0.0.1:1"]}) returns undefined',
      'new Client(url, [], {proxy: {origin: "http://127.0.0.1:1", auth: "user:word"}}) returns undefined',
      'new Client(url, [], {proxy: {origin: "http://127.0.0.1:1", header: {}}}) returns undefined'
    ],
    native: [
      'new Client(url, [], {proxy: true}) throws TypeError("The option proxy must be \'env\', a URL, or an object with an origin, not true")',
      'new Client(url, [], {proxy: ["http://127.0.0.1:1"]}) throws TypeError("The option proxy must be \'env\', a URL, or an object with an origin, not http://127.0.0.1:1")',
      'new Client(url, [], {proxy: {origin: "http://127.0.0.1:1", auth: "user:word"}}) throws TypeError("The option proxy has no auth: write proxy: { origin: \'http://user:password@host:port\' }")',
      'new Client(url, [], {proxy: {origin: "http://127.0.0.1:1", header: {}}}) throws TypeError("The option proxy has no header: write headers")'
    ]
  },
  {
    script: 'client-arguments: meets net and tls that are no objects',
    reason: WORDS,
    reference: [
      `new Client(url, [], {tls: "x"}) throws TypeError("Cannot create property 'host' on string 'x'")`,
      `new Client(url, [], {tls: true}) throws TypeError("Cannot create property 'host' on boolean 'true'")`,
      `new Client(url, [], {tls: 5}) throws TypeError("Cannot create property 'host' on number '5'")`
    ],
    native: ['x', 'true', '5'].map((value) => {
      const shown = value === 'x' ? '"x"' : value;
      return `new Client(url, [], {tls: ${shown}}) throws TypeError("The option tls must be an object, not ${value}")`;
    })
  },
  {
    script: 'client-arguments: meets true for a number',
    reason: NUMBERS,
    reference: ['new Client(url, [], {ping: true}) returns undefined'],
    native: [
      'new Client(url, [], {ping: true}) throws RangeError("The option ping must be a number of seconds, 0 or more")'
    ]
  },
  {
    script: 'client-arguments: meets headers that are no pairs',
    reason: PAIRS,
    reference: [
      'new Client(url, [], {headers: "X-A: b"}) returns undefined',
      'new Client(url, [], {headers: ["X-A", "b"]}) returns undefined'
    ],
    native: [
      'new Client(url, [], {headers: "X-A: b"}) throws TypeError("Headers are an object, or pairs of a name and a value: write { \'X-Name\': \'value\' }")',
      'new Client(url, [], {headers: ["X-A", "b"]}) throws TypeError("Headers are an object, or pairs of a name and a value: write { \'X-Name\': \'value\' }")'
    ]
  },
  {
    script: 'client-arguments: meets options that are no object',
    reason: MISPLACED,
    // Our other ways to the wire are chosen by an option, so that there is an object.
    only: 'native',
    reference: ['new Client(url, [], 5) returns undefined', 'new Client(url, [], true) returns undefined'],
    native: [
      'new Client(url, [], 5) throws TypeError("Options are an object, not a number")',
      'new Client(url, [], true) throws TypeError("Options are an object, not a boolean")'
    ]
  },
  {
    script: 'server-api: meets a callback of a ping that is no function',
    reason: 'It would be called, and throw, when the pong comes.',
    reference: ['ws.ping("x", "callback") returns true', 'peer gets ping 8901 <"x">'],
    native: [
      'ws.ping("x", "callback") throws TypeError("The callback of a ping must be a function: write ping(message, callback)")'
    ]
  },
  {
    script: 'client-request: meets a user without a password',
    reason: CREDENTIALS,
    reference: ['origin gets the usual request'],
    native: [
      'origin gets head "GET / HTTP/1.1"',
      'origin gets head "Host: 127.0.0.1:ORIGIN"',
      'origin gets head "Upgrade: websocket"',
      'origin gets head "Connection: Upgrade"',
      'origin gets head "Sec-WebSocket-Key: (24 characters)"',
      'origin gets head "Sec-WebSocket-Version: 13"',
      'origin gets head "Authorization: Basic dXNlcjo="',
      'origin gets head ""'
    ]
  },
  {
    script: 'client-request: meets a password without a user',
    reason: CREDENTIALS,
    reference: ['origin gets the usual request'],
    native: [
      'origin gets head "GET / HTTP/1.1"',
      'origin gets head "Host: 127.0.0.1:ORIGIN"',
      'origin gets head "Upgrade: websocket"',
      'origin gets head "Connection: Upgrade"',
      'origin gets head "Sec-WebSocket-Key: (24 characters)"',
      'origin gets head "Sec-WebSocket-Version: 13"',
      'origin gets head "Authorization: Basic OnNlY3JldA=="',
      'origin gets head ""'
    ]
  },
  {
    script: 'client-request: meets a Host of the caller',
    reason: HOST,
    reference: ['origin gets the usual request'],
    native: [
      'origin gets head "GET / HTTP/1.1"',
      'origin gets head "Host: other.example"',
      'origin gets head "Upgrade: websocket"',
      'origin gets head "Connection: Upgrade"',
      'origin gets head "Sec-WebSocket-Key: (24 characters)"',
      'origin gets head "Sec-WebSocket-Version: 13"',
      'origin gets head ""'
    ]
  },
  {
    script: 'client-request: throws for schemes that are not of WebSockets',
    reason: WORDS,
    reference: [
      'new Client("http://127.0.0.1/") throws Error("http://127.0.0.1/ is not a valid WebSocket URL")',
      'new Client("https://127.0.0.1/") throws Error("https://127.0.0.1/ is not a valid WebSocket URL")',
      'new Client("ftp://127.0.0.1/") throws Error("ftp://127.0.0.1/ is not a valid WebSocket URL")',
      'new Client("javascript:1") throws Error("javascript:1 is not a valid WebSocket URL")'
    ],
    native: [
      'new Client("http://127.0.0.1/") throws Error("http://127.0.0.1/ is not a valid WebSocket URL: write ws://127.0.0.1/")',
      'new Client("https://127.0.0.1/") throws Error("https://127.0.0.1/ is not a valid WebSocket URL: write wss://127.0.0.1/")',
      'new Client("ftp://127.0.0.1/") throws Error("ftp://127.0.0.1/ is not a valid WebSocket URL: write ws://host:port/path, or wss://host:port/path for TLS")',
      'new Client("javascript:1") throws Error("javascript:1 is not a valid WebSocket URL: write ws://host:port/path, or wss://host:port/path for TLS")'
    ]
  },
  {
    script: 'eventsource: meets a stream that is gone',
    reason: DEAD,
    reference: ['es has state 0, -w', 'es emits close {} (state 3, --)', 'es.close() returns true'],
    native: ['es emits close {} (state 3, --)', 'es has state 3, --', 'es.close() returns false']
  },
  {
    script: 'eventsource: meets headers that were set on the response before',
    reason: BEFORE,
    reference: [],
    native: ['peer gets head "X-Before: a"']
  },
  {
    script: 'eventsource: meets headers that were written on the response before',
    reason: BEFORE,
    reference: [],
    native: ['peer gets head "X-Before: a"']
  },
  {
    script: 'eventsource: meets numbers that are none',
    reason: NUMBERS,
    reference: ['{ping: "30s"} returns 0', '{retry: -1} returns 0', '{retry: "30s"} returns 0'],
    native: [
      '{ping: "30s"} throws RangeError("The option ping must be a number of seconds, 0 or more")',
      '{retry: -1} throws RangeError("The option retry must be a number of seconds, 0 or more")',
      '{retry: "30s"} throws RangeError("The option retry must be a number of seconds, 0 or more")'
    ]
  },
  {
    script: 'eventsource: meets names that are nearly options',
    reason: MISSPELT,
    reference: [
      '{pings: 1} returns 0',
      '{retyr: 1} returns 0',
      '{header: {}} returns 0',
      '{id: 1} returns 0',
      '{app: 1} returns 0'
    ],
    native: [
      '{pings: 1} throws TypeError("Unrecognized option: pings: write ping")',
      '{retyr: 1} throws TypeError("Unrecognized option: retyr: write retry")',
      '{header: {}} throws TypeError("Unrecognized option: header: write headers")',
      '{id: 1} throws TypeError("The option id belongs to a message: write eventSource.send(message, { id })")',
      '{app: 1} returns 3'
    ]
  },
  {
    script: 'eventsource: sends ids',
    reason: ZERO,
    reference: ['peer gets "data: x\\r\\n\\r\\n"'],
    native: ['peer gets "id: 0\\r\\ndata: x\\r\\n\\r\\n"']
  },
  {
    script: 'server-arguments: speaks no protocol for an empty object',
    reason: NO_PROTOCOLS,
    reference: ['the constructor throws TypeError', 'peer has ended'],
    native: ['ws emits open {} (state 1, protocol "", rw)', 'peer gets the usual 101']
  },
  {
    script: 'server-arguments: meets options where the protocols belong',
    reason: MISPLACED,
    reference: ['ws emits open {} (state 1, protocol "", rw)', 'peer gets the usual 101'],
    native: [
      'the constructor throws TypeError("The option ping stands where protocols belong: write new WebSocket(request, socket, head, protocols, options), with null for no protocols")',
      'peer has ended'
    ]
  },
  {
    script: 'server-arguments: meets pings that are no numbers',
    reason: NUMBERS,
    reference: [
      'ws emits open {} (state 1, protocol "", rw)',
      'peer gets the usual 101',
      '-- ws calls close',
      'ws.close() returns undefined',
      'peer gets close 8802 1000 ""',
      'ws2 emits open {} (state 1, protocol "", rw)',
      'peer2 gets the usual 101',
      '-- ws2 calls close',
      'ws2.close() returns undefined',
      'peer2 gets close 8802 1000 ""'
    ],
    native: [
      'the constructor throws RangeError("The option ping must be a number of seconds, 0 or more")',
      'peer has ended',
      'the constructor throws RangeError("The option ping must be a number of seconds, 0 or more")',
      'peer2 has ended'
    ]
  },
  {
    script: 'server-arguments: meets headers in a Map',
    reason: PAIRS,
    reference: ['peer gets the usual 101'],
    native: [
      'peer gets head "HTTP/1.1 101 Switching Protocols"',
      'peer gets head "X-A: b"',
      'peer gets head "Upgrade: websocket"',
      'peer gets head "Connection: Upgrade"',
      'peer gets head "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="',
      'peer gets head ""'
    ]
  },
  {
    script: 'server-arguments: meets headers in pairs',
    reason: PAIRS,
    reference: ['peer gets head "0: X-A,b"'],
    native: ['peer gets head "X-A: b"']
  },
  {
    script: 'server-arguments: meets a URL in the place of a request',
    reason: WORDS,
    reference: ['new WebSocket throws TypeError'],
    native: [
      'new WebSocket throws TypeError("new WebSocket(request, socket, head) needs the request of an HTTP server\'s \\"upgrade\\" event; to connect to a server, write new WebSocket.Client(url, protocols, options)")'
    ]
  },
  {
    script: 'server-arguments: meets a second WebSocket on one socket',
    reason: SECOND,
    reference: [
      'the second returns [WebSocket]',
      'peer gets close 4854 21584 "/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSock"',
      'peer gets 43 bytes that are no whole frames'
    ],
    native: [
      'the second throws Error("The socket belongs to a WebSocket or an EventSource already: make one for each request")'
    ]
  },
  {
    script: 'server-handshake-faults: meets a server when the stream is missing',
    reason: DEAD,
    reference: [
      'readyState is undefined',
      'readable is undefined',
      'readyState is undefined',
      'readable is undefined'
    ],
    native: ['readyState is 3', 'readable is true', 'readyState is 3', 'readable is true']
  },
  {
    script: 'server-handshake-faults: meets a server when the stream is already destroyed',
    reason: DEAD,
    reference: ['readyState is undefined', 'protocol is undefined', 'url is undefined'],
    native: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1006, reason: ""} (state 3, protocol "", --)',
      'readyState is 3',
      'protocol is ""',
      'url is "ws://example.com/chat"'
    ]
  },
  {
    script: 'server-handshake-faults: meets a server when the stream has been ended',
    reason: DEAD,
    reference: ['readyState is undefined'],
    native: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1006, reason: ""} (state 3, protocol "", --)',
      'readyState is 3'
    ]
  },
  {
    script: 'server-handshake-faults: meets a stream that was gone from the start',
    reason: DEAD,
    reference: [],
    native: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1006, reason: ""} (state 3, protocol "", --)'
    ]
  },
  {
    script: 'server-handshake-faults: closes when the peer is gone before the answer',
    reason: DEAD,
    reference: [],
    native: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1006, reason: ""} (state 3, protocol "", --)'
    ]
  }
];
