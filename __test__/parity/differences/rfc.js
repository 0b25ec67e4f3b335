'use strict';

/** Known differences where an RFC says otherwise than the reference does; `../differences.js` says what an entry holds. */

const VERSION = 'The refusal of a version names the one that we speak (RFC 6455, sections 4.2.2 and 4.4).';
const KEY = 'A key that is not 16 bytes in base64 is refused (RFC 6455, section 4.2.1).';
const CODES = 'Codes 1012 to 1014 have been registered with IANA since.';
const TUNNEL = 'Any 2xx opens a tunnel (RFC 9110, section 9.3.6).';
const LIST =
  'Connection is a list of tokens, wherever it is read, and a tab is a blank in it (RFC 9110, section 5.6).';
const MASK = 'A client refuses a frame with a mask (RFC 6455, section 5.1).';

const versionNamed = (script) => ({
  script,
  reason: VERSION,
  reference: [],
  native: ['peer gets head "Sec-WebSocket-Version: 13"']
});

const NO_KEY = 'Invalid handshake request header: Sec-WebSocket-Key';

/** What only the reference shows of a handshake with such a key, and what only ours does. */
const keyTaken = (n, accept) => [
  `ws${n} emits open {} (state 1, protocol "", rw)`,
  `peer${n} gets head "HTTP/1.1 101 Switching Protocols"`,
  `peer${n} gets head "Upgrade: websocket"`,
  `peer${n} gets head "Connection: Upgrade"`,
  `peer${n} gets head "Sec-WebSocket-Accept: ${accept}"`
];
const keyRefused = (n) => [
  `ws${n} emits error {message: "${NO_KEY}"} (state 0, protocol "", rw)`,
  `ws${n} emits end (state 3, protocol "", rw)`,
  `ws${n} emits close {code: 1002, reason: "${NO_KEY}"} (state 3, protocol "", --)`,
  `peer${n} gets head "HTTP/1.1 400 Bad Request"`,
  `peer${n} gets head "Content-Type: text/plain"`,
  `peer${n} gets head "Content-Length: 51"`,
  `peer${n} gets "${NO_KEY}"`,
  `peer${n} has ended`
];

/** A peer's close frames with a code and a reason, and with the code alone. */
const closedWith = (code) => [
  `ws emits close {code: ${code}, reason: "reason"} (state 3, protocol "", --)`,
  `peer gets close 8808 ${code} "reason"`,
  `ws2 emits close {code: ${code}, reason: ""} (state 3, protocol "", --)`,
  `peer2 gets close 8802 ${code} ""`
];

const SERVER_CODES = [1001, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014];

const REQUEST =
  '"GET / HTTP/1.1\\r\\nHost: 127.0.0.1:ORIGIN\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Key: (24 characters)\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n"';

const NOT_UPGRADE = "Error during WebSocket handshake: 'Connection' header value is not 'Upgrade'";
const MASKED = 'Received masked frame but masking is not allowed';

