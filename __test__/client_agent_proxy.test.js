'use strict';

// Agents of Node's that lead to a proxy: by their option `proxyEnv`, and the global ones where the process says so.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { makeCertificate } = require('../testing/certificate');
const { startProxy } = require('../testing/peers/proxy');
const { serve } = require('../testing/peers/server');
const { echoed } = require('../testing/peers/told');

const CERTIFICATE = makeCertificate({ names: ['localhost'] });
const tls = { ca: CERTIFICATE.cert, servername: 'localhost' };
const skip = !process.allowedNodeEnvironmentFlags.has('--use-env-proxy') && 'this Node has no such agents';

const echo = (ws) => ws.on('message', (event) => ws.send(event.data));

describe('an agent that leads to a proxy', { skip, timeout: 15000 }, () => {
  for (const [what, secure, Agent, name] of [
    ['an http.Agent, for ws:', false, http.Agent, 'http_proxy'],
    ['an http.Agent, for wss:', true, http.Agent, 'HTTP_PROXY'],
    ['an https.Agent, for wss:', true, https.Agent, 'HTTPS_PROXY']
  ]) {
    test(`opens a tunnel: ${what}`, async (t) => {
      const server = await serve(t, echo, { secure: secure && CERTIFICATE });
      const proxy = await startProxy(t);
      const origin = proxy.origin.replace('//', '//user:word@');
      const agent = new Agent({ proxyEnv: { [name]: origin, ALL_PROXY: 'http://127.0.0.1:1' }, ...tls });
      t.after(() => agent.destroy());
      assert.deepStrictEqual(await echoed(new WebSocket.Client(server.url, [], { agent, tls })), [
        'open',
        'echo'
      ]);
      assert.strictEqual(proxy.requests.length, 1);
      assert.match(proxy.requests[0], new RegExp(`^CONNECT 127\\.0\\.0\\.1:${server.port} HTTP`));
      assert.match(proxy.requests[0], /^proxy-authorization: Basic dXNlcjp3b3Jk\r$/im);
    });
  }

  test('leads to a server that NO_PROXY names, and without a proxy of its kind', async (t) => {
    const server = await serve(t, echo);
    const proxy = await startProxy(t);
    for (const proxyEnv of [
      { http_proxy: proxy.origin, NO_PROXY: '127.0.0.1' },
      { https_proxy: proxy.origin },
      { ALL_PROXY: proxy.origin },
      {}
    ]) {
      const agent = new http.Agent({ proxyEnv });
      t.after(() => agent.destroy());
      assert.deepStrictEqual(await echoed(new WebSocket.Client(server.url, [], { agent })), ['open', 'echo']);
    }
    assert.deepStrictEqual(proxy.requests, []);
  });

  test('is the global one of a process that asks for proxies of the environment', async (t) => {
    const server = await serve(t, echo);
    const proxy = await startProxy(t);
    const program = `
      const WebSocket = require(${JSON.stringify(require.resolve('..'))});
      const { globalAgent: agent } = require('node:http');
      const ws = new WebSocket.Client(${JSON.stringify(server.url)}, [], { agent });
      ws.on('error', ({ message }) => console.error(message));
      ws.on('open', () => ws.close());
      ws.on('close', ({ code }) => process.exit(code === 1000 ? 0 : 1));`;
    const child = spawn(process.execPath, ['-e', program], {
      env: { ...process.env, NODE_USE_ENV_PROXY: '1', http_proxy: proxy.origin, no_proxy: '', NO_PROXY: '' },
      stdio: ['ignore', 'inherit', 'inherit']
    });
    assert.deepStrictEqual(await once(child, 'exit'), [0, null]);
    assert.strictEqual(proxy.requests.length, 1);
  });
});
