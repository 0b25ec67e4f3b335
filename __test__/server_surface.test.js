'use strict';

// Properties of connections and prototypes as programs look at them: `for…in`, mocking tools, assignments.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { MemorySocket, fakeRequest } = require('../testing/peers/memory_socket');
const { connect } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');

const { Client, EventSource } = WebSocket;
const Connection = Object.getPrototypeOf(WebSocket.prototype).constructor;

/** A connection on a stream in memory, which never opens. */
const make = () => new WebSocket(fakeRequest(), new MemorySocket(), Buffer.alloc(0));

describe('a prototype', () => {
  const prototypes = { WebSocket, Client, Connection, EventSource };

  for (const [name, { prototype }] of Object.entries(prototypes)) {
    test(`of ${name} can be read, enumerated, copied and mocked`, () => {
      const seen = {};
      for (const key in prototype) seen[key] = prototype[key];
      assert.strictEqual(typeof seen.send, 'function');
      for (let at = prototype; at !== null; at = Object.getPrototypeOf(at)) {
        for (const key of Reflect.ownKeys(at)) if (key !== '__proto__') Reflect.get(prototype, key);
      }
      assert.ok(Object.create(prototype) instanceof prototypes[name]);
      Object.assign({}, prototype);
      assert.strictEqual(Object.create(prototype).transport, undefined);
      assert.strictEqual(Object.create(prototype).bufferedAmount, undefined);
    });
  }

  test('says the four states', () => {
    const { CONNECTING, OPEN, CLOSING, CLOSED } = Connection;
    assert.deepStrictEqual([CONNECTING, OPEN, CLOSING, CLOSED], [0, 1, 2, 3]);
    assert.strictEqual(Connection.length, 1);
  });
});

describe('bufferedAmount', () => {
  test('is an own property that can be listed, and tells what waits', async (t) => {
    const ws = make();
    t.after(() => ws.terminate());
    assert.ok(Object.prototype.hasOwnProperty.call(ws, 'bufferedAmount'));
    assert.ok(Object.keys(ws).includes('bufferedAmount'));
    assert.strictEqual({ ...ws }.bufferedAmount, 0);
    assert.strictEqual(JSON.parse(JSON.stringify(ws, ['bufferedAmount'])).bufferedAmount, 0);
    ws.send('12345');
    assert.strictEqual(ws.bufferedAmount, 5);
  });

  test('can be assigned to in strict mode, and stays what it was set to', async (t) => {
    const { port, next } = await serve(t);
    await connect(t, port);
    const ws = await next();
    ws.bufferedAmount = 7;
    ws.send('more');
    assert.strictEqual(ws.bufferedAmount, 7);
    ws.bufferedAmount++;
    assert.strictEqual(ws.bufferedAmount, 8);
    assert.ok(Object.keys(ws).includes('bufferedAmount'));
  });

  test('can be deleted and defined anew', () => {
    const ws = make();
    delete ws.bufferedAmount;
    assert.strictEqual(ws.bufferedAmount, undefined);
    Object.defineProperty(ws, 'bufferedAmount', { value: 1 });
    assert.strictEqual(ws.bufferedAmount, 1);
    ws.terminate();
  });

  test('is 0 when a connection has closed', async (t) => {
    const { port, next } = await serve(t);
    const client = await connect(t, port);
    const ws = await next();
    const closed = closing(ws);
    ws.send('x'.repeat(100000));
    client.socket.destroy();
    await closed;
    assert.strictEqual(ws.bufferedAmount, 0);
  });
});

describe('a listing of a connection', () => {
  test('begins with the public properties, in the order of faye-websocket', () => {
    const ws = make();
    const names = Object.keys(ws).filter((name) => !name.startsWith('_') || name === '_stream');
    const common = [
      '_stream',
      'writable',
      'readable',
      'readyState',
      'bufferedAmount',
      'protocol',
      'url',
      'version'
    ];
    assert.deepStrictEqual(names, common);
    ws.terminate();
  });

  test('of a client begins with its url', (t) => {
    const ws = new Client('ws://127.0.0.1:1/');
    t.after(() => ws.terminate());
    const names = Object.keys(ws).filter((name) => !name.startsWith('_') || name === '_stream');
    const common = [
      'url',
      '_stream',
      'writable',
      'readable',
      'readyState',
      'bufferedAmount',
      'protocol',
      'version'
    ];
    assert.deepStrictEqual(names, common);
  });

  test('has no methods beside those of faye-websocket', () => {
    const ws = make();
    const methods = [];
    for (const name in ws) {
      if (typeof ws[name] === 'function' && !(name in require('node:stream').Stream.prototype))
        methods.push(name);
    }
    assert.deepStrictEqual(methods, [
      'write',
      'end',
      'pause',
      'resume',
      'send',
      'ping',
      'close',
      'addEventListener',
      'removeEventListener',
      'dispatchEvent'
    ]);
    ws.terminate();
  });
});

/** A proxy as those of Vue are: of whatever is an Object or an Array by its name, and of what is found in it. */
function reactive(target) {
  if (!/^\[object (Object|Array)\]$/.test(Object.prototype.toString.call(target))) return target;
  return new Proxy(target, { get: (object, key, proxy) => reactive(Reflect.get(object, key, proxy)) });
}

for (const transport of ['stream', 'direct']) {
  test(`a connection works behind a reactive proxy, in both roles (${transport})`, async (t) => {
    const server = await serve(t, undefined, { options: { transport } });
    const state = reactive({ client: new WebSocket.Client(server.url, [], { transport }) });
    const ws = reactive(await server.next());
    if (state.client.readyState === 0) await once(state.client, 'open');
    for (const [from, to] of [
      [state.client, ws],
      [ws, state.client]
    ]) {
      for (const data of ['text', Buffer.from('bytes')]) {
        const heard = once(to, 'message');
        assert.strictEqual(from.send(data), true);
        assert.deepStrictEqual((await heard)[0].data, data);
      }
      await new Promise((resolve) => assert.strictEqual(from.ping('p', resolve), true));
      from.pause();
      from.resume();
      assert.strictEqual(from.bufferedAmount, 0);
    }
    const closed = once(ws, 'close');
    state.client.close(3000, 'done');
    assert.strictEqual((await closed)[0].code, 3000);
  });
}
