'use strict';

// What a client is called with: everything wrong is thrown before there is a socket, and nothing of the caller's is changed.

const assert = require('node:assert');
const net = require('node:net');
const { describe, test } = require('node:test');
const tls = require('node:tls');

const { Client } = require('..');
const native = require('../lib/native');
const { withoutCredentials } = require('../lib/opening/address');
const wheel = require('../lib/transport/timers');
const { agree, listen } = require('../testing/peers/raw_server');
const { watch } = require('../testing/peers/watch');

/** Calls `make`, which must throw `expected`, and sees to it that neither socket nor slot nor timer was made. */
function throwsAtOnce(t, make, expected) {
  const connects = [t.mock.method(net, 'connect'), t.mock.method(tls, 'connect')];
  const timers = [t.mock.method(global, 'setTimeout'), t.mock.method(global, 'setInterval')];
  timers.push(t.mock.method(wheel, 'after'), t.mock.method(wheel, 'every'));
  assert.throws(make, expected);
  for (const { mock } of [...connects, ...timers]) assert.strictEqual(mock.callCount(), 0);
  assert.strictEqual(native.sessions(), 0);
}

const PARTS = [
  ['ftp://127.0.0.1/', 'a scheme that is no HTTP either'],
  ['file:///etc/hosts', 'a scheme without hosts'],
  ['ws:', 'no host'],
  ['ws://', 'no host behind slashes'],
  ['ws://:80/', 'a port without a host'],
  ['ws://user:secret@', 'credentials without a host'],
  ['ws:///', 'no host before the path'],
  ['ws://127.0.0.1:65536/', 'a port that is too large'],
  ['ws://127.0.0.1:x/', 'a port that is no number'],
  ['ws://a b/', 'a blank in the host'],
  ['', 'nothing']
];

describe('a URL', () => {
  for (const [url, what] of PARTS) {
    test(`with ${what} throws`, (t) => {
      throwsAtOnce(
        t,
        () => new Client(url),
        /^Error: .*is not a valid WebSocket URL: write ws:\/\/host:port\/path, or wss:/
      );
    });
  }

  for (const [url, instead] of [
    ['http://127.0.0.1/a?b', 'ws://127.0.0.1/a?b'],
    ['https://127.0.0.1:81', 'wss://127.0.0.1:81'],
    ['HTTP://127.0.0.1/', 'ws://127.0.0.1/'],
    ['http://127.0.0.1/#a', 'ws://127.0.0.1/#a'],
    ['//127.0.0.1/', 'ws://127.0.0.1/'],
    ['localhost:8000', 'ws://localhost:8000'],
    ['chat:8000/a?b', 'ws://chat:8000/a?b'],
    ['example.com/a', 'ws://example.com/a'],
    [8000, 'ws://localhost:8000/'],
    ['/chat', 'ws://localhost:8000/chat'],
    ['ws:///chat', 'ws://localhost/chat'],
    ['wss:////a.example/chat', 'wss://localhost/a.example/chat'],
    ['ws:127.0.0.1/chat', 'ws://127.0.0.1/chat'],
    ['ws:/127.0.0.1/chat', 'ws://127.0.0.1/chat']
  ]) {
    test(`${url} throws, and says to write ${instead}`, (t) => {
      const message = `${url} is not a valid WebSocket URL: write ${instead}`;
      throwsAtOnce(t, () => new Client(url), { name: 'Error', message });
    });
  }

  test('in whose place a request stands throws, and says to write new WebSocket', (t) => {
    const request = { method: 'GET', url: '/', headers: { host: 'a' } };
    const expected = /^TypeError: A Client .* write new WebSocket\(request, socket, head\)$/;
    throwsAtOnce(t, () => new Client(request, null, Buffer.alloc(0)), expected);
  });

  test('that is not valid is quoted without its credentials', (t) => {
    const message = 'http://127.0.0.1/ is not a valid WebSocket URL: write ws://127.0.0.1/';
    throwsAtOnce(t, () => new Client('http://user:secret@127.0.0.1/'), { message });
  });

  test('loses its credentials in every spelling', () => {
    const cases = {
      'ws://user:secret@h/p': 'ws://h/p',
      'ws://user:se@cret@h/p@q': 'ws://h/p@q',
      'ws:user:secret@h': 'ws:h',
      'ws:\\\\user:secret@h\\p': 'ws:\\\\h\\p',
      'w\ns://us\ter:secret@h?a@b': 'ws://h?a@b',
      'user:secret@h': 'user:h',
      'ws://h/a@b': 'ws://h/a@b',
      'ws://h#a@b': 'ws://h#a@b'
    };
    for (const [url, expected] of Object.entries(cases)) {
      assert.strictEqual(withoutCredentials(url), expected);
      assert.ok(!withoutCredentials(url).includes('secret'));
    }
  });

  test('may be a URL object', async (t) => {
    const server = await listen(t);
    const ws = new Client(new URL(server.url));
    t.after(() => ws.terminate());
    await agree(await server.next());
    assert.strictEqual(ws.url, server.url);
  });

  test('with a fragment throws, and names the fragment', (t) => {
    const message = 'ws://127.0.0.1/a?b#c is not a valid WebSocket URL: remove the fragment #c';
    throwsAtOnce(t, () => new Client('ws://127.0.0.1/a?b#c'), { name: 'Error', message });
    throwsAtOnce(t, () => new Client('ws://user:secret@127.0.0.1/a?b#c'), { name: 'Error', message });
  });

  test('with an empty fragment is asked for without it', async (t) => {
    const server = await listen(t);
    const ws = new Client(`${server.url}a?b#`);
    t.after(() => ws.terminate());
    assert.match(await agree(await server.next()), /^GET \/a\?b HTTP\/1\.1\r\n/);
  });

  test('with line breaks asks for a path without them', async (t) => {
    const server = await listen(t);
    const ws = new Client(`${server.url}a\r\nX-Forged: yes`);
    t.after(() => ws.terminate());
    assert.match(await agree(await server.next()), /^GET \/aX-Forged:%20yes HTTP\/1\.1\r\nHost: /);
  });

  test('with credentials asks with Basic authorization, decoded', async (t) => {
    const server = await listen(t);
    const ws = new Client(server.url.replace('//', '//us%40er:p%3Ass@'));
    t.after(() => ws.terminate());
    const basic = Buffer.from('us@er:p:ss').toString('base64');
    assert.ok((await agree(await server.next())).includes(`\r\nAuthorization: Basic ${basic}\r\n`));
  });
});

