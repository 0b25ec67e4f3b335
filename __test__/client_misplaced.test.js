'use strict';

// What a client is called with, in the wrong place or under another name; and what goes into its request.

const assert = require('node:assert');
const { once, getEventListeners } = require('node:events');
const { describe, test } = require('node:test');
const vm = require('node:vm');

const { Client } = require('..');
const native = require('../lib/native');
const { startProxy } = require('../testing/peers/proxy');
const { agree, listen } = require('../testing/peers/raw_server');
const { uncaught } = require('../testing/peers/watch');

const URL_OF_NOBODY = 'ws://127.0.0.1:1/';

/** The head of the request that a client sends. */
async function requestOf(t, change, ...rest) {
  const server = await listen(t);
  const ws = new Client(change(server.url), ...rest);
  t.after(() => ws.terminate());
  return (await server.next()).head();
}

const same = (url) => url;

describe('options where the protocols belong', () => {
  for (const name of [
    'headers',
    'ping',
    'proxy',
    'tls',
    'ca',
    'net',
    'handshakeTimeout',
    'signal',
    'extensions'
  ]) {
    test(`are a TypeError that says where they go: ${name}`, () => {
      for (const misplaced of [{ [name]: undefined }, vm.runInNewContext(`({ a: 1, ${name}: {} })`)]) {
        const message = `The option ${name} stands where protocols belong: write new Client(url, protocols, options), with null for no protocols`;
        assert.throws(() => new Client(URL_OF_NOBODY, misplaced), { name: 'TypeError', message });
        assert.throws(() => new Client(URL_OF_NOBODY, misplaced, {}), { name: 'TypeError', message });
      }
      assert.strictEqual(native.sessions(), 0);
    });
  }

  for (const protocols of [undefined, null, '', [], {}, { a: 1 }, new Set(), [''], ' , ']) {
    test(`are none in ${Object.prototype.toString.call(protocols)} ${JSON.stringify(protocols)}`, async (t) => {
      assert.doesNotMatch(await requestOf(t, same, protocols), /Sec-WebSocket-Protocol/);
    });
  }

  test('are none in a Set of names, which are offered', async (t) => {
    assert.match(await requestOf(t, same, new Set(['a', 'b'])), /\r\nSec-WebSocket-Protocol: a, b\r\n/);
  });

  for (const options of [undefined, null, {}, '', 0, false]) {
    test(`are not needed: ${JSON.stringify(options)}`, async (t) => {
      assert.match(await requestOf(t, same, null, options), /^GET \/ HTTP\/1\.1\r\n/);
    });
  }
});

test('what is no object is a TypeError in the place of net, of tls, and of the tls of a proxy', () => {
  const refuses = (options, name) =>
    assert.throws(() => new Client(URL_OF_NOBODY, [], options), {
      name: 'TypeError',
      message: new RegExp(`^The option ${name} must be an object, not `)
    });
  for (const value of ['x', true, 5, 5n]) {
    refuses({ net: value }, 'net');
    refuses({ tls: value }, 'tls');
    refuses({ proxy: { origin: 'http://localhost', tls: value } }, 'tls of proxy');
  }
  assert.strictEqual(native.sessions(), 0);
});

