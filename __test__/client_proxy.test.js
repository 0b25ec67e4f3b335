'use strict';

// Every way to a server: plain and TLS, direct and through proxies of both kinds, with TLS verified at each hop.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const WebSocket = require('..');
const { makeCertificate } = require('../testing/certificate');
const { startProxy } = require('../testing/peers/proxy');
const { agree, listen } = require('../testing/peers/raw_server');
const { serve } = require('../testing/peers/server');
const { leakCheck, watch } = require('../testing/peers/watch');

const { Client } = WebSocket;

const ofServer = makeCertificate({ names: ['127.0.0.1', 'localhost'] });
const ofProxy = makeCertificate({ names: ['127.0.0.1'] });

/** The options for a way to a server: `proxy` is `undefined`, `'http'` or `'https'`. */
async function wayTo(t, secure, proxy) {
  const options = secure ? { tls: { ca: ofServer.cert } } : {};
  if (!proxy) return options;
  const { origin, requests } = await startProxy(t, { certificate: proxy === 'https' ? ofProxy : undefined });
  return { ...options, proxy: { origin, tls: { ca: ofProxy.cert } }, requests };
}

for (const secure of [false, true]) {
  for (const proxy of [undefined, 'http', 'https']) {
    describe(`${secure ? 'wss' : 'ws'} ${proxy ? `through an ${proxy} proxy` : 'directly'}`, () => {
      const connect = async (t, onWebSocket, protocols) => {
        const server = await serve(t, onWebSocket, {
          secure: secure && ofServer,
          protocols: ['chat'],
          WebSocket
        });
        const { requests, ...options } = await wayTo(t, secure, proxy);
        const ws = new Client(server.url, protocols, options);
        return { ws, requests, server, ...watch(ws) };
      };

      test('echoes text and binary of all sizes, in order', async (t) => {
        const { ws } = await connect(t, (server) => server.pipe(server), ['chat']);
        await once(ws, 'open');
        assert.deepStrictEqual([ws.protocol, ws.statusCode, ws.headers.upgrade], ['chat', 101, 'websocket']);
        const sizes = [0, 1, 125, 126, 65535, 65536, 1 << 20];
        const messages = sizes.flatMap((size) => [Buffer.alloc(size, 'ab'), 'é'.repeat(size)]);
        const received = [];
        ws.on('message', ({ data }) => received.push(data));
        for (const message of messages) ws.send(message);
        while (received.length < messages.length) await once(ws, 'message');
        assert.deepStrictEqual(received, messages);
        ws.close();
        await once(ws, 'close');
      });

      test('closes with the code of either side', async (t) => {
        const { ws, closed, server } = await connect(t, (peer) => {
          peer.on('message', () => peer.close(3001, 'theirs'));
        });
        ws.on('open', () => ws.send('please'));
        assert.deepStrictEqual(await closed, ['open', 'close 3001 theirs']);

        const { requests, ...options } = await wayTo(t, secure, proxy);
        const other = new Client(server.url, null, options);
        await server.next();
        const peer = await server.next();
        const atPeer = once(peer, 'close');
        other.on('open', () => other.close(3002, 'ours'));
        const [{ code, reason }] = await once(other, 'close');
        const [seen] = await atPeer;
        assert.deepStrictEqual([code, reason, seen.code, seen.reason], [3002, 'ours', 3002, 'ours']);
        assert.strictEqual(requests ? requests.length : 0, proxy ? 1 : 0);
      });

      test('closes before it is open, at every step', async (t) => {
        for (let turns = 0; turns < 30; turns++) {
          const { ws, closed } = await connect(t);
          for (let i = 0; i < turns && ws.readyState === 0; i++) await turn();
          if (ws.readyState !== 0) break;
          ws.close(3000, 'early');
          assert.deepStrictEqual(await closed, ['close 3000 early']);
        }
      });
    });
  }
}

