'use strict';

// EventEmitter and EventTarget on one object, ping callbacks, and the ways to inherit from a WebSocket.

const assert = require('node:assert');
const { EventEmitter, once } = require('node:events');
const { Stream } = require('node:stream');
const { describe, test } = require('node:test');
const { inherits } = require('node:util');

const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { text, binary, ping, pong, close } = require('../testing/wire');

/** A connected pair. */
async function pair(t, settings) {
  const { port, next } = await serve(t, undefined, settings);
  const client = await connect(t, port);
  return { client, ws: await next() };
}

/** Sends a text and resolves when it has been dispatched. */
async function deliver({ client, ws }, message) {
  const delivered = once(ws, 'message');
  client.send(text(message));
  await delivered;
}

describe('listeners', () => {
  test('removes by either interface what was added by the other', async (t) => {
    const both = await pair(t);
    const calls = [];
    const byOn = () => calls.push('on');
    const byTarget = () => calls.push('target');
    both.ws.on('message', byOn);
    both.ws.addEventListener('message', byTarget);
    await deliver(both, '1');
    both.ws.removeEventListener('message', byOn);
    both.ws.removeListener('message', byTarget);
    await deliver(both, '2');
    assert.deepStrictEqual(calls, ['on', 'target']);
  });

  test('calls a listener as often as it was added, and removes it once at a time', async (t) => {
    const both = await pair(t);
    let calls = 0;
    const listener = () => calls++;
    both.ws.addEventListener('message', listener);
    both.ws.on('message', listener);
    await deliver(both, '1');
    assert.strictEqual(calls, 2);
    both.ws.removeEventListener('message', listener);
    await deliver(both, '2');
    assert.strictEqual(calls, 3);
  });

  test('calls a listener of once a single time, and removes it by removeEventListener before that', async (t) => {
    const both = await pair(t);
    const calls = [];
    const never = () => calls.push('never');
    both.ws.once('message', ({ data }) => calls.push(data));
    both.ws.once('message', never);
    both.ws.removeEventListener('message', never);
    await deliver(both, '1');
    await deliver(both, '2');
    assert.deepStrictEqual(calls, ['1']);
  });

  test('calls a handler with the event and the connection as its this', async (t) => {
    const both = await pair(t);
    let seen;
    both.ws.onmessage = function (event) {
      seen = [this, event.target, event.currentTarget, event.type, event.eventPhase];
    };
    await deliver(both, '1');
    assert.ok(seen[0] === both.ws && seen[1] === both.ws && seen[2] === both.ws);
    assert.deepStrictEqual(seen.slice(3), ['message', 2]);
  });

  test('stops calling a handler that was set to null, from within a listener too', async (t) => {
    const both = await pair(t);
    const calls = [];
    both.ws.onmessage = ({ data }) => {
      calls.push(data);
      both.ws.onmessage = null;
    };
    await deliver(both, '1');
    await deliver(both, '2');
    assert.deepStrictEqual(calls, ['1']);
  });

  test('dispatches an event of the caller to handler and listeners', async (t) => {
    const { ws } = await pair(t);
    const calls = [];
    ws.onmessage = ({ data }) => calls.push('handler ' + data);
    ws.addEventListener('message', ({ target }) => calls.push(target === ws));
    ws.dispatchEvent({ type: 'message', data: 'made by hand' });
    assert.deepStrictEqual(calls, ['handler made by hand', true]);
  });

  test('gives listeners added in a listener the next message and not this one', async (t) => {
    const both = await pair(t);
    const calls = [];
    both.ws.once('message', () => both.ws.on('message', ({ data }) => calls.push(data)));
    await deliver(both, '1');
    await deliver(both, '2');
    assert.deepStrictEqual(calls, ['2']);
  });

  test('keeps messages of one packet apart in memory: writing to one leaves the others alone', async (t) => {
    const both = await pair(t);
    const got = [];
    both.ws.on('message', ({ data }) => {
      got.push(data.toString());
      data.fill(0);
    });
    both.client.send(binary('one'), binary('two'), ping('three'), binary('four'));
    assert.deepStrictEqual(await both.client.frames(1), ['10:three']);
    while (got.length < 3) await once(both.ws, 'message');
    assert.deepStrictEqual(got, ['one', 'two', 'four']);
  });

  test('keeps messages and pings apart in memory from whatever comes later', async (t) => {
    const both = await pair(t);
    const sizes = [1, 100, 1000, 10_000, 40_000];
    const got = [];
    both.ws.on('message', ({ data }) => got.push(data));
    for (const [i, size] of sizes.entries()) {
      const delivered = once(both.ws, 'message');
      both.client.send(binary(Buffer.alloc(size, 65 + i)));
      await delivered;
      await deliver(both, 'z'.repeat(50_000));
      got.pop();
    }
    assert.deepStrictEqual(
      got.map(String),
      sizes.map((size, i) => String.fromCharCode(65 + i).repeat(size))
    );
  });
});

