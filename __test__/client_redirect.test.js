'use strict';

// Redirects: how many, whereto, and what goes along.

const assert = require('node:assert');
const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { makeCertificate } = require('../testing/certificate');
const { record, until } = require('../testing/peers/told');

const { Client } = WebSocket;
const CERTIFICATE = makeCertificate({ names: ['localhost'] });

const messageOf = (event) => event.message;

/** Starts a server; `answer` says where a request is to go, or nothing for one that is taken. */
async function serve(t, answer, { secure = false } = {}) {
  const server = secure ? https.createServer(CERTIFICATE) : http.createServer();
  const requests = [];
  server.on('upgrade', (request, socket, head) => {
    requests.push(request);
    const [status, location] = answer(request) || [];
    if (status) {
      socket.end(`HTTP/1.1 ${status} Elsewhere\r\nLocation: ${location}\r\nContent-Length: 4\r\n\r\nbody`);
      return;
    }
    const ws = new WebSocket(request, socket, head, ['chat']);
    ws.on('message', (event) => ws.send(event.data));
  });
  await once(server.listen(0), 'listening');
  t.after(() => server.close());
  const { port } = server.address();
  return { port, requests, url: `${secure ? 'wss' : 'ws'}://localhost:${port}` };
}

const tls = { ca: CERTIFICATE.cert };