describe('a tunnel', () => {
  for (const secure of [false, true]) {
    for (const proxy of ['http', 'https']) {
      const way = `${secure ? 'wss' : 'ws'} through ${proxy}`;

      test(`leaves no socket and no slot when its client is done (${way})`, async (t) => {
        const noLeak = leakCheck();
        const server = await listen(t, undefined, { certificate: secure ? ofServer : undefined });
        const { requests, ...options } = await wayTo(t, secure, proxy);
        const ws = new Client(server.url, [], options);
        const { closed } = watch(ws);
        await agree(await server.next());
        ws.on('open', () => ws.terminate());
        assert.deepStrictEqual(await closed, ['open', 'close 1006 ']);
        assert.match(requests[0], new RegExp(`^CONNECT 127\\.0\\.0\\.1:${server.port} HTTP/1\\.1\\r\\n`));
        await noLeak();
      });

      test(`that drops ends its client, open or not, with one close (${way})`, async (t) => {
        const noLeak = leakCheck();
        const server = await listen(t, undefined, { certificate: secure ? ofServer : undefined });
        for (const open of [false, true]) {
          const { requests, ...options } = await wayTo(t, secure, proxy);
          const ws = new Client(server.url, [], options);
          const { closed } = watch(ws);
          const peer = await server.next();
          if (open) {
            await agree(peer);
            await once(ws, 'open');
          } else {
            await peer.head();
          }
          peer.socket.destroy();
          const events = await closed;
          assert.strictEqual(events.filter((event) => event.startsWith('close 1006')).length, 1);
          assert.strictEqual(requests.length, 1);
        }
        await noLeak();
      });
    }
  }

  test('to an IPv6 address is asked for with brackets', async (t) => {
    const proxy = await startProxy(t, { behind: '' });
    const ws = new Client('ws://[::1]:8080/', [], { proxy: { origin: proxy.origin } });
    t.after(() => ws.terminate());
    while (proxy.requests.length === 0) await turn();
    assert.match(proxy.requests[0], /^CONNECT \[::1\]:8080 HTTP\/1\.1\r\nHost: \[::1\]:8080\r\n/);
  });

  test('to a server on its own port is asked for with the port', async (t) => {
    const proxy = await startProxy(t, { behind: '' });
    const ws = new Client('wss://h.invalid/', [], {
      proxy: { origin: proxy.origin.replace('//', '//u%3A:p%40@') }
    });
    t.after(() => ws.terminate());
    while (proxy.requests.length === 0) await turn();
    assert.match(proxy.requests[0], /^CONNECT h\.invalid:443 HTTP\/1\.1\r\nHost: h\.invalid\r\n/);
    const basic = Buffer.from('u::p@').toString('base64');
    assert.match(proxy.requests[0], new RegExp(`\r\nProxy-Authorization: Basic ${basic}\r\n`));
  });

  test('verifies the certificate of the server for its name, not for that of the proxy', async (t) => {
    const noLeak = leakCheck();
    const wrong = makeCertificate({ names: ['proxy.invalid'] });
    const server = await listen(t, undefined, { certificate: wrong });
    const proxy = await startProxy(t);
    const url = `wss://server.invalid:${server.port}/`;
    const options = { tls: { ca: wrong.cert }, proxy: { origin: proxy.origin } };
    const events = await watch(new Client(url, [], options)).closed;
    assert.match(events[0], /^error Network error: .*does not match certificate.*server\.invalid/);
    assert.deepStrictEqual(events.slice(1), ['close 1006 ']);
    await noLeak();
  });

  test('asks the server for its name, and an address for none', async (t) => {
    const named = makeCertificate({ names: ['server.invalid', '127.0.0.1'] });
    const asked = [];
    const certificate = {
      ...named,
      SNICallback: (name, callback) => {
        asked.push(name);
        callback(null);
      }
    };
    const server = await listen(t, undefined, { certificate });
    const proxy = await startProxy(t);
    const options = { tls: { ca: named.cert }, proxy: { origin: proxy.origin } };
    for (const host of ['server.invalid', '127.0.0.1']) {
      const ws = new Client(`wss://${host}:${server.port}/`, [], options);
      t.after(() => ws.terminate());
      await agree(await server.next());
      await once(ws, 'open');
    }
    assert.deepStrictEqual(asked, ['server.invalid']);
  });

  test('does not trust a server because its proxy is trusted, nor the other way round', async (t) => {
    const server = await listen(t, undefined, { certificate: ofServer });
    const { origin } = await startProxy(t, { certificate: ofProxy });
    const trust = [
      { tls: { ca: ofProxy.cert }, proxy: { origin, tls: { ca: ofProxy.cert } } },
      { tls: { ca: ofServer.cert }, proxy: { origin, tls: { ca: ofServer.cert } } },
      { ca: ofServer.cert, proxy: { origin } }
    ];
    for (const options of trust) {
      const events = await watch(new Client(server.url, [], options)).closed;
      assert.match(events[0], /self-signed certificate/);
      assert.deepStrictEqual(events.slice(1), ['close 1006 ']);
    }
  });
});

