'use strict';

// NO_PROXY and the variables of proxies, as Node's own `http` and `https` read them: each pattern with each host is asked of
// both. Before Node 24 nothing can be compared.

const assert = require('node:assert');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const { Duplex } = require('node:stream');
const { test } = require('node:test');
const tls = require('node:tls');

const { serverAddress } = require('../lib/opening/address');
const { proxyOf } = require('../lib/opening/proxy_env');

// Node 22 takes a pattern that begins with a dot for the end of any name: `.example.com` for that of `myexample.com`.
const skip =
  parseInt(process.versions.node, 10) < 24 && 'this Node reads no such variables, or by other rules';

const PATTERNS = [
  '',
  ' ',
  ',',
  '*',
  ' * ',
  '**',
  '*,',
  '.',
  '*.',
  '..',
  'example.com',
  'EXAMPLE.COM',
  ' example.com ',
  'example.com.',
  '.example.com',
  '.example.com.',
  '..example.com',
  '*.example.com',
  '*example.com',
  '*.*.example.com',
  'www.*.com',
  'www.example.*',
  '.com',
  'com',
  'example.com:80',
  'example.com:8080',
  'example.com: 8080',
  'example.com:',
  'example.com:*',
  ':8080',
  '*:8080',
  '.example.com:8080',
  '*.example.com:8080',
  'http://example.com',
  'example.com/',
  'example.com other.org',
  'example.com,other.org',
  'example.com , other.org',
  'other.org;example.com',
  ',,example.com',
  'example.com,',
  '-example.com',
  'localhost',
  'LocalHost',
  'localhost:8080',
  '.localhost',
  '127.0.0.1',
  '127.0.0.1:8080',
  '127.0.0.0/8',
  '127.0.0.*',
  '127.*',
  '127.0.0.0-127.0.0.255',
  ' 127.0.0.0 - 127.0.0.255 ',
  '127.0.0.0 -127.0.0.255',
  '127.0.0.255-127.0.0.0',
  '127.0.0.0-127.0.0.255-x',
  '127.0.0.0-',
  '-127.0.0.255',
  '127.0.0.0-127.0.0.255:8080',
  '10.0.0.0-10.255.255.255',
  '0.0.0.0-255.255.255.255',
  '127.1',
  '::1',
  '[::1]',
  '::1:8080',
  '[::1]:8080',
  '0:0:0:0:0:0:0:1',
  '::0-::9',
  'fe80::1',
  'FE80::1',
  'fe80::/10',
  'münchen.example',
  'xn--mnchen-3ya.example',
  'a_b.example'
];

const HOSTS = [
  'example.com',
  'example.com:8080',
  'EXAMPLE.com',
  'example.com.',
  'www.example.com',
  'www.example.com:8080',
  'a.www.example.com',
  'myexample.com',
  'example.com.evil.org',
  'other.org',
  'com',
  'localhost',
  'localhost:8080',
  'localhost.',
  'a.localhost',
  '127.0.0.1',
  '127.0.0.1:8080',
  '127.1',
  '0x7f.1',
  '127.0.0.255',
  '128.0.0.0',
  '10.1.2.3',
  '[::1]',
  '[::1]:8080',
  '[0:0:0:0:0:0:0:1]',
  '[fe80::1]',
  '[::ffff:127.0.0.1]',
  'münchen.example',
  'a_b.example'
];

/** Where sockets would lead that Node makes meanwhile; none is made. */
function watchSockets(t) {
  const led = [];
  const fake = (...args) => {
    const [options] = args;
    led.push(`${options.host}:${options.port}`);
    const stream = new Duplex({ read() {}, write: (chunk, encoding, done) => done() });
    return Object.assign(stream, {
      setTimeout() {},
      setKeepAlive() {},
      setNoDelay() {},
      ref() {},
      unref() {}
    });
  };
  t.mock.method(net, 'connect', fake);
  t.mock.method(net, 'createConnection', fake);
  t.mock.method(tls, 'connect', fake);
  return led;
}

