'use strict';

// What EventSource does about bad arguments, lost connections and half-gone sockets.

const assert = require('node:assert');
const { once, EventEmitter } = require('node:events');
const { test, describe } = require('node:test');

const EventSource = require('../lib/faye/eventsource');
const { connect, serve } = require('../testing/peers/eventsource');

describe('EventSource against bad arguments', () => {
  for (const [what, character] of [
    ['CR', '\r'],
    ['LF', '\n'],
    ['NUL', '\0']
  ]) {
    test(`refuses ${what} in the type or the ID of an event and sends nothing`, async (t) => {
      const peer = await connect(t, {});
      await peer.receive('retry: 5000\r\n\r\n');
      const bad = `a${character}data: forged`;

      assert.throws(() => peer.source.send('m', { event: bad }), TypeError);
      assert.throws(() => peer.source.send('m', { id: bad }), TypeError);
      assert.throws(() => peer.source.send('m', { id: { toString: () => bad } }), TypeError);
      peer.source.send('fine');
      assert.strictEqual(await peer.receive('fine\r\n\r\n'), 'data: fine\r\n\r\n');
    });

    test(`refuses ${what} in a header before it touches the socket`, () => {
      for (const headers of [{ 'X-A': `1${character}X-B: 2` }, { [`X-A${character}X-B`]: '1' }]) {
        const { request, response, socket } = fakes();
        assert.throws(() => new EventSource(request, response, { headers }), TypeError);
        assert.deepStrictEqual(socket.calls, []);
      }
    });
  }

  test('refuses a header name that is not a token', () => {
    for (const name of ['', 'a b', 'a:', 'é', '(x)']) {
      const { request, response } = fakes();
      assert.throws(() => new EventSource(request, response, { headers: { [name]: '1' } }), {
        name: 'TypeError',
        message: /token/
      });
    }
  });

  test('ignores options that it does not know, __proto__ among them', async (t) => {
    const peer = await connect(t, JSON.parse('{"polls":1,"__proto__":{"retry":1}}'));
    await peer.receive('retry: 5000\r\n\r\n');
  });

  test('keeps a client from forging a field with any line break in a message', async (t) => {
    const peer = await connect(t, {});
    await peer.receive('retry: 5000\r\n\r\n');
    peer.source.send('a\rid: 1\nevent: x\r\nretry: 1\n\ndata: b\r\rEND');

    const frame = await peer.receive('END\r\n\r\n');
    const lines = frame.slice(0, -4).split(/\r\n|\r|\n/);
    assert.ok(lines.length === 8 && lines.every((line) => line.startsWith('data: ')), JSON.stringify(lines));
  });
});

describe('EventSource losing its connection', () => {
  test('closes when the client ends', async (t) => {
    const peer = await connect(t, {});
    const closed = once(peer.source, 'close');
    peer.socket.end();

    await closed;
    assert.strictEqual(peer.source.readyState, 3);
  });

  test('keeps no comments for a client that reads nothing', async (t) => {
    const { request } = await serve(t);
    const deaf = await request({ ping: 0.01 });
    deaf.socket.pause();
    // More than any kernel takes.
    deaf.source.send('x'.repeat(32 << 20));
    const pings = t.mock.method(deaf.source, 'ping');
    const other = await request({ ping: 0.01 });
    await other.receive(':\r\n\r\n'.repeat(10));
    assert.strictEqual(pings.mock.callCount(), 0);
    deaf.source.close();
  });

  test('closes when the client resets the connection', async (t) => {
    const peer = await connect(t, {});
    await peer.receive('retry: 5000\r\n\r\n');
    const closed = once(peer.source, 'close');
    peer.socket.resetAndDestroy();

    await closed;
    assert.strictEqual(peer.source._pingTimer.isWaiting, false);
  });

  test('closes when the socket is destroyed on this side', async (t) => {
    const peer = await connect(t, {});
    const closed = once(peer.source, 'close');
    peer.response.socket.destroy();

    await closed;
    assert.strictEqual(peer.source._pingTimer.isWaiting, false);
  });

  test('leaves the socket with as many listeners as it found, and a guard against late errors', () => {
    const { request, response, socket } = fakes();
    const source = new EventSource(request, response, {});
    const during = ['drain', 'end', 'close', 'error'].map((name) => socket.listenerCount(name));
    source.close();
    const after = ['drain', 'end', 'close', 'error'].map((name) => socket.listenerCount(name));

    assert.deepStrictEqual(during, [1, 1, 1, 1]);
    assert.deepStrictEqual(after, [0, 0, 0, 1]);
    assert.doesNotThrow(() => socket.emit('error', new Error('EPIPE')));
  });

  for (const [what, change] of [
    ['without a socket', (response) => (response.socket = null)],
    ['whose socket is not writable', ({ socket }) => (socket.writable = false)]
  ]) {
    test(`closes in the next tick for a response ${what}, once, and does nothing`, async () => {
      const { request, response, socket } = fakes();
      change(response);
      const source = new EventSource(request, response);
      const events = [];
      for (const name of ['open', 'close']) source.on(name, ({ type }) => events.push(type));
      source.onclose = ({ target }) => events.push(target === source);

      assert.deepStrictEqual([source.readyState, source.writable, source._pingTimer], [3, false, null]);
      for (const result of [source.send('a'), source.write('a'), source.ping(), source.close()])
        assert.strictEqual(result, false);
      assert.strictEqual(source.end('a'), undefined);
      assert.deepStrictEqual(events, []);
      await new Promise(setImmediate);
      assert.deepStrictEqual(events, [true, 'close']);
      assert.deepStrictEqual(socket.calls, []);
    });
  }

  test('tells its close where ending the socket throws, which surfaces', () => {
    const { request, response, socket } = fakes();
    socket.end = () => {
      throw new Error('of the owner');
    };
    const source = new EventSource(request, response);
    const told = [];
    source.on('close', ({ type }) => told.push(type));

    assert.throws(() => source.close(), /of the owner/);
    assert.strictEqual(source.close(), false);
    assert.deepStrictEqual(told, ['close']);
  });

  test('returns false when the socket throws', () => {
    const { request, response, socket } = fakes();
    socket.write = () => {
      throw new Error('no');
    };
    const source = new EventSource(request, response);

    assert.strictEqual(source.send('a'), false);
    source.close();
  });
});

/** A request and a response whose socket notes what is done to it. */
function fakes() {
  const socket = new EventEmitter();
  socket.writable = true;
  socket.calls = [];
  for (const name of ['write', 'end', 'setTimeout', 'setNoDelay']) {
    socket[name] = () => {
      socket.calls.push(name);
      return true;
    };
  }
  return {
    socket,
    response: { socket },
    request: { method: 'GET', url: '/', headers: { host: 'h' }, socket }
  };
}