module.exports = [
  ...[
    'server-drafts: meets a request with a version of 8 and keys of hixie-76',
    'server-drafts: meets a request with a key of the RFC and keys of hixie-76',
    'server-events: emits, in order, all names of a refused handshake',
    'server-handshake-faults: answers 400 when the version is missing',
    'server-handshake-faults: answers 400 when the version is 8',
    'server-handshake-faults: answers 400 when the version is 013',
    'server-handshake-faults: answers 400 when the version is a list',
    'server-handshake-faults: returns false from send once the handshake has failed',
    'server-handshake-faults: drops what was queued when the handshake fails',
    'server-handshake-faults: ignores frames behind a request that it refuses',
    'server-tls: refuses a bad handshake'
  ].map(versionNamed),
  {
    script: 'server-handshake-faults: meets an empty key',
    reason: KEY,
    reference: keyTaken('', 'Kfh9QIsMVZcl6xEPYxPHzW8SZ8w='),
    native: keyRefused('')
  },
  {
    script: 'server-handshake-faults: meets keys that are not 16 bytes of base64',
    reason: KEY,
    reference: [
      ...keyTaken('', 'JQHdhQRrQ3pd0VAHx7vMGlEiL+4='),
      ...keyTaken(2, 'V70hMmBqozwhsIKEuOmB5L/LSrI='),
      ...keyTaken(3, 'KjEqZeFklp2CAZi99z62LCowkGY='),
      ...keyTaken(4, '4xDkQxo6fbxNSruKAy6HqRLcvtg=')
    ],
    native: ['', 2, 3, 4].flatMap(keyRefused)
  },
  ...[1012, 1013, 1014].map((code) => ({
    script: `server-close: receives close code ${code}`,
    reason: CODES,
    reference: closedWith(1002),
    native: closedWith(code)
  })),
  {
    script: 'server-close: meets codes with which a server may close',
    reason: 'Those codes are for servers to send (RFC 6455, section 7.4.1, and IANA).',
    reference: SERVER_CODES.map(
      (code, i) =>
        `ws${i === 0 ? '' : i + 1}.close(${code}, "why") throws Error("Failed to execute 'close' on WebSocket: The code must be either 1000, or between 3000 and 4999. ${code} is neither.")`
    ),
    native: SERVER_CODES.flatMap((code, i) => {
      const n = i === 0 ? '' : i + 1;
      return [`ws${n}.close(${code}, "why") returns undefined`, `peer${n} gets close 8805 ${code} "why"`];
    })
  },
  ...['201', '204', '299'].map((status) => ({
    script: `client-proxy: meets ${status}`,
    reason: TUNNEL,
    reference: [
      'ws emits error {message: "Can\'t establish a connection to the server at ws://127.0.0.1:ORIGIN/"} (state 0, protocol "", rw)'
    ],
    native: [`proxy gets ${REQUEST}`]
  })),
  {
    script: 'client-answer: meets a list in Connection',
    reason: LIST,
    reference: [
      `ws emits error {message: "${NOT_UPGRADE}"} (state 0, protocol "", rw, status 101)`,
      'ws emits end (state 3, protocol "", rw, status 101)',
      `ws emits close {code: 1002, reason: "${NOT_UPGRADE}"} (state 3, protocol "", --, status 101)`,
      'origin has ended',
      'ws has state 3, protocol "", --, status 101'
    ],
    native: [
      'ws emits open {} (state 1, protocol "", rw, status 101)',
      'ws has state 1, protocol "", rw, status 101'
    ]
  },
  {
    script: 'server-surface: recognises requests for a WebSocket',
    reason: LIST,
    reference: ['a list with a tab is false'],
    native: ['a list with a tab is true']
  },
  {
    script: 'server-protocols: meets a tab between offers',
    reason: 'A tab is a blank in a list (RFC 9110, section 5.6).',
    reference: ['ws emits open {} (state 1, protocol "", rw)', 'peer gets the usual 101', 'protocol is ""'],
    native: [
      'ws emits open {} (state 1, protocol "y", rw)',
      'peer gets head "HTTP/1.1 101 Switching Protocols"',
      'peer gets head "Upgrade: websocket"',
      'peer gets head "Connection: Upgrade"',
      'peer gets head "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="',
      'peer gets head "Sec-WebSocket-Protocol: y"',
      'peer gets head ""',
      'protocol is "y"'
    ]
  },
  {
    script: 'client-life: meets masked frames',
    reason: MASK,
    reference: [
      'ws emits data "masked" (state 1, protocol "", rw, status 101)',
      'ws emits message {data: "masked"} (state 1, protocol "", rw, status 101)',
      '-- origin sends',
      'ws emits close {code: 1000, reason: "masked"} (state 3, protocol "", --, status 101)',
      'origin gets close 8888 1000 "masked"'
    ],
    native: [
      `ws emits error {message: "${MASKED}"} (state 1, protocol "", rw, status 101)`,
      `ws emits close {code: 1002, reason: "${MASKED}"} (state 3, protocol "", --, status 101)`,
      `origin gets close 88b2 1002 "${MASKED}"`,
      '-- origin sends'
    ]
  }
];
