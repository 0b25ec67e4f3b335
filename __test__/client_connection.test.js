'use strict';

// Connections that the caller makes: createConnection, agent, and sockets in the file system.

const assert = require('node:assert');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { makeCertificate } = require('../testing/certificate');
const { record, until } = require('../testing/peers/told');

const { Client } = WebSocket;
const CERTIFICATE = makeCertificate({ names: ['localhost'] });

/** Starts an echo; `where` is what `listen` takes. */
async function serve(t, { secure = false, where = 0 } = {}) {
  const server = secure ? https.createServer(CERTIFICATE) : http.createServer();
  const requests = [];
  server.on('upgrade', (request, socket, head) => {
    requests.push(request);
    const ws = new WebSocket(request, socket, head);
    ws.on('message', (event) => ws.send(event.data));
  });
  await once(server.listen(where), 'listening');
  t.after(() => server.close());
  return { port: server.address().port, requests };
}

/** Sends a message through a client, and closes it. */
async function converse(ws) {
  const told = record(ws);
  ws.send('hello');
  await until(() => told.length === 2);
  ws.close();
  await until(() => told.length === 3);
  assert.deepStrictEqual(told, ['open', 'hello', 1000]);
}

describe('the option createConnection', { timeout: 15000 }, () => {
  for (const secure of [false, true]) {
    const scheme = secure ? 'wss' : 'ws';
    for (const [how, wrap] of [
      ['a stream', (stream) => stream],
      [
        'a promise of one',
        (stream) => new Promise((resolve) => stream.once('connect', () => resolve(stream)))
      ]
    ]) {
      test(`may return ${how}, for ${scheme}:`, async (t) => {
        const { port, requests } = await serve(t, { secure });
        const asked = [];
        const createConnection = (address) => {
          asked.push(address);
          return wrap(net.connect(port, 'localhost'));
        };
        const ws = new Client(`${scheme}://localhost:12345/x`, null, {
          createConnection,
          tls: { ca: CERTIFICATE.cert }
        });
        await converse(ws);
        assert.deepStrictEqual(asked, [
          { host: 'localhost', port: 12345, secure, authority: 'localhost:12345' }
        ]);
        assert.strictEqual(requests[0].headers.host, 'localhost:12345');
      });
    }
  }

  test('may return a stream that has TLS already, which gets no other', async (t) => {
    const { port } = await serve(t, { secure: true });
    const createConnection = () => tls.connect({ port, host: 'localhost', ca: CERTIFICATE.cert });
    await converse(new Client('wss://localhost/', null, { createConnection }));
  });

  test('leads to the proxy where there is one', async (t) => {
    const { port } = await serve(t);
    const proxy = http.createServer();
    proxy.on('connect', (request, socket) => {
      const server = net.connect(port, 'localhost', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      server.pipe(socket).pipe(server);
    });
    await once(proxy.listen(0), 'listening');
    t.after(() => proxy.close());
    const asked = [];
    const createConnection = ({ host }) => {
      asked.push(host);
      return net.connect(proxy.address().port, 'localhost');
    };
    const options = { createConnection, proxy: 'http://proxy.example.com:8080' };
    await converse(new Client(`ws://localhost:${port}/`, null, options));
    assert.deepStrictEqual(asked, ['proxy.example.com']);
  });

  test('throws from the constructor what it throws, and fails with what it rejects with', async () => {
    const error = Object.assign(new Error('no way'), { code: 'ENOWAY' });
    const throwing = () => {
      throw error;
    };
    assert.throws(() => new Client('ws://localhost/', null, { createConnection: throwing }), error);

    const ws = new Client('ws://localhost/', null, { createConnection: () => Promise.reject(error) });
    const told = record(ws);
    await until(() => told.length === 2);
    assert.deepStrictEqual(told, ['ENOWAY', 1006]);
    const odd = new Client('ws://localhost/', null, { createConnection: async () => 'a socket' });
    const tell = record(odd);
    let message;
    odd.on('error', (event) => (message = event.message));
    await until(() => tell.length === 2);
    assert.match(message, /must return a stream, or a promise of one/);
    assert.throws(
      () => new Client('ws://localhost/', null, { createConnection: () => 'a socket' }),
      /must return a stream/
    );
  });

  test('gives a stream that comes too late back, destroyed', async (t) => {
    const { port } = await serve(t);
    let give;
    const promise = new Promise((resolve) => (give = resolve));
    const ws = new Client('ws://localhost/', null, { createConnection: () => promise });
    const told = record(ws);
    ws.terminate();
    await until(() => told.includes(1006));
    const stream = net.connect(port, 'localhost');
    give(stream);
    await once(stream, 'close');
    assert.strictEqual(stream.destroyed, true);
  });

  test('fails with a stream that was over before it was given', async () => {
    const failed = net.connect(1, '127.0.0.1');
    await new Promise((resolve) => failed.on('error', () => {}).once('close', resolve));
    const ways = [() => failed, async () => failed].flatMap((way) => [
      ['ws', way],
      ['wss', way]
    ]);
    for (const [scheme, createConnection] of ways) {
      const ws = new Client(`${scheme}://localhost/`, null, { createConnection });
      const told = record(ws);
      await until(() => told.length === 2);
      assert.deepStrictEqual(told, ['ECONNREFUSED', 1006]);
    }
    const late = new Client('wss://localhost/', null, {
      createConnection: () => new net.Socket().destroy()
    });
    await assert.rejects(late.opened);
    const ended = new net.Socket().destroy();
    await once(ended, 'close');
    const ws = new Client('ws://localhost/', null, { createConnection: () => ended });
    await assert.rejects(
      ws.opened,
      /Network error: ws:\/\/localhost\/: The stream that was to lead to it is over$/
    );
  });

  test('may take its time within handshakeTimeout', async () => {
    const never = new Promise(() => {});
    const ws = new Client('ws://localhost/', null, { createConnection: () => never, handshakeTimeout: 0.05 });
    const told = record(ws);
    await until(() => told.length === 2);
    assert.deepStrictEqual(told, ['ERR_WEBSOCKET_TIMEOUT', 1006]);
  });
});

describe('the option agent', { timeout: 15000 }, () => {
  test('takes an Agent of Node for ws: and for wss:', async (t) => {
    const plain = await serve(t);
    const secure = await serve(t, { secure: true });
    const agent = new http.Agent({ keepAlive: true });
    await converse(new Client(`ws://localhost:${plain.port}/`, null, { agent }));
    const tlsAgent = new https.Agent({ ca: CERTIFICATE.cert });
    await converse(new Client(`wss://localhost:${secure.port}/`, null, { agent: tlsAgent }));
    for (const each of [agent, tlsAgent]) {
      assert.deepStrictEqual([Object.keys(each.sockets), Object.keys(each.freeSockets)], [[], []]);
      each.destroy();
    }
  });

  test('takes one that only has addRequest, and tells what it fails with', async (t) => {
    const { port } = await serve(t);
    const options = [];
    const agent = {
      addRequest(request, given) {
        options.push([given.host, given.port, given.secureEndpoint]);
        request.onSocket(net.connect(given.port, given.host));
      }
    };
    await converse(new Client(`ws://localhost:${port}/`, null, { agent }));
    assert.deepStrictEqual(options, [['localhost', port, false]]);

    const failing = {
      addRequest: (request) => request.emit('error', Object.assign(new Error('x'), { code: 'EAGENT' }))
    };
    const ws = new Client(`ws://localhost:${port}/`, null, { agent: failing });
    const told = record(ws);
    await until(() => told.length === 2);
    assert.deepStrictEqual(told, ['EAGENT', 1006]);
  });

  test('fails as the agent does when nobody listens', async () => {
    const server = net.createServer();
    await once(server.listen(0), 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    const ws = new Client(`ws://127.0.0.1:${port}/`, null, { agent: new http.Agent() });
    const told = record(ws);
    await until(() => told.length === 2);
    assert.deepStrictEqual(told, ['ECONNREFUSED', 1006]);
  });
});

describe(
  'a ws+unix: URL',
  { skip: process.platform === 'win32' && 'Windows has pipes', timeout: 15000 },
  () => {
    for (const secure of [false, true]) {
      test(`leads to a socket in the file system${secure ? ', over TLS' : ''}`, async (t) => {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-unix-'));
        t.after(() => fs.rmSync(folder, { recursive: true }));
        const file = path.join(folder, 'a.sock');
        const { requests } = await serve(t, { secure, where: file });
        const url = `${secure ? 'wss' : 'ws'}+unix:${file}`;
        const options = { tls: { ca: CERTIFICATE.cert } };
        await converse(new Client(`${url}:/path?query`, null, options));
        await converse(new Client(url.replace('+unix:', '+unix://'), null, options));
        assert.deepStrictEqual(
          requests.map((request) => [request.url, request.headers.host]),
          [
            ['/path?query', 'localhost'],
            ['/', 'localhost']
          ]
        );
      });
    }

    test('with a fragment throws, and so does one with a proxy', () => {
      assert.throws(() => new Client('ws+unix:/tmp/a.sock:/x#y'), /remove the fragment #y/);
      assert.throws(() => new Client('ws+unix:'), /is not a valid WebSocket URL/);
      assert.throws(() => new Client('ws+unix:/tmp/%zz.sock'), /is not a valid WebSocket URL/);
      const proxy = { origin: 'http://localhost:1' };
      assert.throws(() => new Client('ws+unix:/tmp/a.sock', null, { proxy }), /leave out proxy/);
    });
  }
);

test('two ways to make one connection are a TypeError that says which to leave out', () => {
  const createConnection = () => net.connect(1);
  const agent = new http.Agent();
  const make = (options) => () => new Client('ws://localhost:1/', null, options);
  assert.throws(make({ createConnection, agent }), /leave one of them out/);
  assert.throws(make({ agent, proxy: 'http://localhost:1' }), /leave out proxy/);
  assert.throws(make({ agent: {} }), /must be an http\.Agent/);
  assert.throws(make({ createConnection: 'socket' }), /must be a function/);
});
