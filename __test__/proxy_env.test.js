'use strict';

// The proxies that the environment names, by the rules of Node's own `proxyEnv`: the table of NO_PROXY is what Node 24
// and 26 answer.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const { describe, test } = require('node:test');

const { proxyOf, usesEnvironment } = require('../lib/opening/proxy_env');

const PLAIN = { secure: false, hostname: 'example.com', port: 80 };
const SECURE = { secure: true, hostname: 'example.com', port: 443 };

describe('the proxy of the environment', () => {
  for (const [title, server, env, expected] of [
    ['HTTP_PROXY is for ws:', PLAIN, { HTTP_PROXY: 'http://a:1' }, 'http://a:1'],
    ['HTTP_PROXY is not for wss:', SECURE, { HTTP_PROXY: 'http://a:1' }, null],
    ['HTTPS_PROXY is for wss:', SECURE, { HTTPS_PROXY: 'http://a:1' }, 'http://a:1'],
    ['HTTPS_PROXY is not for ws:', PLAIN, { HTTPS_PROXY: 'http://a:1' }, null],
    ['lower case wins', PLAIN, { HTTP_PROXY: 'http://a:1', http_proxy: 'http://b:1' }, 'http://b:1'],
    ['ALL_PROXY is for both', SECURE, { ALL_PROXY: 'https://a:1' }, 'https://a:1'],
    ['the own one wins over ALL_PROXY', PLAIN, { all_proxy: 'http://a', http_proxy: 'http://b' }, 'http://b'],
    ['a proxy of another kind is none', PLAIN, { ALL_PROXY: 'socks5://a:1' }, null],
    ['an empty variable is none', PLAIN, { http_proxy: '' }, null]
  ]) {
    test(title, () => assert.strictEqual(proxyOf(server, env), expected));
  }

  for (const [name, value, message] of [
    ['http_proxy', 'http://user:secret@:1', 'http://:1, which is no valid URL of a proxy'],
    [
      'HTTP_PROXY',
      'https://proxy.example.com:x',
      'https://proxy.example.com:x, which is no valid URL of a proxy'
    ],
    ['ALL_PROXY', 'http://', 'http://, which is no valid URL of a proxy'],
    [
      'http_proxy',
      'http://a:1\r\nb',
      'http://a:1\\u000d\\u000ab, which is no valid URL of a proxy: take the line break out'
    ]
  ]) {
    test(`${name}=${JSON.stringify(value)} is an Error that names the variable`, () => {
      const expected = { message: `The environment variable ${name} is ${message}` };

      assert.throws(() => proxyOf(PLAIN, { [name]: value }), expected);
    });
  }

  for (const [exceptions, hostname, port, without] of [
    ['*', 'a.b', 80, true],
    ['example.com', 'example.com', 80, true],
    ['example.com', 'www.example.com', 80, false],
    ['.example.com', 'example.com', 80, true],
    ['.example.com', 'www.example.com', 80, true],
    ['*.example.com', 'www.example.com', 80, true],
    ['*.example.com', 'example.com', 80, false],
    ['example.com:8080', 'example.com', 8080, true],
    ['example.com:8080', 'example.com', 80, false],
    ['EXAMPLE.com', 'example.COM', 80, true],
    ['a, b', 'b', 80, true],
    ['a b', 'b', 80, false],
    ['127.0.0.1', '127.0.0.1', 80, true],
    ['127.0.0.1:8080', '127.0.0.1', 8080, true],
    ['127.0.0.1-127.0.0.9', '127.0.0.5', 80, true],
    ['127.0.0.1-127.0.0.9', '127.0.0.10', 80, false],
    ['10.0.0.0/8', '10.1.2.3', 80, false],
    ['::1', '::1', 80, true],
    ['[::1]', '::1', 80, false],
    ['localhost', 'localhost', 80, true],
    ['local*', 'localhost', 80, false],
    ['*example.com', 'myexample.com', 80, false],
    ['.example.com:443', 'www.example.com', 443, false],
    ['', 'a', 80, false],
    ['::1-::9', '::5', 80, false],
    ['example.com.', 'example.com', 80, false],
    [' 127.0.0.1 - 127.0.0.9 ', '127.0.0.5', 80, true],
    ['127.0.0.1-127.0.0.9-x', '127.0.0.5', 80, true]
  ]) {
    test(`NO_PROXY=${exceptions} ${without ? 'leaves out' : 'is not about'} ${hostname}:${port}`, () => {
      const server = { secure: false, hostname, port };
      const origin = proxyOf(server, { http_proxy: 'http://a:1', no_proxy: exceptions });

      assert.strictEqual(origin, without ? null : 'http://a:1');
    });
  }

  for (const [env, execArgv, expected] of [
    [{}, [], false],
    [{ NODE_USE_ENV_PROXY: '1' }, [], true],
    [{ NODE_USE_ENV_PROXY: '0' }, [], false],
    [{}, ['--use-env-proxy'], true],
    [{ NODE_OPTIONS: '--trace-warnings --use-env-proxy' }, [], true],
    [{ NODE_USE_ENV_PROXY: '1' }, ['--no-use-env-proxy'], false],
    [{ NODE_OPTIONS: '--no-use-env-proxy' }, ['--use-env-proxy'], true],
    [{ NODE_OPTIONS: '--use-env-proxy' }, ['--no-use-env-proxy'], false],
    [{ NODE_OPTIONS: '"--use-env-proxy"' }, [], true],
    [{}, ['--use_env_proxy'], true],
    [{}, ['-e', 'spawn("node --use-env-proxy app.js")'], false]
  ]) {
    test(`${JSON.stringify(env)} and ${JSON.stringify(execArgv)} ask for it: ${expected}`, () => {
      assert.strictEqual(usesEnvironment(env, execArgv), expected);
    });
  }
});

