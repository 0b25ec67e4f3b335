'use strict';

// What happens to connections where the WebAssembly module has to stop, and where its memory has been large. The faults
// below are real ones, but for the last.

const assert = require('node:assert');
const { once } = require('node:events');
const { beforeEach, describe, test } = require('node:test');

process.env.FAYE_WEBSOCKET_NATIVE = 'wasm';

const WebSocket = require('..');
const instances = require('../lib/wasm/instances');
const native = require('../lib/native');
const { closeCode } = require('./failures/opening');
const { inject } = require('./failures/wasm');
const { connect, dial, request } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { binary, fragments, text } = require('../testing/wire');
const { connectionOf } = require('../lib/faye/connection_of');

const MIB = 1 << 20;

/** Warnings of this process, by code. */
let warnings = [];
process.on('warning', ({ code, message }) => warnings.push([code, message]));

beforeEach(() => (warnings = []));

/** Serves echoes. */
function echoing(t, options) {
  return serve(t, (ws) => (ws.onmessage = ({ data }) => ws.send(data)), { WebSocket, options });
}

/** Whether a connection is served. */
async function assertServed(client, word = 'still here') {
  client.send(text(word));
  assert.deepStrictEqual(await client.frames(1), [`1:${word}`]);
}

describe('a module whose memory ends', () => {
  test('ends the connection that asks for more with 1011, and no other', async (t) => {
    const server = await echoing(t);
    const [greedy, other] = [await connect(t, server.port), await connect(t, server.port)];
    const ws = await server.next();
    const closed = closing(ws);
    const instance = instances.of(connectionOf(ws)._slot);
    const [half] = fragments('half a message', ' and the other');
    other.send(half);
    await assertServed(greedy);
    instance.calls.limit(instance.calls.in_use() + MIB);
    greedy.send(binary(Buffer.alloc(8 * MIB)));
    assert.strictEqual(await closeCode(greedy), 1011);
    assert.deepStrictEqual((await closed).code, 1011);
    other.send(fragments('half a message', ' and the other')[1]);
    assert.deepStrictEqual(await other.frames(1), ['1:half a message and the other']);
    await assertServed(await connect(t, server.port));
  });

  test('refuses to send what does not fit, and sends what does', async (t) => {
    const server = await serve(t, () => {}, { WebSocket, options: { extensions: [WebSocket.deflate] } });
    const headers = ['Sec-WebSocket-Extensions: permessage-deflate'];
    const client = await connect(t, server.port, { headers });
    const ws = await server.next();
    while (ws.readyState !== 1) await new Promise(setImmediate);
    const instance = instances.of(connectionOf(ws)._slot);
    instance.calls.limit(instance.calls.in_use() + MIB);
    const closed = closing(ws);
    assert.strictEqual(ws.send(Buffer.alloc(8 * MIB)), false);
    assert.strictEqual(await closeCode(client), 1011);
    assert.strictEqual((await closed).code, 1011);
  });
});

describe('a module that stops', () => {
  test('and is left leaves behind what metrics say of compression', async (t) => {
    const server = await serve(t, () => {}, { WebSocket, options: { extensions: [WebSocket.deflate] } });
    const headers = ['Sec-WebSocket-Extensions: permessage-deflate'];
    const client = await connect(t, server.port, { headers });
    const ws = await server.next();
    await ws.opened;
    const before = WebSocket.metrics().compression.sent.plain;
    ws.send('compressed '.repeat(100));
    const { compression } = WebSocket.metrics();
    assert.strictEqual(compression.sent.plain - before, 1100);
    const instance = instances.of(ws._slot);
    inject('receive', 1);
    client.send(text('lost'));
    await ws.closed;
    assert.notStrictEqual(instances.forNew(), instance);
    assert.deepStrictEqual(WebSocket.metrics().compression, compression);
  });

  test('for want of memory in a handshake answers it with a 500, and who comes next is served', async (t) => {
    const server = await echoing(t);
    const client = await connect(t, server.port);
    const { calls } = instances.forNew();
    calls.limit(calls.in_use());
    const refused = await dial(t, server.port);
    refused.send(request());
    assert.match(await refused.head(), /^HTTP\/1\.1 500 /);
    assert.match(warnings.join(), /accept was stopped: out of memory/);
    calls.limit(0xffffffff);
    await assertServed(client);
    await assertServed(await connect(t, server.port));
  });

  test('in a session ends that session, and leaves halves of messages of others alone', async (t) => {
    const server = await echoing(t);
    const [victim, other] = [await connect(t, server.port), await connect(t, server.port)];
    const [first, second] = fragments('half a message', ' and the other');
    other.send(first);
    await assertServed(victim);
    inject('receive', 1);
    victim.send(text('lost'));
    assert.strictEqual(await closeCode(victim), 1011);
    other.send(second);
    assert.deepStrictEqual(await other.frames(1), ['1:half a message and the other']);
    await assertServed(await connect(t, server.port));
  });

  test('with its memory in disorder ends all its connections with 1011, and no later one', async (t) => {
    const server = await echoing(t);
    const clients = [await connect(t, server.port), await connect(t, server.port)];
    const ws = await server.next();
    for (const client of clients) await assertServed(client);
    const broken = instances.of(connectionOf(ws)._slot);
    // There is no stack below this: the first function that needs some writes outside of the memory.
    broken._stack.value = 16;
    for (const client of clients) {
      client.send(text('lost'));
      assert.strictEqual(await closeCode(client), 1011);
    }
    assert.ok(!instances.all().includes(broken));
    assert.match(warnings.join(), /receive was stopped: .*bounds/);
    await assertServed(await connect(t, server.port));
  });

  test('where the stack of JavaScript ends loses no message before or after', async (t) => {
    const server = await serve(t, () => {}, { WebSocket });
    const client = await connect(t, server.port);
    const ws = await server.next();
    while (ws.readyState !== 1) await new Promise(setImmediate);
    /** Calls itself until the stack ends, and sends on the way back from there. */
    const dig = () => {
      try {
        dig();
      } catch {
        // Nothing is left.
      }
      ws.send('deep');
    };
    dig();
    ws.send('done');
    let frame;
    do frame = await client.frame();
    while (String(frame.payload) === 'deep');
    assert.strictEqual(String(frame.payload), 'done');
    client.send(text('heard'));
    assert.strictEqual((await once(ws, 'message'))[0].data, 'heard');
  });
});

