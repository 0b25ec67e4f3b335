'use strict';

// Options that somebody has written to `Object.prototype`, as a message can that is merged into an object: they lead no
// connection elsewhere, add no headers, and switch off nothing.

const assert = require('node:assert');
const { once } = require('node:events');
const https = require('node:https');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { CLIENT, SERVER, ownOptions } = require('../lib/opening/options');
const { makeCertificate } = require('../testing/certificate');
const { dial, request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');

const HEADERS = { 'X-Added': '1' };

/** Has every object have a property until the end of a test. */
function add(t, name, value) {
  Object.defineProperty(Object.prototype, name, {
    value,
    configurable: true,
    enumerable: true,
    writable: true
  });
  t.after(() => delete Object.prototype[name]);
}

const ADDED = {
  proxy: { origin: 'http://127.0.0.1:1/' },
  headers: HEADERS,
  createConnection: () => assert.fail('it is asked'),
  socketPath: '/nowhere',
  path: '/nowhere',
  localAddress: '192.0.2.1',
  maxLength: 1
};

for (const [name, value] of Object.entries(ADDED)) {
  describe(`the option ${name} of Object.prototype`, () => {
    for (const options of [undefined, {}, { ping: 100 }, { proxy: {} }]) {
      test(`is none of a client with ${JSON.stringify(options)}`, async (t) => {
        const heads = [];
        const onWebSocket = (ws, { headers }) => {
          heads.push(headers['x-added']);
          ws.send('more than one byte');
        };
        const server = await serve(t, onWebSocket);
        add(t, name, value);
        const ws = new WebSocket.Client(server.url, [], options);
        const [{ data }] = await once(ws, 'message');
        assert.deepStrictEqual([data, heads], ['more than one byte', [undefined]]);
        ws.close();
      });
    }
  });
}

test('the option tls of Object.prototype does not keep a client from verifying', async (t) => {
  const server = await serve(t, () => {}, { secure: true });
  add(t, 'tls', { rejectUnauthorized: false });
  const ws = new WebSocket.Client(server.url);
  const [{ message }] = await once(ws, 'error');
  assert.match(message, /certificate/);
});

test('the authority and the server name of Object.prototype have no certificate believed', async (t) => {
  const names = {
    'another authority’s': [['localhost'], 'localhost'],
    'another name’s': [['elsewhere.example'], 'elsewhere.example']
  };
  for (const [what, [certified, servername]] of Object.entries(names)) {
    const { key, cert } = makeCertificate({ names: certified });
    const server = https.createServer({ key, cert }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const trusted = what === 'another name’s' ? cert : makeCertificate({ names: ['localhost'] }).cert;
    add(t, 'ca', cert);
    add(t, 'servername', servername);
    const ws = new WebSocket.Client(`wss://localhost:${server.address().port}/`, [], { ca: trusted });
    const [{ message }] = await once(ws, 'error');
    assert.match(message, /certificate|altnames/, what);
  }
});

test('the headers and tls of Object.prototype are none of a proxy', async (t) => {
  const server = await serve(t);
  const heads = [];
  server.server.on('connect', ({ headers }, socket) => {
    heads.push(headers['x-added']);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  add(t, 'headers', HEADERS);
  const proxy = { origin: `http://127.0.0.1:${server.port}` };
  const ws = new WebSocket.Client('ws://127.0.0.1:1/', [], { proxy });
  await once(ws, 'error');
  assert.deepStrictEqual(heads, [undefined]);
});

test('the headers of Object.prototype are none of a server and of an EventSource', async (t) => {
  const server = await serve(t);
  server.server.on('request', (asked, response) => new WebSocket.EventSource(asked, response));
  add(t, 'headers', HEADERS);
  for (const head of [
    request([]),
    'GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n'
  ]) {
    const client = await dial(t, server.port);
    client.send(head);
    const answer = await client.head();
    assert.match(answer, /^HTTP\/1\.1 (101|200) /);
    assert.doesNotMatch(answer, /X-Added/i);
  }
});

test('each option of either role is left out where every object has it', (t) => {
  for (const names of [SERVER, CLIENT]) {
    for (const name of names) {
      add(t, name, 'everybody’s');
      const found = ownOptions({}, names)[name];
      delete Object.prototype[name];
      assert.strictEqual(found, undefined, name);
    }
  }
});
