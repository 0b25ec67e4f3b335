'use strict';

/**
 * Streams that are no sockets and no streams of Node's either, as tests of applications make them: an EventEmitter with some
 * methods, which stays `writable` whatever happens, and whose `end` says of each call that the stream has ended.
 */

const assert = require('node:assert');
const { EventEmitter, once } = require('node:events');
const test = require('node:test');

const WebSocket = require('..');
const { fakeRequest } = require('../testing/peers/memory_socket');
const { frame } = require('../testing/wire');

const WAYS = {
  'at once': (tell) => tell(),
  'in a tick': (tell) => process.nextTick(tell),
  'in a later turn of the loop': (tell) => setImmediate(tell)
};

/**
 * A stream that is mocked.
 *
 * @param {(tell: () => void) => void} way how it says that it has ended
 * @param {string[]} without methods that it lacks
 */
function mock(way, without = []) {
  const stream = Object.assign(new EventEmitter(), {
    readable: true,
    writable: true,
    ends: 0,
    pause() {},
    resume() {},
    write: () => true,
    end() {
      this.ends++;
      // Whoever ends it again for that never comes to an end.
      if (this.ends < 50) way(() => this.emit('end') && this.emit('close'));
    },
    destroy() {
      way(() => this.emit('close'));
    }
  });
  for (const method of without) delete stream[method];
  return stream;
}

/** An echo over a mocked stream, and the closing handshake; the code that is told. */
async function converse(stream, first = () => {}) {
  const ws = new WebSocket(fakeRequest(), stream, Buffer.alloc(0));
  await once(ws, 'open');
  first(ws);
  const told = once(ws, 'message');
  stream.emit('data', frame({ opcode: 1, payload: 'hello' }));
  assert.strictEqual((await told)[0].data, 'hello');
  assert.strictEqual(ws.send('hello'), true);
  const closed = once(ws, 'close');
  ws.close(4000, 'enough');
  stream.emit('data', frame({ opcode: 8, payload: Buffer.of(0x0f, 0xa0) }));
  const [{ code }] = await closed;
  // What goes on behind that would go on for ever.
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  return code;
}

for (const [name, way] of Object.entries(WAYS)) {
  test(`a stream that stays writable is ended no more than twice, where it says so ${name}`, async () => {
    for (let i = 0; i < 3; i++) {
      const stream = mock(way);
      assert.strictEqual(await converse(stream), 4000);
      assert.ok(stream.ends <= 2, `${stream.ends} ends`);
    }
  });
}

for (const without of [['resume'], ['pause', 'resume']]) {
  test(`a connection over a stream without ${without.join(' and ')} can be paused and resumed`, async () => {
    const stream = mock(setImmediate, without);
    const code = converse(stream, (ws) => {
      ws.pause();
      ws.resume();
    });
    assert.strictEqual(await code, 4000);
  });
}

test('a connection over a stream that cannot count its listeners is served like others', async () => {
  const stream = Object.assign(mock(setImmediate), { listenerCount: undefined });
  assert.strictEqual(await converse(stream), 4000);
  const refused = Object.assign(mock(setImmediate), { listenerCount: undefined });
  const ws = new WebSocket(fakeRequest(), refused, Buffer.alloc(0), [], { maxLength: 3 });
  await once(ws, 'open');
  ws.on('error', () => {});
  const closed = new Promise((resolve) => ws.on('close', resolve));
  refused.emit('data', frame({ opcode: 1, payload: 'hello' }));
  assert.strictEqual((await closed).code, 1009);
});

test('a peer that ends such a stream without a close frame is told as lost', async () => {
  const stream = mock(setImmediate);
  const ws = new WebSocket(fakeRequest(), stream, Buffer.alloc(0));
  await once(ws, 'open');
  const closed = once(ws, 'close');
  stream.emit('end');
  assert.strictEqual((await closed)[0].code, 1006);
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  assert.ok(stream.ends <= 2, `${stream.ends} ends`);
});
