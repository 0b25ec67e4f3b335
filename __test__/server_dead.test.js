'use strict';

// A socket that has ended or been destroyed before its WebSocket is made, after an `await` in `upgrade`: the connection
// says so, with one `close`, and all of its methods are safe.

const assert = require('node:assert');
const { once } = require('node:events');
const net = require('node:net');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const native = require('../lib/native');
const WebSocket = require('../testing/peers/implementation');
const { MemorySocket, fakeRequest } = require('../testing/peers/memory_socket');
const { dial, request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');

/** What may have become of a stream meanwhile. */
const DEATHS = {
  destroyed: (stream) => stream.destroy(),
  'destroyed with an error': (stream) => {
    stream.on('error', () => {});
    stream.destroy(new Error('planned'));
  },
  'ended by its owner': (stream) => stream.end(),
  'ended by its peer': (stream) => stream.push(null)
};

/** A stream that has died so. */
async function dead(death) {
  const stream = new MemorySocket({ allowHalfOpen: true });
  DEATHS[death](stream);
  stream.resume();
  await turn();
  stream.chunks.length = 0;
  return stream;
}

/** The events of a connection, as they come. */
function record(ws) {
  const events = [];
  for (const name of ['open', 'data', 'message', 'error', 'end', 'drain'])
    ws.on(name, () => events.push(name));
  ws.onclose = ({ code, reason, target }) => events.push(['onclose', code, reason, target === ws].join(' '));
  ws.addEventListener('close', ({ code }) => events.push(`close ${code}`));
  return events;
}

for (const [what, make] of [
  ['is missing', () => undefined],
  ['is null', () => null],
  ...Object.keys(DEATHS).map((death) => [`was ${death}`, () => dead(death)])
]) {
  describe(`a stream that ${what}`, () => {
    test('gives a connection that is closed, and says so once, in a tick to come', async () => {
      const stream = await make();
      const ws = new WebSocket(fakeRequest(), stream, Buffer.from('x'), ['chat'], { ping: 0.001 });
      const events = record(ws);
      assert.deepStrictEqual([ws.readyState, ws.protocol, ws.bufferedAmount], [3, '', 0]);
      assert.deepStrictEqual([ws.url, ws.version, ws._stream], ['ws://localhost/', 'hybi-13', stream]);
      assert.deepStrictEqual(events, []);
      for (let i = 0; i < 20; i++) await turn();
      assert.deepStrictEqual(events, ['end', 'onclose 1006  true', 'close 1006']);
      assert.deepStrictEqual([ws.readyState, ws.readable, ws.writable], [3, false, false]);
      if (stream) {
        assert.strictEqual(stream.written.length, 0);
        assert.strictEqual(stream.listenerCount('data'), 0);
      }
      assert.strictEqual(native.sessions(), 0);
    });

    for (const [when, wait] of [
      ['before', async () => {}],
      ['after', turn]
    ]) {
      test(`has methods that do nothing, ${when} close`, async () => {
        const ws = new WebSocket(fakeRequest(), await make(), Buffer.alloc(0));
        await wait();
        assert.strictEqual(ws.send('text'), false);
        assert.strictEqual(ws.send(Buffer.from('bytes')), false);
        assert.strictEqual(ws.write('text'), false);
        assert.strictEqual(
          ws.ping('x', () => assert.fail('a pong')),
          false
        );
        for (const method of ['pause', 'resume', 'terminate', 'close', 'end'])
          assert.strictEqual(ws[method](), undefined);
        assert.strictEqual(ws.end('last'), undefined);
        assert.throws(() => ws.close(1), /The code must be/);
        assert.deepStrictEqual(ws.memoryUsage(), { messages: 0, windows: 0 });
        assert.strictEqual(ws.transport, 'stream');
        assert.strictEqual(ws.bufferedAmount, 0);
        await turn();
        assert.strictEqual(ws.readyState, 3);
      });
    }
  });
}

test('a stream that can be written but not read is ended, and nothing more', async () => {
  const stream = await dead('ended by its peer');
  const finished = once(stream, 'finish');
  new WebSocket(fakeRequest(), stream, Buffer.alloc(0));
  await finished;
  assert.strictEqual(stream.written.length, 0);
});

test('a request of a draft is told, too', async () => {
  const headers = { 'sec-websocket-version': undefined, 'sec-websocket-key': undefined };
  const ws = new WebSocket(fakeRequest(headers), null);
  const [event] = await once(ws, 'close');
  assert.deepStrictEqual([event.code, ws.version], [1006, 'hixie-75']);
});

describe('a peer that goes while a server awaits', () => {
  for (const [how, go] of [
    ['resets the connection', (socket) => socket.resetAndDestroy()],
    ['ends it', (socket) => socket.end()]
  ]) {
    const skip = how.startsWith('resets') && !net.Socket.prototype.resetAndDestroy;
    test(`and ${how} leaves no connection behind in a Set`, { skip }, async (t) => {
      const connections = new Set();
      let gone;
      let asked;
      const upgrade = async (req, socket, head) => {
        const mine = [];
        socket.on('error', (error) => mine.push(error.code));
        const over = new Promise((resolve) => socket.once(how === 'ends it' ? 'end' : 'close', resolve));
        if (how === 'ends it') socket.resume();
        asked();
        await over;
        const ws = new WebSocket(req, socket, head);
        connections.add(ws);
        ws.on('close', () => {
          connections.delete(ws);
          gone(mine);
        });
      };
      const { port } = await serve(t, undefined, { upgrade });
      const known = new Promise((resolve) => (asked = resolve));
      const end = new Promise((resolve) => (gone = resolve));
      const client = await dial(t, port);
      client.send(request());
      await known;
      go(client.socket);
      // An error between `upgrade` and the constructor is for the owner to hear.
      assert.deepStrictEqual(await end, how === 'ends it' ? [] : ['ECONNRESET']);
      assert.strictEqual(connections.size, 0);
    });
  }
});
