'use strict';

// Typical mistakes of somebody who is new to the package, or comes from another one: each message says what to write instead.

const assert = require('node:assert');
const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const driver = require('../driver');
const native = require('../lib/native');

const { Client, EventSource, deflate } = WebSocket;
const URL_OF_NOBODY = 'ws://127.0.0.1:1/';
const REQUEST = { method: 'GET', url: '/', headers: {} };

/** A client's options. */
const client = (options) => () => new Client(URL_OF_NOBODY, [], options);

/** What is written, by what is said of it. */
const MISTAKES = [
  ['a Client without new', () => Client(URL_OF_NOBODY), /: write new Client\(url, protocols, options\)/],
  ['a method of WebSocket', () => WebSocket.Client(URL_OF_NOBODY), /: write new Client\(/],
  ['a WebSocket without new', () => WebSocket(REQUEST, null), /: write new WebSocket\(request, socket, head/],
  [
    'an EventSource without new',
    () => EventSource(REQUEST, {}),
    /: write new EventSource\(request, response/
  ],
  ['the URL of a server', () => new WebSocket(URL_OF_NOBODY), /write new WebSocket\.Client\(url/],
  [
    'the head for a socket',
    () => new WebSocket(REQUEST, Buffer.alloc(0)),
    /head stands where the socket belongs/
  ],
  [
    'the response for a socket',
    () => new WebSocket(REQUEST, new http.ServerResponse(REQUEST)),
    /^The response stands where the socket belongs: write server\.on\('upgrade', /
  ],
  [
    'a URL for an EventSource',
    () => new EventSource('http://127.0.0.1/'),
    /write new EventSource\(request, resp/
  ],
  ['no URL', () => new Client(), /^undefined is not a valid WebSocket URL: write ws:\/\/host:port\/path, or/],
  ['an object for a URL', () => new Client({ host: 'a' }), /: write ws:\/\/host:port\/path, or wss:/],
  [
    'a listener for the protocols',
    () => new Client(URL_OF_NOBODY, () => {}),
    /^A function stands where protocols belong: write new Client\(url, protocols/
  ],
  [
    'a request alone',
    () => new WebSocket(REQUEST),
    /^The socket is missing: write new WebSocket\(request, s/
  ],
  [
    'the same of an EventSource',
    () => EventSource.isEventSource(),
    /^isEventSource\(request\) needs the request/
  ],
  [
    'a question about a request without headers',
    () => EventSource.isEventSource({ method: 'GET', url: '/' }),
    /^isEventSource\(request\) needs the request/
  ],
  [
    'a driver for nothing',
    () => driver.http(),
    /^http\(request, options\) needs the request of an HTTP server/
  ],
  [
    'a driver for a socket',
    () => driver.http({ destroyed: false }),
    /^http\(request, options\) needs the req/
  ],
  ['a question about nothing', () => WebSocket.isWebSocket(), /^isWebSocket\(request\) needs the request of/],
  [
    'a question about a socket',
    () => WebSocket.isWebSocket({ destroyed: false }),
    /^isWebSocket\(request\) needs/
  ],
  ['options in a number', client(5), /^Options are an object, not a number$/],
  ['a function for options', client(() => {}), /^Options are an object, not a function$/],
  [
    'options in an array',
    client([{ ping: 1 }]),
    /^Unrecognized option: 0: options are an object, not an array$/
  ],
  ['headers in a string', client({ headers: 'X-A: b' }), /^Headers are an object, or pairs/],
  ['headers in a flat list', client({ headers: ['X-A', 'b'] }), /^Headers are an object, or pairs/],
  [
    'headers in pairs, one of which is none',
    client({ headers: [['A', 'b'], ['C']] }),
    /^Headers are an object, or/
  ],
  [
    'an option of servers',
    client({ allowDrafts: true }),
    /^Unrecognized option: allowDrafts: it is an option of servers$/
  ],
  ['an option of messages', client({ compress: false }), /: write ws\.send\(data, \{ compress: false \}\)$/],
  ['a property among the options', client({ binaryType: 'blob' }), /: set the property ws\.binaryType$/],
  [
    'an option of net',
    client({ lookup: () => {} }),
    /: write net: \{ lookup \}, for wss: tls: \{ lookup \}$/
  ],
  ['the heartbeat of Socket.IO', client({ pingInterval: 25000 }), /: write ping, in seconds$/],
  ['its other half', client({ pingTimeout: 20000 }), /: write pongTimeout, in seconds$/],
  ['the limit of Bun', client({ maxBackpressure: 1 }), /: write maxBufferedAmount$/],
  [
    'a symbol for a time',
    client({ pongTimeout: Symbol('s') }),
    /^The option pongTimeout must be a number of seconds/
  ],
  ['a symbol for a length', client({ maxLength: Symbol('s') }), /^The option maxLength must be /],
  ['true for a time', client({ pongTimeout: true }), /^The option pongTimeout must be a number of seconds/],
  ['true for an interval', client({ ping: true }), /^The option ping must be a number of seconds/],
  [
    'true for a number of bytes',
    client({ maxBufferedAmount: true }),
    /^The option maxBufferedAmount must be a num/
  ],
  ['true for a count', client({ maxRedirects: true }), /^The option maxRedirects must be a whole number/],
  [
    'true for compression',
    client({ deflate: true }),
    /for compression write extensions: \[WebSocket\.deflate\]$/
  ],
  [
    'a proxy that is true',
    client({ proxy: true }),
    /^The option proxy must be 'env', a URL, or an object .* not true$/
  ],
  ['a proxy in capitals', client({ proxy: 'ENV' }), /: write 'env' for that of the environment$/],
  ['a proxy without a scheme', client({ proxy: 'localhost:3128' }), /: write http:\/\/localhost:3128$/],
  [
    'a SOCKS proxy',
    client({ proxy: 'socks5://localhost:1080' }),
    /: give the option agent an agent for SOCKS/
  ],
  [
    'credentials of a proxy beside its origin',
    client({ proxy: { origin: 'http://localhost:1', auth: 'user:word' } }),
    /^The option proxy has no auth: write proxy: \{ origin: 'http:\/\/user:password@/
  ],
  [
    'a misspelt option of a proxy',
    client({ proxy: { origin: 'http://localhost:1', header: {} } }),
    /^The option proxy has no header: write headers$/
  ],
  ['an agent for TLS without it', client({ agent: new https.Agent() }), /for ws: write new http\.Agent\(\)$/],
  ['another option for prepare', () => WebSocket.prepare('x', { binry: true }), /: write binary$/],
  [
    'true for the options of prepare',
    () => WebSocket.prepare('x', true),
    /^Options are an object, not a boolean$/
  ],
  ['a misspelt option of broadcast', () => WebSocket.broadcast([], 'x', { exept: [] }), /: write except$/],
  ['options in a string', client('ping'), /^Unrecognized option: 0: options are an object, not a string$/],
  ['the same for an EventSource', () => new EventSource(REQUEST, {}, 'retry'), /write \{ retry: 5 \}/],
  [
    'the compression of ws',
    client({ perMessageDeflate: true }),
    /: write extensions: \[WebSocket\.deflate\]$/
  ],
  ['true for the extensions', client({ extensions: true }), /, such as WebSocket\.deflate$/],
  [
    'an extension by its name',
    client({ extensions: ['permessage-deflate'] }),
    /, such as WebSocket\.deflate$/
  ],
  ['an extension that is null', client({ extensions: [null] }), /, such as WebSocket\.deflate$/],
  ['the limit of ws', client({ maxPayload: 1 }), /: write maxLength$/],
  ['the redirections of ws', client({ followRedirects: true }), /: write maxRedirects$/],
  ['an option of TLS', client({ rejectUnauthorized: false }), /: write tls: \{ rejectUnauthorized \}$/],
  ['an origin', client({ origin: 'https://example.com' }), /: write headers: \{ Origin: /],
  [
    'protocols among the options',
    client({ protocols: ['a'] }),
    /: write the subprotocols as the argument before/
  ],
  ['a letter too few', client({ header: {} }), /^Unrecognized option: header: write headers$/],
  ['a small letter', client({ maxlength: 1 }), /^Unrecognized option: maxlength: write maxLength$/],
  ['two letters swapped', client({ pnig: 1 }), /^Unrecognized option: pnig: write ping$/],
  ['what resembles nothing', client({ colour: 'red' }), /^Unrecognized option: colour$/],
  ['a name of all objects', client({ constructor: 1 }), /^Unrecognized option: constructor$/],
  ['an option of deflate', () => deflate.configure({ treshold: 1 }), /: write threshold$/],
  [
    'a parameter of deflate',
    () => deflate.configure({ server_no_context_takeover: true }),
    /: write noContextTakeover$/
  ],
  ['an option that only WebSockets have', () => deflate.configure({ maxPayload: 1 }), /: write maxLength$/],
  ['a level', () => deflate.configure({ level: 11 }), /: write a number from 0 to 9, or -1$/],
  ['a window', () => deflate.configure({ maxWindowBits: 16 }), /: write a number from 8 to 15$/]
];

describe('a mistake is answered with what to write:', () => {
  for (const [title, make, message] of MISTAKES)
    test(title, () => {
      assert.throws(make, { message });
      assert.strictEqual(native.sessions(), 0);
    });
});

test('a subclass in the manner of old is not called without new', () => {
  function Old(url) {
    Client.call(this, url);
  }
  require('node:util').inherits(Old, Client);
  const ws = new Old(URL_OF_NOBODY);
  ws.on('error', () => {});

  assert.strictEqual(ws.url, URL_OF_NOBODY);
  ws.terminate();
});

/** What a server answers to, by what is said of it: options that belong elsewhere, or are of other servers. */
const ON_SERVERS = {
  agent: /^Unrecognized option: agent: it is an option of clients$/,
  maxRedirects: /: it is an option of clients$/,
  path: /: compare request\.url before you construct$/,
  verifyClient: /: decide before you construct, and refuse with WebSocket\.reject$/,
  port: /: listen with an HTTP server, and to its "upgrade" event$/,
  clientTracking: /: keep a Set of your own$/
};

test('a mistake on a server is answered with what to write', async (t) => {
  const server = http.createServer();
  const messages = [];
  server.on('upgrade', (request, socket, head) => {
    for (const name of Object.keys(ON_SERVERS)) {
      const make = () => new WebSocket(request, socket, head, null, { [name]: 1 });
      assert.throws(make, (error) => messages.push(error.message) > 0);
    }
    const ws = new WebSocket(request, socket, head);
    try {
      ws.ping('x', 'not a function');
    } catch (error) {
      messages.push(error.message);
    }
    assert.throws(
      () => ws.ping(() => {}),
      (error) => messages.push(error.message) > 0
    );
    ws.close(1008, 'policy');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const { code, reason } = await new Client(`ws://127.0.0.1:${server.address().port}/`).closed;

  assert.deepStrictEqual([code, reason], [1008, 'policy']);
  const expected = [
    ...Object.values(ON_SERVERS),
    /^The callback of a ping must be a function: write ping\(message/,
    /^A callback stands where the message of a ping belongs: write ping\('', callback\)$/
  ];
  assert.strictEqual(messages.length, expected.length);
  expected.forEach((pattern, i) => assert.match(messages[i], pattern));
});

test('wss: at a server without TLS is told as that, and what OpenSSL says is the cause', async (t) => {
  const server = http.createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const url = `wss://127.0.0.1:${server.address().port}/`;
  const [event] = await once(new Client(url), 'error');

  assert.strictEqual(event.code, 'ERR_SSL_WRONG_VERSION_NUMBER');
  assert.match(
    event.message,
    /^Network error: wss:\S+: TLS: wrong version number\. What answers on that port/
  );
  assert.match(event.cause.message, /SSL routines/);
});