describe('an argument', () => {
  const wrong = [
    ['an option that nobody knows', { extra: 1 }, /^Error: Unrecognized option: extra$/],
    ['a header with a line break', { headers: { 'X-A': 'b\r\nX-Forged: yes' } }, /^TypeError: .*X-A/],
    ['a header with NUL', { headers: { 'X-A': 'b\0' } }, /^TypeError: .*X-A/],
    ['a header whose name has a line break', { headers: { 'X\r\nA': 'b' } }, /^TypeError: .*X/],
    [
      'a header for the proxy with a line break',
      proxied({ headers: { 'X-A': 'b\nc' } }),
      /^TypeError: .*X-A/
    ],
    [
      'a proxy that is no URL',
      proxied({ origin: 'nonsense' }),
      /^Error: nonsense is not a valid origin of a proxy$/
    ],
    [
      'a proxy of another scheme',
      proxied({ origin: 'socks://127.0.0.1' }),
      /is not a valid origin of a proxy: give the option agent an agent for SOCKS proxies$/
    ],
    ['a negative maxLength', { maxLength: -1 }, /^RangeError: .*maxLength/],
    ['a pongTimeout below 0', { pongTimeout: -1 }, /^RangeError: .*pongTimeout/],
    ['an idleTimeout that is no number', { idleTimeout: 'soon' }, /^RangeError: .*idleTimeout/],
    ['a closeTimeout of 0', { closeTimeout: 0 }, /^RangeError: .*closeTimeout/],
    ['a maxBufferedAmount of 0', { maxBufferedAmount: 0 }, /^RangeError: .*maxBufferedAmount/],
    ['an onFull that is none', { maxBufferedAmount: 1, onFull: 'wait' }, /^TypeError: .*onFull/],
    ['an onFull without its limit', { onFull: 'drop' }, /^TypeError: .*maxBufferedAmount/],
    ['a handshakeTimeout of 0', { handshakeTimeout: 0 }, /^RangeError: .*handshakeTimeout/],
    ['a handshakeTimeout that is no number', { handshakeTimeout: '5s' }, /^RangeError: .*handshakeTimeout/],
    ['a signal that is none', { signal: {} }, /^TypeError: .*signal/],
    ['a transport that is none', { transport: 'pigeon' }, /^TypeError: .*transport/]
  ];
  for (const [what, options, expected] of wrong) {
    test(`with ${what} throws before there is a socket, although a ping is wanted`, (t) => {
      throwsAtOnce(t, () => new Client('ws://127.0.0.1:1/', [], { ping: 10, ...options }), expected);
    });
  }

  for (const protocol of ['chat\r\nX-Forged: yes', 'chat\0', 'ch\nat']) {
    test(`with the protocol ${JSON.stringify(protocol)} throws`, (t) => {
      throwsAtOnce(t, () => new Client('ws://127.0.0.1:1/', [protocol]), /^TypeError: Subprotocol/);
    });
  }

  test('of TLS that Node refuses throws, for the origin behind a proxy too', () => {
    const tlsOptions = { minVersion: 'nonsense' };
    assert.throws(() => new Client('wss://127.0.0.1:1/', [], { tls: tlsOptions }), /nonsense/);
    const options = { tls: tlsOptions, ...proxied({}) };
    assert.throws(() => new Client('wss://127.0.0.1:1/', [], options), /nonsense/);
    assert.strictEqual(native.sessions(), 0);
  });

  test('of net that Node refuses throws, and leaves no slot', () => {
    const options = { net: { localAddress: 'nonsense' } };
    assert.throws(() => new Client('ws://127.0.0.1:1/', [], options), /nonsense/);
    assert.strictEqual(native.sessions(), 0);
  });

  for (const separator of '()<>@;:\\"/[]?={} ') {
    test(`with ${JSON.stringify(separator)} in a protocol throws`, (t) => {
      const make = () => new Client('ws://127.0.0.1:1/', ['chat', `a${separator}b`]);
      throwsAtOnce(t, make, /^TypeError: Subprotocol "a.{1,2}b" is not valid: use letters, digits/);
    });
  }

  test('with a comma in a protocol of an array throws, and separates protocols in a string', async (t) => {
    throwsAtOnce(t, () => new Client('ws://127.0.0.1:1/', ['a,b']), /^TypeError: Subprotocol "a,b" is not/);
    const server = await listen(t);
    const ws = new Client(server.url, ' a ,b,');
    t.after(() => ws.terminate());
    assert.match(await agree(await server.next()), /\r\nSec-WebSocket-Protocol: a, b\r\n/);
  });

  for (const protocols of [['a', 'b', 'a'], 'a, b,a']) {
    test(`with a protocol twice, in ${JSON.stringify(protocols)}, throws`, (t) => {
      const expected = /^TypeError: Subprotocol "a" is offered more than once: name it once/;
      throwsAtOnce(t, () => new Client('ws://127.0.0.1:1/', protocols), expected);
    });
  }
});

