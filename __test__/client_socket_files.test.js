'use strict';

// Servers behind a socket in the file system (`ws+unix:`): through agents, and where they send a client elsewhere.

const assert = require('node:assert');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { makeCertificate } = require('../testing/certificate');
const { echoed } = require('../testing/peers/told');

const CERTIFICATE = makeCertificate({ names: ['localhost'] });
const tls = { ca: CERTIFICATE.cert };
const skip = process.platform === 'win32' && 'Windows has pipes';

/** A server behind a file, or on a port; `elsewhere` says where a request is to go, or nothing for one that is taken. */
async function serve(t, { secure = false, port, elsewhere = () => undefined } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-unix-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'a.sock');
  const server = secure ? https.createServer(CERTIFICATE) : http.createServer();
  const requests = [];
  server.on('upgrade', (request, socket, head) => {
    requests.push(request);
    const location = elsewhere(request.url);
    if (location) WebSocket.reject(socket, 302, { Location: location });
    else new WebSocket(request, socket, head).on('message', ({ target, data }) => target.send(data));
  });
  await once(server.listen(port === undefined ? file : port), 'listening');
  t.after(() => server.close());
  return { file, requests, port: port === 0 ? server.address().port : undefined };
}

describe('a server behind a socket in the file system', { skip, timeout: 15000 }, () => {
  for (const secure of [false, true]) {
    test(`is reached by an agent${secure ? ', over TLS' : ''}`, async (t) => {
      const { file, requests } = await serve(t, { secure });
      const agent = secure ? new https.Agent(tls) : new http.Agent();
      t.after(() => agent.destroy());
      const ws = new WebSocket.Client(`${secure ? 'wss' : 'ws'}+unix:${file}:/x`, null, { agent, tls });
      assert.deepStrictEqual(await echoed(ws), ['open', 'echo']);
      assert.strictEqual(requests[0].url, '/x');
    });
  }

  for (const [what, location, target] of [
    ['a path', '/there?x', '/there?x'],
    ['a relative path', 'there', '/from/there'],
    ['what it takes for its own address', 'http://localhost/there', '/there']
  ]) {
    test(`sends a client to ${what}, which is behind the same socket`, async (t) => {
      const { file, requests } = await serve(t, {
        elsewhere: (url) => url === '/from/here' && location
      });
      const headers = { Authorization: 'Bearer secret' };
      const ws = new WebSocket.Client(`ws+unix:${file}:/from/here`, null, { maxRedirects: 1, headers });
      assert.deepStrictEqual(await echoed(ws), ['open', 'echo']);
      assert.deepStrictEqual(
        requests.map((request) => [request.url, request.headers.authorization]),
        [
          ['/from/here', 'Bearer secret'],
          [target, 'Bearer secret']
        ]
      );
      assert.strictEqual(ws.url, `ws+unix:${file}:${target}`);
    });
  }

  test('sends a client to another server without what is meant for itself', async (t) => {
    const other = await serve(t, { port: 0 });
    const { file } = await serve(t, { elsewhere: () => `http://localhost:${other.port}/` });
    const headers = { Authorization: 'Bearer secret', 'X-Own': 'yes' };
    const ws = new WebSocket.Client(`ws+unix:${file}`, null, { maxRedirects: 1, headers });
    assert.deepStrictEqual(await echoed(ws), ['open', 'echo']);
    const [request] = other.requests;
    assert.deepStrictEqual([request.headers.authorization, request.headers['x-own']], [undefined, 'yes']);
  });

  test('does not send a client out of TLS, nor to another file', async (t) => {
    const other = await serve(t, { port: 0 });
    for (const [location, message] of [
      [`http://localhost:${other.port}/`, /from wss: to ws:.*, without TLS$/],
      ['ws+unix:/run/other.sock', /which is no WebSocket$/]
    ]) {
      const { file } = await serve(t, { secure: true, elsewhere: () => location });
      const ws = new WebSocket.Client(`wss+unix:${file}`, null, { maxRedirects: 1, tls });
      const told = await echoed(ws);
      assert.match(told[0], message);
      assert.strictEqual(told[1], 1006);
    }
    assert.strictEqual(other.requests.length, 0);
  });
});
