'use strict';

// Typical mistakes of somebody who is new to the package, or comes from another one: each message says what to write instead.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const WebSocket = require('..');
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
    'a URL for an EventSource',
    () => new EventSource('http://127.0.0.1/'),
    /write new EventSource\(request, resp/
  ],
  ['options in a string', client('ping'), /^Unrecognized option: 0: options are an object, not a string$/],
  ['the same for an EventSource', () => new EventSource(REQUEST, {}, 'retry'), /write \{ retry: 5 \}/],
  [
    'the compression of ws',
    client({ perMessageDeflate: true }),
    /: write extensions: \[WebSocket\.deflate\]$/
  ],
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