/** Options with a proxy that nobody listens at. */
function proxied(proxy) {
  return { proxy: { origin: 'http://127.0.0.1:1', ...proxy } };
}

/** Freezes an object and all that it holds. */
function frozen(object) {
  for (const value of Object.values(object)) {
    if (value !== null && typeof value === 'object' && !Buffer.isBuffer(value)) frozen(value);
  }
  return Object.freeze(object);
}

test('objects of the caller are not written to', async (t) => {
  const server = await listen(t);
  const protocols = frozen(['a']);
  const options = frozen({ headers: { 'X-A': 'b' }, net: {}, tls: {}, proxy: {}, maxLength: 100, ping: 10 });
  const ws = new Client(server.url, protocols, options);
  t.after(() => ws.terminate());
  await agree(await server.next());

  const through = frozen({
    proxy: { origin: server.url.replace('ws:', 'http:'), headers: {}, tls: {} },
    tls: {}
  });
  const other = new Client('wss://127.0.0.1:1/', protocols, through);
  t.after(() => other.terminate());
  assert.match(await (await server.next()).head(), /^CONNECT 127\.0\.0\.1:1 /);
});

test('an object that is shared by many clients serves them all', async (t) => {
  const servers = [await listen(t), await listen(t)];
  const options = { net: {}, tls: {} };
  for (const server of servers) {
    const ws = new Client(server.url, [], options);
    t.after(() => ws.terminate());
    await agree(await server.next());
  }
});

test('Client has three parameters, and its module is where faye-websocket has it', () => {
  assert.strictEqual(Client.length, 3);
  assert.strictEqual(Client, require('../lib/faye/websocket/client'));
});

test('options of net reach the socket', async (t) => {
  const server = await listen(t);
  const ws = new Client('ws://name.invalid:' + server.port, [], {
    net: {
      lookup: (host, options, callback) =>
        callback(null, options.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4)
    }
  });
  t.after(() => ws.terminate());
  assert.match(await agree(await server.next()), /\r\nHost: name\.invalid:/);
});

test('a proxy without an origin is no proxy', async (t) => {
  const server = await listen(t);
  const ws = new Client(server.url, null, { proxy: { headers: { 'X-A': 'b' } } });
  const { closed } = watch(ws);
  await agree(await server.next());
  ws.on('open', () => ws.terminate());
  assert.deepStrictEqual(await closed, ['open', 'close 1006 ']);
});