/** Whether Node's own request for a host leads to the proxy. */
function nodeUsesProxy(led, scheme, host, env) {
  const { Agent, request } = scheme === 'http' ? http : https;
  led.length = 0;
  const agent = new Agent({ proxyEnv: env });
  const asked = request(`${scheme}://${host}/`, { agent });
  asked.on('error', () => {});
  asked.destroy();
  agent.destroy();
  assert.strictEqual(led.length, 1, host);
  return led[0] === 'proxy.test:3128';
}

/** Whether ours does. */
function oursUsesProxy(scheme, host, env) {
  return proxyOf(serverAddress(`${scheme.replace('http', 'ws')}://${host}/`), env) !== null;
}

for (const scheme of ['http', 'https']) {
  test(`NO_PROXY means the same to ${scheme}: and to us`, { skip }, (t) => {
    const led = watchSockets(t);
    const different = [];
    let excepted = 0;
    for (const pattern of PATTERNS) {
      const env = { [`${scheme}_proxy`]: 'http://proxy.test:3128', no_proxy: pattern };
      for (const host of HOSTS) {
        const node = nodeUsesProxy(led, scheme, host, env);
        if (!node) excepted++;
        if (node !== oursUsesProxy(scheme, host, env)) different.push(`${pattern} ${host}: ${node}`);
      }
    }
    assert.deepStrictEqual(different, []);
    t.diagnostic(`${PATTERNS.length * HOSTS.length} pairs, ${excepted} of them without the proxy`);
  });
}

test('both cases of the variables, and their precedence, are as for Node', { skip }, (t) => {
  const led = watchSockets(t);
  const values = [undefined, '', 'http://proxy.test:3128', 'http://else.test:1', 'socks5://proxy.test:3128'];
  let compared = 0;
  for (const scheme of ['http', 'https']) {
    for (const lower of values) {
      for (const upper of values) {
        for (const [no, NO] of [
          [undefined, undefined],
          ['', 'example.com'],
          ['other.org', 'example.com'],
          ['example.com', 'other.org']
        ]) {
          const env = {
            [`${scheme}_proxy`]: lower,
            [`${scheme.toUpperCase()}_PROXY`]: upper,
            no_proxy: no,
            NO_PROXY: NO
          };
          const node = nodeUsesProxy(led, scheme, 'example.com', env) ? 'http://proxy.test:3128' : led[0];
          const ours = proxyOf(serverAddress(`${scheme.replace('http', 'ws')}://example.com/`), env);
          const expected = { 'else.test:1': 'http://else.test:1' }[node] || node;
          assert.strictEqual(ours, expected.startsWith('http') ? expected : null, JSON.stringify(env));
          compared++;
        }
      }
    }
  }
  t.diagnostic(`${compared} environments`);
});

test('what Node refuses, we refuse, and what it ignores, we ignore', { skip }, (t) => {
  const led = watchSockets(t);
  for (const value of [
    'http://',
    'http://:3128',
    'http://[::1',
    'http://a b:1',
    'http://proxy.test:99999',
    'http://proxy.test:x',
    'http://user:pass@:1',
    'http://proxy.test:3128\r\nX: y',
    'http://proxy.test:3128\n',
    'proxy.test:3128',
    'proxy.test',
    '//proxy.test:3128',
    'HTTP://proxy.test:3128',
    ' http://proxy.test:3128',
    'http:proxy.test:3128',
    'http:/proxy.test:3128',
    'socks5://proxy.test:1080',
    'ftp://proxy.test',
    'null',
    'http://proxy.test:3128/path?query#fragment',
    'http://proxy.test:3128 ',
    'http:///proxy.test:3128',
    'http://user:pass@proxy.test:3128',
    'http://@proxy.test:3128',
    'https://proxy.test:3128'
  ]) {
    const env = { http_proxy: value };
    const outcome = (use) => {
      try {
        return use() ? 'used' : 'ignored';
      } catch {
        return 'refused';
      }
    };
    assert.strictEqual(
      outcome(() => oursUsesProxy('http', 'example.com', env)),
      outcome(() => nodeUsesProxy(led, 'http', 'example.com', env)),
      JSON.stringify(value)
    );
  }
});