describe('ping', () => {
  test('calls back once, for the pong with the same message only', async (t) => {
    const { ws, client } = await pair(t);
    const calls = [];
    assert.strictEqual(
      ws.ping('a', () => calls.push('a')),
      true
    );
    assert.strictEqual(
      ws.ping('b', () => calls.push('b')),
      true
    );
    assert.deepStrictEqual(await client.frames(2), ['9:a', '9:b']);
    client.send(pong('c'), pong('b'), pong('b'), pong('a'), pong('a'), pong(''), text('end'));
    await once(ws, 'message');
    assert.deepStrictEqual(calls, ['b', 'a']);
  });

  test('takes null, no message, bytes and other characters', async (t) => {
    const { ws, client } = await pair(t);
    const calls = [];
    ws.ping(null, () => calls.push('null'));
    ws.ping('é€', () => calls.push('characters'));
    ws.ping(Buffer.from('bytes'), () => calls.push('bytes'));
    assert.strictEqual(ws.ping(), true);
    assert.deepStrictEqual(await client.frames(4), ['9:', '9:é€', '9:bytes', '9:']);
    client.send(pong(''), pong('é€'), pong('bytes'), text('end'));
    await once(ws, 'message');
    assert.deepStrictEqual(calls, ['null', 'characters', 'bytes']);
  });

  test('may ping, send and close from its callback', async (t) => {
    const { ws, client } = await pair(t);
    ws.ping('1', () => {
      ws.ping('2', () => ws.close(3001, 'done'));
      ws.send('between');
    });
    assert.deepStrictEqual(await client.frames(1), ['9:1']);
    client.send(pong('1'));
    assert.deepStrictEqual(await client.frames(2), ['9:2', '1:between']);
    client.send(pong('2'));
    assert.deepStrictEqual(await client.frames(1), ['8:3001:done']);
  });

  test('refuses a message of more than 125 bytes', async (t) => {
    const { ws, client } = await pair(t);
    assert.throws(() => ws.ping('é'.repeat(63)), RangeError);
    assert.strictEqual(ws.ping('x'.repeat(125)), true);
    assert.deepStrictEqual(await client.frames(1), ['9:' + 'x'.repeat(125)]);
  });

  test('pings by itself, with numbers, until it is closed', async (t) => {
    const { ws, client } = await pair(t, { options: { ping: 0.01 } });
    assert.deepStrictEqual(await client.frames(3), ['9:1', '9:2', '9:3']);
    const closed = once(ws, 'close');
    client.send(close(1000));
    await closed;
    const last = (await client.rest()).subarray(-4);
    assert.deepStrictEqual(last, close(1000, '', { mask: null }), 'the close frame is the last');
  });
});

describe('inheritance', () => {
  test('works by util.inherits and a call of the constructor', async (t) => {
    function Mine(request, socket, head) {
      WebSocket.call(this, request, socket, head, ['chat']);
      this.mine = true;
    }
    inherits(Mine, WebSocket);
    Mine.prototype.shout = function (words) {
      return this.send(words.toUpperCase());
    };
    const { ws, client } = await pair(t, { WebSocket: Mine });
    ws.shout('hello');
    assert.deepStrictEqual(await client.frames(1), ['1:HELLO']);
    assert.ok(ws.mine && ws instanceof Mine && ws instanceof WebSocket && ws instanceof Stream);
  });

  test('keeps the listeners of a constructor that has made itself an EventEmitter before', async (t) => {
    const heard = [];
    function Mine(request, socket, head) {
      EventEmitter.call(this);
      this.on('open', () => heard.push('open'));
      WebSocket.call(this, request, socket, head);
      EventEmitter.call(this);
    }
    inherits(Mine, WebSocket);
    const { ws } = await pair(t, { WebSocket: Mine });
    if (ws.readyState === WebSocket.CONNECTING) await once(ws, 'open');
    assert.deepStrictEqual(heard, ['open']);
  });

  test('works by class, with methods that override and call super', async (t) => {
    class Counting extends WebSocket {
      sent = 0;

      send(data) {
        this.sent++;
        return super.send(data);
      }

      close(code, reason) {
        super.close(code || 3000, reason || 'counted ' + this.sent);
      }
    }
    const { ws, client } = await pair(t, { WebSocket: Counting });
    ws.send('a');
    ws.write('b');
    ws.end('c');
    assert.deepStrictEqual(await client.frames(4), ['1:a', '1:b', '1:c', '8:3000:counted 3']);
    assert.ok(ws instanceof Counting && ws instanceof EventEmitter);
  });

  test('has no state in common between two instances', async (t) => {
    const { port, next } = await serve(t);
    const first = await connect(t, port);
    const a = await next();
    const second = await connect(t, port);
    const b = await next();
    a.ping('x', () => a.send('a'));
    b.onmessage = () => b.send('b');
    assert.deepStrictEqual(await first.frames(1), ['9:x']);
    second.send(pong('x'), text('go'));
    assert.deepStrictEqual(await second.frames(1), ['1:b']);
    first.send(pong('x'));
    assert.deepStrictEqual(await first.frames(1), ['1:a']);
    assert.strictEqual(a.onmessage, null);
  });
});
