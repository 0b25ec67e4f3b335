'use strict';

// What `console.log`, `util.inspect` and `JSON.stringify` show of our objects: the public face, in a few lines, and nothing
// of what belongs to other connections.

const assert = require('node:assert');
const { once } = require('node:events');
const http = require('node:http');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');

const Driver = require('../driver');
const WebSocket = require('..');
const Event = require('../lib/faye/websocket/api/event');
const { serve } = require('../testing/peers/server');

/** Fields with an underscore that faye-websocket or Node shows, too. */
const KNOWN = ['_stream', '_events', '_eventsCount', '_maxListeners'];

/** What another connection has received. */
const SECRET = 'the secret of another connection';

/** Asserts that a listing of `object` is short and public, and has each of `fields`. */
function isPublic(object, fields) {
  const text = inspect(object);
  assert.ok(text.split('\n').length <= 24, text);
  const json = JSON.stringify(object);
  assert.ok(json.length <= 1500, `${json.length} characters`);
  assert.deepStrictEqual(Object.keys(JSON.parse(json)).sort(), [...fields].sort());
  for (const field of fields) assert.match(text, new RegExp(`\\b${field}: `));
  for (const listing of [text, json, inspect(object, { depth: null })]) {
    assert.doesNotMatch(listing, /\b_\w+["']?: /);
    assert.ok(!listing.includes(SECRET) && !listing.includes(Buffer.from(SECRET).join(',')), listing);
  }
  const ours = Object.keys(object).filter((name) => name.startsWith('_') && !KNOWN.includes(name));
  assert.deepStrictEqual(ours, []);
  const inherited = [];
  for (const name in object) if (/^_|toJSON/.test(name) && !KNOWN.includes(name)) inherited.push(name);
  assert.deepStrictEqual(inherited, []);
}

const SHARED = ['writable', 'readable', 'readyState', 'bufferedAmount', 'protocol', 'url', 'version'];
const CLIENT = [...SHARED, 'headers', 'statusCode'];

for (const transport of ['stream', 'direct']) {
  for (const compresses of [false, true]) {
    const how = `over the ${transport} transport${compresses ? ' with compression' : ''}`;
    test(`connections and events ${how} show their public fields, from the first to the last moment`, async (t) => {
      const options = { transport, ping: 60, extensions: compresses ? [WebSocket.deflate] : [] };
      const { url, next } = await serve(t, (ws) => ws.on('message', ({ data }) => ws.send(data)), {
        options
      });
      const other = new WebSocket.Client(url, [], options);
      await next();
      await once(other, 'open');
      other.send(SECRET);
      other.send(Buffer.from(SECRET));
      await once(other, 'message');

      const client = new WebSocket.Client(url, [], options);
      isPublic(client, SHARED);
      const server = await next();
      const [open] = await once(client, 'open');
      isPublic(open, ['type', 'target']);
      isPublic(client, CLIENT);
      isPublic(server, SHARED);
      client.ping('ping', () => {});
      client.send('text');
      const [message] = await once(client, 'message');
      isPublic(message, ['type', 'data', 'target']);
      isPublic(server, SHARED);
      isPublic(client, CLIENT);
      client.close(4000, 'done');
      const [close] = await once(client, 'close');
      isPublic(close, ['type', 'code', 'reason', 'target']);
      isPublic(client, CLIENT);
      if (server.readyState !== 3) await once(server, 'close');
      isPublic(server, SHARED);
      other.terminate();
    });
  }
}

for (const transport of ['stream', 'direct']) {
  test(`a socket and a request over the ${transport} transport show nothing of other connections`, async (t) => {
    const requests = [];
    const keep = (ws, request) => {
      requests.push(request);
      ws.on('message', ({ data }) => ws.send(data));
    };
    const { url } = await serve(t, keep, { options: { transport } });
    const clients = [];
    for (const data of [SECRET, Buffer.from(SECRET), 'text']) {
      const client = new WebSocket.Client(url, [], { transport });
      t.after(() => client.terminate());
      clients.push(client);
      await once(client, 'open');
      client.send(data);
      await once(client, 'message');
    }
    const [client] = clients.slice(-1);
    const [request] = requests.slice(-1);
    const bytes = [...Buffer.from('another')].map((byte) => byte.toString(16)).join(' ');
    for (const object of [request, request.socket, client._stream, client._stream._events]) {
      for (const depth of [2, 5, null]) {
        for (const showHidden of [false, true]) {
          const text = inspect(object, { depth, showHidden, maxArrayLength: 1000 });
          assert.ok(!text.includes(SECRET) && !text.includes(bytes), text);
        }
      }
    }
  });
}

test('a client that fails, and its error event, show what happened', async () => {
  const client = new WebSocket.Client('ws://127.0.0.1:1/');
  const [error] = await once(client, 'error').catch((thrown) => [thrown]);
  isPublic(error, ['type', 'message', 'target']);
  isPublic(client, SHARED);
});

test('an EventSource shows its public fields while it is open and after', async (t) => {
  const server = http.createServer();
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const headers = { Accept: 'text/event-stream' };
  http.get({ port: server.address().port, headers }, (response) => response.resume());
  const [request, response] = await once(server, 'request');
  const source = new WebSocket.EventSource(request, response);
  const fields = ['writable', 'url', 'lastEventId', 'readyState'];
  isPublic(source, fields);
  await once(source, 'open');
  isPublic(source, fields);
  source.close();
  isPublic(source, fields);
});

describe('a driver', () => {
  test('of a client, and its streams, show their public fields', () => {
    const driver = Driver.client('ws://localhost/', { maxLength: 1000 });
    isPublic(driver, ['readyState', 'url', 'version']);
    isPublic(driver.io, ['readable', 'writable']);
    isPublic(driver.messages, ['readable', 'writable']);
    isPublic(driver.proxy('http://localhost/'), ['readable', 'writable']);
  });

  test('of a server shows its public fields, before and after a request', () => {
    const driver = Driver.server();
    isPublic(driver, ['readyState', 'url']);
    driver.on('connect', () => driver.start());
    driver.io.write(
      Buffer.from(
        'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'
      )
    );
    assert.strictEqual(driver.getState(), 'open');
    const listed = Object.keys(JSON.parse(JSON.stringify(driver)));
    assert.ok(!listed.some((name) => name.startsWith('_')), listed.join());
    assert.ok(inspect(driver).split('\n').length < 20, inspect(driver));
  });
});

describe('a listing', () => {
  test('has the name of a subclass and the fields that its owner has added', async (t) => {
    class Chat extends WebSocket.Client {
      room = 'lobby';
    }
    const { url } = await serve(t);
    const chat = new Chat(url);
    t.after(() => chat.terminate());
    chat.user = { name: 'alice' };
    assert.match(inspect(chat), /^Chat \{/);
    isPublic(chat, [...SHARED, 'room', 'user']);
  });

  test('becomes one word where it is too deep, and has colors where they are asked for', () => {
    const driver = Driver.client('ws://localhost/');
    assert.match(inspect({ a: { b: { driver } } }), /\[ConnectingDriver\]/);
    assert.ok(inspect(driver, { colors: true }).includes('\u001b['));
    assert.strictEqual(inspect([driver], { depth: 0 }), '[ [ConnectingDriver] ]');
  });

  test("of a prototype or of an event that somebody has made doesn't throw", () => {
    assert.doesNotThrow(() => inspect(WebSocket.prototype) + JSON.stringify(WebSocket.prototype));
    assert.doesNotThrow(() => inspect(WebSocket.EventSource.prototype));
    const client = new WebSocket.Client('ws://127.0.0.1:1/');
    client.on('error', () => {});
    const seen = [];
    client.addEventListener('made', (event) => seen.push(event));
    client.dispatchEvent(new Event('made', { detail: 1 }));
    isPublic(seen[0], ['type', 'detail', 'target']);
    assert.match(inspect(seen[0]), /^Event made \{/);
    client.terminate();
  });
});
