'use strict';

// What a server's constructor is called with: what stands in the wrong place is refused in words that say where it goes,
// and what means something to faye-websocket means the same here.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { describe, test } = require('node:test');
const vm = require('node:vm');

const timers = require('../lib/transport/timers');
const WebSocket = require('../testing/peers/implementation');
const { MemorySocket, fakeRequest } = require('../testing/peers/memory_socket');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');

/** Makes a WebSocket on a stream in memory. */
const make = (head, protocols, options) =>
  new WebSocket(fakeRequest(), new MemorySocket(), head, protocols, options);

const NAMES = [
  'headers',
  'extensions',
  'maxLength',
  'ping',
  'proxy',
  'tls',
  'ca',
  'transport',
  'deflate',
  'allowDrafts'
];

describe('options', () => {
  for (const name of NAMES) {
    test(`such as ${name} where the protocols belong are a TypeError that says where they go`, () => {
      for (const misplaced of [
        { [name]: undefined },
        { [name]: {}, x: 1 },
        Object.assign(Object.create(null), { [name]: 1 }),
        vm.runInNewContext(`({ ${name}: 1 })`)
      ]) {
        const message = new RegExp(
          `^The option ${name} stands where protocols belong: write new WebSocket\\(.*options\\)`
        );
        assert.throws(() => make(Buffer.alloc(0), misplaced), { name: 'TypeError', message });
        assert.throws(() => make(Buffer.alloc(0), misplaced, {}), { name: 'TypeError', message });
      }
    });
  }

  test('where the head belongs are a TypeError, too', () => {
    const message = /^The option ping stands where the head belongs: write/;
    assert.throws(() => make({ ping: 1 }), { name: 'TypeError', message });
  });

  for (const [what, protocols] of [
    ['undefined', undefined],
    ['null', null],
    ['an empty string', ''],
    ['an empty array', []],
    ['an empty object', {}],
    ['an object with other names', { name: 'x' }],
    ['an empty Set', new Set()],
    ['an array with a property', Object.assign(['a'], { ping: 1 })],
    ['an object of a class', new (class {})()],
    ['an object that inherits such a name', Object.create({ ping: 1 })]
  ]) {
    test(`stay none for ${what} where the protocols belong`, (t) => {
      const ws = make(Buffer.alloc(0), protocols);
      t.after(() => ws.terminate());
      assert.strictEqual(ws.readyState, 0);
    });
  }

  for (const options of [undefined, null, {}, '', 0, false]) {
    test(`may be ${JSON.stringify(options)}`, (t) => {
      const ws = make(Buffer.alloc(0), null, options);
      t.after(() => ws.terminate());
      assert.strictEqual(ws.readyState, 0);
    });
  }
});