describe('a client that is sent elsewhere', { timeout: 15000 }, () => {
  test('stays, and fails with the status, unless maxRedirects allows more', async (t) => {
    const { url, requests } = await serve(t, () => [302, '/there']);
    const ws = new Client(`${url}/here`);
    const told = record(ws, messageOf);
    await until(() => told.length === 2);
    assert.match(told[0], /302/);
    assert.deepStrictEqual([ws.statusCode, ws.headers.location, requests.length], [302, '/there', 1]);
  });

  for (const status of [301, 302, 303, 307, 308]) {
    test(`goes there with ${status}, with its queue, protocols and headers`, async (t) => {
      const { url, requests } = await serve(
        t,
        (request) => request.url !== '/there?x' && [status, '/there?x']
      );
      const headers = { 'X-Own': 'yes', Authorization: 'Bearer secret' };
      const ws = new Client(`${url}/here`, ['chat'], { maxRedirects: 1, headers });
      const told = record(ws, messageOf);
      ws.send('queued');
      await until(() => told.length === 2);
      assert.deepStrictEqual([ws.url, ws.protocol, ws.statusCode], [`${url}/there?x`, 'chat', 101]);
      const last = requests[1].headers;
      assert.deepStrictEqual([last['x-own'], last.authorization], ['yes', 'Bearer secret']);
      ws.close();
      await until(() => told.length === 3);
      assert.deepStrictEqual(told, ['open', 'queued', 1000]);
    });
  }

  test('goes as often as it may, and no further', async (t) => {
    const { url, requests } = await serve(t, ({ url }) => [302, `/${Number(url.slice(1)) + 1}`]);
    const ws = new Client(`${url}/0`, null, { maxRedirects: 3 });
    const told = record(ws, messageOf);
    await until(() => told.length === 2);
    assert.match(told[0], /302/);
    assert.deepStrictEqual(
      requests.map((request) => request.url),
      ['/0', '/1', '/2', '/3']
    );
  });

  test('leaves what is meant for one origin behind, and its credentials, for good', async (t) => {
    const back = { url: '' };
    const other = await serve(t, ({ url }) => url === '/again' && [302, back.url]);
    const first = await serve(t, ({ url }) => url === '/' && [302, `${other.url}/again`]);
    back.url = `http://localhost:${first.port}/last`;
    const headers = { Authorization: 'Bearer secret', cookie: 'a=b', Host: 'example.com', 'X-Own': 'yes' };
    const ws = new Client(`ws://user:word@localhost:${first.port}/`, null, { maxRedirects: 2, headers });
    const told = record(ws, messageOf);
    await until(() => told.length === 1);
    assert.deepStrictEqual(told, ['open']);
    const seen = [...first.requests, ...other.requests].map(({ url, headers }) => [
      url,
      headers.authorization,
      headers.cookie,
      headers.host,
      headers['x-own']
    ]);
    assert.deepStrictEqual(seen, [
      ['/', 'Basic dXNlcjp3b3Jk', 'a=b', 'example.com', 'yes'],
      ['/last', undefined, undefined, `localhost:${first.port}`, 'yes'],
      ['/again', undefined, undefined, `localhost:${other.port}`, 'yes']
    ]);
    ws.close();
  });

  test('keeps the credentials of its URL within an origin', async (t) => {
    const { url, requests } = await serve(t, (request) => request.url === '/' && [302, `${url}/there`]);
    const ws = new Client(`${url.replace('//', '//user:word@')}/`, null, { maxRedirects: 1 });
    await once(ws, 'open');
    const basic = `Basic ${Buffer.from('user:word').toString('base64')}`;
    assert.deepStrictEqual(
      requests.map(({ headers }) => headers.authorization),
      [basic, basic]
    );
    ws.close();
  });

  test('goes from ws: to wss:, and never the other way', async (t) => {
    const secure = await serve(t, ({ url }) => url === '/out' && [302, `${plain.url}/`], { secure: true });
    const plain = await serve(t, () => [302, `https://localhost:${secure.port}/`]);
    const into = new Client(plain.url, null, { maxRedirects: 1, tls });
    const told = record(into, messageOf);
    await until(() => told.length === 1);
    assert.deepStrictEqual(told, ['open']);
    into.close();

    const out = new Client(`${secure.url}/out`, null, { maxRedirects: 5, tls });
    const tell = record(out, messageOf);
    await until(() => tell.length === 2);
    assert.match(tell[0], /from wss: to ws:.* without TLS/);
    assert.strictEqual(tell[1], 1006);
    assert.strictEqual(plain.requests.length, 1);
  });

  for (const [location, message] of [
    ['ws+unix:/run/some.sock:/', /no WebSocket/],
    ['wss+unix:/run/some.sock', /no WebSocket/],
    ['ftp://localhost/', /no WebSocket/],
    ['http://[', /no URL/]
  ]) {
    test(`fails where it is sent to ${location}`, async (t) => {
      const { url } = await serve(t, () => [302, location]);
      const ws = new Client(url, null, { maxRedirects: 1 });
      const told = record(ws, messageOf);
      await until(() => told.length === 2);
      assert.match(told[0], message);
      assert.strictEqual(told[1], 1006);
    });
  }

  test('can be closed on its way, and times out over the whole of it', async (t) => {
    const silent = require('node:net').createServer((socket) => socket.on('error', () => {}));
    await once(silent.listen(0), 'listening');
    t.after(() => silent.close());
    const { url } = await serve(t, () => [302, `ws://localhost:${silent.address().port}/`]);
    const late = new Client(url, null, { maxRedirects: 1, handshakeTimeout: 0.2 });
    const told = record(late, messageOf);
    const closed = new Client(url, null, { maxRedirects: 1 });
    const tell = record(closed, messageOf);
    await until(() => closed.url !== url);
    closed.terminate();
    await until(() => told.includes(1006) && tell.includes(1006));
    assert.ok(!told.includes('open') && !tell.includes('open'));
  });

  test('says that there were more than maxRedirects allows', async (t) => {
    const { url } = await serve(t, () => [302, '/on']);
    const ws = new Client(url, null, { maxRedirects: 2 });
    await assert.rejects(ws.opened, {
      code: 'ERR_WEBSOCKET_HANDSHAKE',
      message: /: 302, once more than maxRedirects allows, which is 2$/
    });
  });

  test('refuses a maxRedirects that is no whole number', () => {
    for (const maxRedirects of [-1, 0.5, 'x', Infinity]) {
      assert.throws(() => new Client('ws://localhost:1/', null, { maxRedirects }), RangeError);
    }
  });
});