describe('a memory that has been large', () => {
  const MESSAGE = binary(Buffer.alloc(48 * MIB));

  test('is left by who comes later once it is mostly unused, and goes with its last connection', async (t) => {
    const server = await serve(t, () => {}, { WebSocket });
    const client = await connect(t, server.port);
    const ws = await server.next();
    const received = once(ws, 'message');
    client.send(MESSAGE);
    assert.strictEqual((await received)[0].data.length, 48 * MIB);
    const large = instances.of(connectionOf(ws)._slot);
    assert.ok(large.memory.buffer.byteLength > 48 * MIB);
    native.trim();
    await connect(t, server.port);
    const later = await server.next();
    assert.notStrictEqual(instances.of(connectionOf(later)._slot), large);
    // Its own connection goes on in it.
    client.send(text('still here'));
    assert.strictEqual((await once(ws, 'message'))[0].data, 'still here');
    const closed = closing(ws);
    client.socket.destroy();
    await closed;
    assert.ok(!instances.all().includes(large));
  });

  test('stays where all its numbers are in use, and serves on', async (t) => {
    const server = await echoing(t);
    const clients = [];
    for (let i = 0; i < 40; i++) {
      clients.push(await connect(t, server.port));
      const victim = await connect(t, server.port);
      inject('receive', 1);
      victim.send(text('lost'));
      assert.strictEqual(await closeCode(victim), 1011);
    }
    assert.strictEqual(instances.all().length, 16);
    for (const client of clients) await assertServed(client);
  });
});

describe('a module that stops where nobody expects it', () => {
  /** Has a function of the module stop once, as by a fault of its own. */
  function stopOnce(t, name) {
    const { calls } = instances.forNew();
    const call = calls[name];
    calls[name] = () => {
      calls[name] = call;
      throw new WebAssembly.RuntimeError('unreachable');
    };
    t.after(() => (calls[name] = call));
  }

  /** A client of an echo, and what it tells. */
  async function told(t, { length = 5 } = {}) {
    const server = await echoing(t);
    const ws = new WebSocket.Client(server.url);
    const closed = closing(ws);
    const events = [];
    for (const type of ['open', 'message', 'error']) ws.on(type, () => events.push(type));
    ws.on('open', () => ws.send('x'.repeat(length)));
    ws.on('message', () => ws.close());
    return { closed, events, server };
  }

  test('while a client reads the answer ends that client', async (t) => {
    stopOnce(t, 'answer');
    const { closed, events, server } = await told(t);
    assert.strictEqual((await closed).code, 1006);
    assert.deepStrictEqual(events, ['error']);
    await assertServed(await connect(t, server.port));
  });

  test('while a message is taken ends its connection with 1011', async (t) => {
    const { closed, events, server } = await told(t, { length: 100_000 });
    stopOnce(t, 'take');
    await closed;
    assert.ok(!events.includes('message'), `${events}`);
    await assertServed(await connect(t, server.port));
  });

  test('while a session is released throws into nobody', async (t) => {
    const { closed, server } = await told(t);
    stopOnce(t, 'release');
    await closed;
    await assertServed(await connect(t, server.port));
  });

  test('while idle connections free memory throws into nobody', async (t) => {
    stopOnce(t, 'hibernate');
    assert.strictEqual(native.hibernate(), 0);
    await told(t);
  });
});
