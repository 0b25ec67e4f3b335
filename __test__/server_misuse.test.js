'use strict';

// What a caller can do wrong is a synchronous error that says what to change, and leaves nothing behind.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { headerList } = require('../lib/opening/options');
const { assertLinear } = require('../testing/peers/growth');
const WebSocket = require('../testing/peers/implementation');
const { MemorySocket, fakeRequest } = require('../testing/peers/memory_socket');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');

/** Makes a WebSocket on a stream in memory. */
function make(protocols, options, stream = new MemorySocket()) {
  return new WebSocket(
    fakeRequest({ 'sec-websocket-protocol': 'a, b' }),
    stream,
    Buffer.alloc(0),
    protocols,
    options
  );
}

const MISUSES = [
  ['an unknown option', [], { pings: 1 }, Error, /^Unrecognized option: pings: write ping$/],
  ['a maxLength that is no number', [], { maxLength: 'many' }, RangeError, /maxLength .*number of bytes/],
  ['a negative maxLength', [], { maxLength: -1 }, RangeError, /maxLength .*number of bytes/],
  ['CR LF in a header', [], { headers: { 'X-A': 'a\r\nX-B: b' } }, TypeError, /"X-A".*remove/],
  ['LF in a header', [], { headers: { 'X-A': 'a\nb' } }, TypeError, /"X-A".*remove/],
  ['NUL in a header', [], { headers: { 'X-A': 'a\0b' } }, TypeError, /"X-A".*remove/],
  ['CR LF in the name of a header', [], { headers: { 'X-A: a\r\nX-B': 'b' } }, TypeError, /name|header/],
  ['null in a header', [], { headers: { 'X-A': null } }, TypeError, /"X-A" is null/],
  ['CR LF in a protocol', ['a\r\nX-B: b'], {}, TypeError, /protocol/i],
  ['NUL in a protocol', ['a\0'], {}, TypeError, /protocol/i]
];

test('a header that repeats what a peer has sent is looked through in linear time', () => {
  assertLinear((size) => {
    const headers = { 'X-Echo': 'a' + ' '.repeat(size) + 'b' };
    return () => headerList(headers);
  }, 1000);
});

describe('misuse of the constructor', () => {
  for (const [what, protocols, options, type, message] of MISUSES) {
    test(`throws for ${what}, before anything is written`, async () => {
      const stream = new MemorySocket();
      assert.throws(
        () => make(protocols, options, stream),
        (error) => error instanceof type && message.test(error.message)
      );
      await new Promise(setImmediate);
      assert.deepStrictEqual(stream.chunks, []);
      assert.strictEqual(stream.destroyed, false);
    });
  }

  test('leaves no timer, listener or session behind when it throws', () => {
    // In a process of its own, which a timer that is left behind cannot keep from ending.
    const script = `
      const WebSocket = require('../testing/peers/implementation');
      const native = require('../lib/native');
      const { MemorySocket, fakeRequest } = require('../testing/peers/memory_socket');
      const left = [];
      for (const [protocols, options] of [
        [[], { pings: 1 }], [[], { maxLength: 'many' }], [[], { maxLength: -1 }], [[], { headers: { 'X-A': 'a\\r\\nb' } }],
        [[], { headers: { 'X-A': null } }], [['a\\0b'], {}]
      ]) {
        const stream = new MemorySocket();
        try {
          new WebSocket(fakeRequest(), stream, Buffer.alloc(0), protocols, { ping: 1000, ...options });
          left.push('no error');
        } catch {}
        left.push(...stream.eventNames());
      }
      left.push(...process.getActiveResourcesInfo().filter((type) => type === 'Timeout'));
      for (let i = native.sessions(); i > 0; i--) left.push('session');
      process.stdout.write(JSON.stringify(left), () => process.exit());`;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { cwd: __dirname, encoding: 'utf8' });
    assert.deepStrictEqual(JSON.parse(stdout), []);
  });

  for (const [what, request] of [
    ['nothing', undefined],
    ['null', null],
    ['an empty object', {}],
    ['an object whose headers are null', { method: 'GET', headers: null }],
    ['a string', 'GET / HTTP/1.1']
  ]) {
    test(`throws a TypeError that names the "upgrade" event for ${what} in the place of a request`, () => {
      assert.throws(() => new WebSocket(request, new MemorySocket(), Buffer.alloc(0)), {
        name: 'TypeError',
        message: /request.*"upgrade" event/
      });
    });
  }
});

describe('misuse of an open WebSocket', () => {
  for (const code of [0, 999, 1002, 1005, 1006, 1015, 2999, 5000, -1, NaN, Infinity, 'x', {}, null, true]) {
    test(`throws for the close code ${JSON.stringify(code)}, and stays open`, async (t) => {
      const { port, next } = await serve(t);
      await connect(t, port);
      const ws = await next();
      assert.throws(() => ws.close(code), {
        name: 'Error',
        message:
          "Failed to execute 'close' on WebSocket: The code must be either 1000, " +
          `or between 3000 and 4999. ${String(code)} is neither.`
      });
      assert.strictEqual(ws.readyState, 1);
    });
  }

  test('throws what String() throws for a value that has no string, and stays usable', async (t) => {
    const { port, next } = await serve(t);
    const client = await connect(t, port);
    const ws = await next();
    assert.throws(() => ws.send(Object.create(null)), TypeError);
    assert.throws(() => ws.send({ toString: () => assert.fail('planned') }), /planned/);
    ws.send('fine');
    assert.deepStrictEqual(await client.frames(1), ['1:fine']);
  });

  test('does not mind a caller that closes again and again', async (t) => {
    const { port, next } = await serve(t);
    const client = await connect(t, port);
    const ws = await next();
    const closed = once(ws, 'close');
    ws.onmessage = null;
    ws.close();
    ws.close(3000);
    ws.close(1000, 'again');
    assert.deepStrictEqual(await client.frames(1), ['8:1000:']);
    client.socket.destroy();
    await closed;
    assert.deepStrictEqual(
      [ws.readyState, ws.bufferedAmount, ws.readable, ws.writable],
      [3, 0, false, false]
    );
  });
});