describe('a URL in the place of a request', () => {
  for (const url of ['ws://localhost/', 'http://localhost/', '', new URL('wss://localhost/')]) {
    test(`is a TypeError that names WebSocket.Client: ${url}`, () => {
      const message = /needs the request of .*; to connect to a server, write new WebSocket\.Client\(url/;
      assert.throws(() => new WebSocket(url), { name: 'TypeError', message });
    });
  }
});

describe('a number', () => {
  const bad = ['30s', 'x', -1, -0.1, NaN, Infinity, -Infinity, {}, [1, 2], () => {}];
  for (const value of bad) {
    test(`for ping is a RangeError if it is ${typeof value} ${String(value)}`, () => {
      const message = 'The option ping must be a number of seconds, 0 or more';
      assert.throws(() => make(Buffer.alloc(0), [], { ping: value }), { name: 'RangeError', message });
    });
  }
  for (const value of bad.filter((one) => one !== Infinity)) {
    test(`for maxLength is a RangeError if it is ${typeof value} ${String(value)}`, () => {
      const message = 'The option maxLength must be a number of bytes, 0 or more';
      assert.throws(() => make(Buffer.alloc(0), [], { maxLength: value }), { name: 'RangeError', message });
    });
  }

  for (const value of [undefined, null, 0, '0', '', false, 30, '30', ' 30 ', 0.5, 1e300]) {
    test(`for ping may be ${JSON.stringify(value)}`, (t) => {
      const ws = make(Buffer.alloc(0), [], { ping: value });
      t.after(() => ws.terminate());
      assert.strictEqual(ws.readyState, 0);
    });
  }

  for (const [value, seconds] of [
    ['30', 30],
    [30, 30],
    ['0.5', 0.5],
    [1e300, 2147483.647],
    ['', 0],
    [0, 0],
    [false, 0]
  ]) {
    test(`of ${JSON.stringify(value)} for ping asks for a ping every ${seconds} s`, (t) => {
      const timer = t.mock.method(timers, 'every');
      const ws = make(Buffer.alloc(0), [], { ping: value });
      t.after(() => ws.terminate());
      const delays = timer.mock.calls.map((call) => call.arguments[1]);
      assert.deepStrictEqual(delays, seconds === 0 ? [] : [seconds * 1000]);
    });
  }

  for (const value of [undefined, null, 0, '', '100', 100, Infinity]) {
    test(`for maxLength may be ${String(value)}`, async (t) => {
      const { port } = await serve(t, (ws) => ws.pipe(ws), { options: { maxLength: value } });
      const client = await connect(t, port);
      client.send([0x81, 0xfe, 0, 200, 0, 0, 0, 0], Buffer.alloc(200, 'a'));
      const { opcode, payload } = await client.frame();
      if (Number(value) === 100) assert.strictEqual(payload.readUInt16BE(0), 1009);
      else assert.deepStrictEqual([opcode, payload.length], [1, 200]);
    });
  }
});

describe('headers', () => {
  const pairs = [
    ['X-A', 'b'],
    ['Set-Cookie', 'c=d'],
    ['Set-Cookie', 'e=f']
  ];
  const expected = /101 Switching Protocols\r\nX-A: b\r\nSet-Cookie: c=d\r\nSet-Cookie: e=f\r\nUpgrade/i;

  for (const [what, headers] of [
    ['an array of pairs', pairs],
    ['the Headers of fetch', headersOf(pairs)],
    [
      'what gives pairs',
      {
        *[Symbol.iterator]() {
          yield* pairs;
        }
      }
    ]
  ]) {
    test(`may be ${what}`, { skip: headers === null && 'there is no fetch' }, async (t) => {
      const { port } = await serve(t, undefined, { options: { headers } });
      const { answer } = await connect(t, port);
      assert.match(sorted(answer), sorted(expected));
    });
  }

  test('may be a Map, of this realm or of another', async (t) => {
    for (const headers of [
      new Map([
        ['X-A', 1],
        ['X-B', undefined]
      ]),
      vm.runInNewContext("new Map([['X-A', 1]])")
    ]) {
      const { port } = await serve(t, undefined, { options: { headers } });
      const { answer } = await connect(t, port);
      assert.match(answer, /101 Switching Protocols\r\nX-A: 1\r\nUpgrade/);
    }
  });

  test('in pairs are checked as in an object', () => {
    for (const [headers, message] of [
      [[['X-A', null]], /Value of header "X-A" is null/],
      [new Map([['X-A', 'b\r\nX-B: c']]), /"X-A".*remove/],
      [[['X A', 'b']], /name/]
    ])
      assert.throws(() => make(Buffer.alloc(0), [], { headers }), { name: 'TypeError', message });
  });

  for (const none of [undefined, null, false, 0, '', {}, [], new Map(), new Set(), new Set(['a'])]) {
    test(`are none for ${Object.prototype.toString.call(none)} ${String(none)}`, async (t) => {
      const { port } = await serve(t, undefined, { options: { headers: none } });
      const { answer } = await connect(t, port);
      assert.match(answer, /^HTTP\/1\.1 101 Switching Protocols\r\nUpgrade: websocket\r\n/);
    });
  }

  test('may be inherited', async (t) => {
    const headers = Object.create({ 'X-A': 'inherited' });
    const { port } = await serve(t, undefined, { options: { headers } });
    const { answer } = await connect(t, port);
    assert.match(answer, /\r\nX-A: inherited\r\n/);
  });
});

test('whoever extends Object.prototype gets no exceptions and no headers', () => {
  const script = `
    Object.prototype.extension = function () { return 'secret'; };
    Object.prototype.other = 'secret';
    const WebSocket = require('../testing/peers/implementation');
    const { MemorySocket, fakeRequest } = require('../testing/peers/memory_socket');
    const stream = new MemorySocket();
    const { deflate } = WebSocket;
    const options = { headers: { 'X-A': 'b' }, extensions: [deflate.configure({ level: 1 })] };
    const ws = new WebSocket(fakeRequest(), stream, Buffer.alloc(0), ['chat'], options);
    WebSocket.validateOptions({ a: 1 }, ['a']);
    const source = new WebSocket.EventSource(
      fakeRequest(), { socket: new MemorySocket(), getHeaderNames: () => [] }, { headers: { 'X-A': 'b' } });
    const client = new WebSocket.Client('ws://127.0.0.1:1/', ['chat'], { headers: { 'X-A': 'b' }, net: {}, tls: {}, proxy: {} });
    ws.on('open', ({ extension, ...own }) => {
      const event = new (require('../lib/faye/websocket/api/event'))('x', { detail: 1 });
      const text = String(stream.written) + String(source._stream.written) + JSON.stringify(Object.keys(event));
      process.stdout.write(text, () => process.exit());
    });`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    cwd: __dirname,
    encoding: 'utf8'
  });
  assert.strictEqual(stderr, '');
  assert.match(stdout, /101 Switching.*X-A: b/s);
  assert.match(stdout, /200 OK.*X-A: b/s);
  assert.match(stdout, /\["type","detail"\]/);
  assert.doesNotMatch(stdout, /extension:|secret|other/);
});

test('an option that nobody knows is refused all the same, inherited or not', () => {
  assert.throws(
    () => make(Buffer.alloc(0), [], { pings: 1 }),
    /^Error: Unrecognized option: pings: write ping$/
  );
  assert.throws(() => make(Buffer.alloc(0), [], Object.create({ pings: 1 })), /Unrecognized option: pings/);
});

/** Pairs as Headers, where there are any. */
function headersOf(list) {
  if (typeof Headers !== 'function') return null;
  const headers = new Headers();
  for (const [name, value] of list) headers.append(name, value);
  return headers;
}

/** Headers sorts its names: an answer, or what it is to match, with its lines sorted and in lower case. */
function sorted(text) {
  if (text instanceof RegExp) return /^.*set-cookie: c=d\nset-cookie: e=f\n.*x-a: b/s;
  return text.toLowerCase().split('\r\n').sort().join('\n');
}