describe('a proxy that answers', () => {
  const answers = {
    'a 407': [
      'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n',
      407,
      'Unexpected response code of the proxy: 407'
    ],
    'a 302': ['HTTP/1.1 302 Found\r\n\r\n', 302, 'Unexpected response code of the proxy: 302'],
    'no HTTP': ['220 mail ESMTP\r\n', undefined, 'Error in the answer of the proxy: Parse Error'],
    'no HTTP and no line': ['+OK', undefined, 'Error in the answer of the proxy: Parse Error'],
    'a head without end': [
      'HTTP/1.1 200 OK\r\n' + 'X-A: b\r\n'.repeat(3000),
      undefined,
      'Error in the answer of the proxy: max header size exceeded'
    ]
  };
  for (const [what, [bytes, statusCode, cause]] of Object.entries(answers)) {
    test(`${what} is no proxy for us`, async (t) => {
      const noLeak = leakCheck();
      const { port } = await listen(t, (peer) => peer.head().then(() => peer.send(bytes)));
      const ws = new Client('ws://h.invalid/', [], { proxy: { origin: `http://127.0.0.1:${port}` } });
      const { closed, errors } = watch(ws);
      const cure =
        what === 'a 407'
          ? ", so write a user and a password that it knows: proxy: { origin: 'http://user:password@host:port' }"
          : '';
      const message = `Can't establish a connection to the server at ws://h.invalid/: ${cause}${cure}`;
      assert.deepStrictEqual(await closed, [`error ${message}`, 'close 1006 ']);
      const [{ error }] = errors;
      assert.deepStrictEqual([error.code, error.statusCode], ['ERR_WEBSOCKET_PROXY', statusCode]);
      assert.strictEqual(error.cause.message, cause);
      assert.deepStrictEqual([ws.statusCode, { ...ws.headers }], [undefined, {}]);
      await noLeak();
    });
  }

  test('for the server before it was asked gets no connection', async (t) => {
    const proxy = await startProxy(t, { behind: 'HTTP/1.1 403 Forbidden\r\n\r\n' });
    const text = 'Error during WebSocket handshake: Unexpected response code: 403';
    const events = await watch(new Client('ws://h.invalid/', [], { proxy: { origin: proxy.origin } })).closed;
    assert.deepStrictEqual(events, [`error ${text}`, `close 1002 ${text}`]);
  });

  for (const certificate of [undefined, ofProxy]) {
    test(`for the server in plain text where TLS is due is found out (proxy with TLS: ${Boolean(certificate)})`, async (t) => {
      const noLeak = leakCheck();
      const proxy = await startProxy(t, { certificate, behind: 'HTTP/1.1 101 Switching Protocols\r\n\r\n' });
      const options = { proxy: { origin: proxy.origin, tls: { ca: ofProxy.cert } } };
      const events = await watch(new Client('wss://h.invalid/', [], options)).closed;
      assert.match(events[0], /^error Network error: wss:\/\/h\.invalid\/: /);
      assert.deepStrictEqual(events.slice(1), ['close 1006 ']);
      await noLeak();
    });
  }
});