describe('a client', () => {
  /** What a client in a process of its own meets: `tunnel` if it asks the proxy, `server` if it asks the server. */
  async function meets(t, option, env, before = '') {
    const asked = [];
    const server = http.createServer();
    server.on('connect', (request, socket) => {
      asked.push('tunnel');
      socket.end('HTTP/1.1 403 No\r\n\r\n');
    });
    server.on('upgrade', (request, socket) => {
      asked.push('server');
      socket.end('HTTP/1.1 403 No\r\n\r\n');
    });
    t.after(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address();
    const program = `
      const http = require('node:http');
      ${before.replace('PORT', port)}
      const { Client } = require('../testing/peers/implementation');
      new Client('ws://127.0.0.1:${port}/', [], ${option}).on('close', () => process.exit());`;
    const variables = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, value.replace('PORT', port)])
    );
    const child = spawn(process.execPath, ['-e', program], {
      cwd: __dirname,
      env: { ...process.env, ...variables },
      stdio: 'ignore'
    });
    await once(child, 'exit');
    return asked;
  }

  const PROXY = { HTTP_PROXY: 'http://127.0.0.1:PORT', http_proxy: '', NO_PROXY: '', no_proxy: '' };

  test('asks the proxy of the environment if its option says so', async (t) => {
    assert.deepStrictEqual(await meets(t, "{ proxy: 'env' }", PROXY), ['tunnel']);
  });

  test('asks it too where the process does, and its option says nothing', async (t) => {
    assert.deepStrictEqual(await meets(t, '{}', { ...PROXY, NODE_USE_ENV_PROXY: '1' }), ['tunnel']);
    assert.deepStrictEqual(await meets(t, '{ proxy: {} }', { ...PROXY, NODE_USE_ENV_PROXY: '1' }), [
      'server'
    ]);
  });

  test('does not ask it otherwise, nor for a server that NO_PROXY names', async (t) => {
    assert.deepStrictEqual(await meets(t, '{}', PROXY), ['server']);
    assert.deepStrictEqual(await meets(t, "{ proxy: 'env' }", { ...PROXY, NO_PROXY: '127.0.0.1' }), [
      'server'
    ]);
  });

  /** The environment that a program gives to Node's own requests, in the place of that of the process. */
  const GIVEN = "{ http_proxy: 'http://127.0.0.1:PORT' }";

  test("asks the proxy of Node's global agent", async (t) => {
    const agent = `http.globalAgent = new http.Agent({ proxyEnv: ${GIVEN} });`;
    for (const option of ['{}', "{ proxy: 'env' }"]) {
      assert.deepStrictEqual(await meets(t, option, { NO_PROXY: '*' }, agent), ['tunnel']);
    }
    assert.deepStrictEqual(await meets(t, '{ proxy: {} }', {}, agent), ['server']);
    const without = agent.replace(' }', ", no_proxy: '127.0.0.1' }");
    assert.deepStrictEqual(await meets(t, '{}', {}, without), ['server']);
  });

  const skip = !http.setGlobalProxyFromEnv && 'this Node has no such function';
  test(
    'asks the proxy that a program has set for all requests, until it takes that back',
    { skip },
    async (t) => {
      const set = `const restore = http.setGlobalProxyFromEnv(${GIVEN});`;
      assert.deepStrictEqual(await meets(t, '{}', {}, set), ['tunnel']);
      assert.deepStrictEqual(await meets(t, '{}', {}, `${set} restore();`), ['server']);
    }
  );
});