describe('a proxy', () => {
  for (const proxy of [
    { url: 'http://127.0.0.1:1' },
    { host: '127.0.0.1', port: 1 },
    { hostname: '127.0.0.1' },
    { port: 8080, headers: {} },
    { origin: undefined, url: 'http://127.0.0.1:1' },
    { origin: null, port: 1 },
    { uri: 'http://127.0.0.1:1' },
    { Origin: 'http://127.0.0.1:1' },
    { URL: 'http://127.0.0.1:1' },
    { origins: 'http://127.0.0.1:1', headers: {} },
    { orgin: 'http://127.0.0.1:1' }
  ]) {
    test(`without an origin is a TypeError: ${JSON.stringify(proxy)}`, () => {
      const message =
        /^The option proxy has (ur[il]|host|hostname|port|or\w+) and no origin: write proxy: \{ origin: 'http:/i;
      assert.throws(() => new Client(URL_OF_NOBODY, [], { proxy }), { name: 'TypeError', message });
      assert.strictEqual(native.sessions(), 0);
    });
  }

  for (const proxy of [
    undefined,
    null,
    false,
    '',
    {},
    { origin: '' },
    { origin: undefined },
    { origin: '', port: 1 },
    { headers: {} },
    { url: undefined },
    { Origin: undefined },
    { connectTimeout: 1, rejectUnauthorized: false }
  ]) {
    test(`is none for ${JSON.stringify(proxy)}`, async (t) => {
      assert.match(await requestOf(t, same, [], { proxy }), /^GET \/ /);
    });
  }

  for (const wrap of [(origin) => origin, (origin) => ({ origin }), (origin) => new URL(origin)]) {
    test(`may be given as ${String(wrap).slice(12)}`, async (t) => {
      const server = await listen(t, (peer) => agree(peer));
      const proxy = await startProxy(t);
      const ws = new Client(server.url, [], { proxy: wrap(proxy.origin) });
      t.after(() => ws.terminate());
      await once(ws, 'open');
      assert.strictEqual(proxy.requests.length, 1);
    });
  }

  test('that is an object of a URL is sent its name and password', async (t) => {
    const proxy = await listen(t);
    const ws = new Client('ws://h.invalid/', [], {
      proxy: new URL(proxy.url.replace('ws://', 'http://user:word@'))
    });
    t.after(() => ws.terminate());
    const head = await (await proxy.next()).head();
    assert.match(head, /\r\nProxy-Authorization: Basic dXNlcjp3b3Jk\r\n/);
  });

  test('that is a list of something is a TypeError, and one that is an object of a string is that string', () => {
    for (const proxy of [['http://localhost'], new Map([['origin', 'http://localhost']]), new Set(['a'])]) {
      const message = /^The option proxy must be 'env', a URL, or an object with an origin, not /;
      assert.throws(() => new Client(URL_OF_NOBODY, [], { proxy }), { name: 'TypeError', message });
    }
    const proxy = new String('nonsense');
    assert.throws(() => new Client(URL_OF_NOBODY, [], { proxy }), /is not a valid origin of a proxy/);
    assert.strictEqual(native.sessions(), 0);
  });

  test('that is no URL throws', () => {
    assert.throws(
      () => new Client(URL_OF_NOBODY, [], { proxy: 'nonsense' }),
      /is not a valid origin of a proxy/
    );
  });

  for (const [credentials, header] of [
    ['user@', 'dXNlcjo='],
    ['user:@', 'dXNlcjo='],
    [':secret@', 'OnNlY3JldA==']
  ]) {
    test(`whose URL says ${credentials} gets them`, async (t) => {
      const proxy = await startProxy(t, { behind: '' });
      const origin = proxy.origin.replace('//', `//${credentials}`);
      const ws = new Client(URL_OF_NOBODY, [], { proxy: { origin } });
      t.after(() => ws.terminate());
      while (proxy.requests.length === 0) await new Promise(setImmediate);
      assert.match(proxy.requests[0], new RegExp(`\r\nProxy-Authorization: Basic ${header}\r\n`));
    });
  }
});

describe('a number', () => {
  for (const name of ['ping', 'handshakeTimeout', 'maxLength']) {
    for (const value of ['30s', 'x', -1, NaN, {}, -Infinity]) {
      test(`for ${name} is a RangeError if it is ${typeof value} ${String(value)}`, () => {
        assert.throws(() => new Client(URL_OF_NOBODY, [], { [name]: value }), {
          name: 'RangeError',
          message: new RegExp(`^The option ${name} must be a number of`)
        });
        assert.strictEqual(native.sessions(), 0);
      });
    }
    test(`for ${name} may be in a string`, async (t) => {
      assert.match(await requestOf(t, same, [], { [name]: '30' }), /^GET \/ /);
    });
  }
});

describe('the headers of a request', () => {
  for (const [what, headers] of [
    [
      'a Map',
      new Map([
        ['X-A', 'b'],
        ['x-c', 1]
      ])
    ],
    [
      'pairs',
      [
        ['X-A', 'b'],
        ['x-c', 1]
      ]
    ],
    ['an object', { 'X-A': 'b', 'x-c': 1 }]
  ]) {
    test(`may be ${what}, for the server and for a proxy`, async (t) => {
      const expected = /\r\nX-A: b\r\nx-c: 1\r\n\r\n$/;
      assert.match(await requestOf(t, same, [], { headers }), expected);
      const proxy = await startProxy(t, { behind: '' });
      const ws = new Client(URL_OF_NOBODY, [], { proxy: { origin: proxy.origin, headers } });
      t.after(() => ws.terminate());
      while (proxy.requests.length === 0) await new Promise(setImmediate);
      assert.match(proxy.requests[0], expected);
    });
  }

  for (const name of ['Host', 'host', 'HOST']) {
    test(`honour the caller's ${name}, once`, async (t) => {
      const head = await requestOf(t, same, [], { headers: { [name]: 'virtual.example:8080' } });
      assert.match(head, /^GET \/ HTTP\/1\.1\r\nHost: virtual\.example:8080\r\nUpgrade/);
      assert.strictEqual(head.match(/^host:/gim).length, 1);
    });
  }

  test('say the host of the URL where the caller has left it out', async (t) => {
    for (const headers of [{}, { Host: undefined }])
      assert.match(await requestOf(t, same, [], { headers }), /\r\nHost: 127\.0\.0\.1:\d+\r\n/);
  });

  for (const [credentials, header] of [
    ['user@', 'dXNlcjo='],
    ['user:@', 'dXNlcjo='],
    [':secret@', 'OnNlY3JldA=='],
    ['user:secret@', 'dXNlcjpzZWNyZXQ=']
  ]) {
    test(`tell the credentials of ws://${credentials}…`, async (t) => {
      const head = await requestOf(t, (url) => url.replace('//', `//${credentials}`));
      assert.match(head, new RegExp(`\r\nAuthorization: Basic ${header}\r\n`));
    });
  }

  test('tell none where the URL has none', async (t) => {
    for (const credentials of ['', '@', ':@']) {
      const head = await requestOf(t, (url) => url.replace('//', `//${credentials}`));
      assert.doesNotMatch(head, /Authorization/);
    }
  });

  test("prefer the caller's Authorization to a user of the URL without a password", async (t) => {
    const headers = { Authorization: 'Bearer x' };
    const head = await requestOf(t, (url) => url.replace('//', '//user@'), [], { headers });
    assert.match(head, /\r\nAuthorization: Bearer x\r\n/);
    assert.strictEqual(head.match(/^authorization:/gim).length, 1);
  });
});

describe('a signal', () => {
  test('serves any number of clients with one listener, and warns of nothing', async (t) => {
    const warnings = [];
    const warn = ({ name }) => warnings.push(name);
    process.on('warning', warn);
    t.after(() => process.removeListener('warning', warn));
    const server = await listen(t);
    const controller = new AbortController();
    const { signal } = controller;
    const clients = Array.from({ length: 30 }, () => new Client(server.url, [], { signal }));
    assert.strictEqual(getEventListeners(signal, 'abort').length, 1);
    const closed = clients.map((ws) => new Promise((resolve) => ws.on('close', ({ code }) => resolve(code))));
    const errors = clients.map(
      (ws) => new Promise((resolve) => ws.on('error', ({ error }) => resolve(error)))
    );
    controller.abort(new Error('the reason'));
    assert.deepStrictEqual(new Set(await Promise.all(closed)), new Set([1006]));
    for (const error of await Promise.all(errors)) assert.strictEqual(error.cause.message, 'the reason');
    await new Promise(setImmediate);
    assert.deepStrictEqual(warnings, []);
  });

  test('is let go of by the last client that goes', async (t) => {
    const server = await listen(t);
    const { signal } = new AbortController();
    const clients = Array.from({ length: 3 }, () => new Client(server.url, [], { signal }));
    for (const [i, ws] of clients.entries()) {
      assert.strictEqual(getEventListeners(signal, 'abort').length, 1);
      const closed = once(ws, 'close');
      if (i === 0) ws.close();
      else ws.terminate();
      await closed;
    }
    assert.strictEqual(getEventListeners(signal, 'abort').length, 0);
    const again = new Client(server.url, [], { signal });
    assert.strictEqual(getEventListeners(signal, 'abort').length, 1);
    again.terminate();
  });

  test('ends all its clients although a handler of one throws', async (t) => {
    const messages = uncaught(t);
    const server = await listen(t);
    const controller = new AbortController();
    const clients = Array.from(
      { length: 5 },
      () => new Client(server.url, [], { signal: controller.signal })
    );
    clients[1].on('error', () => {
      throw new Error('planned');
    });
    const closed = clients.map((ws) => new Promise((resolve) => ws.on('close', resolve)));
    controller.abort();
    await Promise.all(closed);
    await new Promise(setImmediate);
    assert.deepStrictEqual(messages, ['planned']);
  });
});
