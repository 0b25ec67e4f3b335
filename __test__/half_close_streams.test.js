'use strict';

// Streams that are no sockets, and sockets that speak no WebSocket as it is today: a peer that takes no answers is held up, and
// given up behind its end.

const assert = require('node:assert');
const { once } = require('node:events');
const { after, before, describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const zlib = require('node:zlib');

const native = require('../lib/native');
const { passOn, passing } = require('../testing/passing_extension');
const { settled } = require('../testing/peers/attack');
const { serve: serveEvents } = require('../testing/peers/eventsource');
const { ask, connect: connectHttp2, serve: serveHttp2 } = require('../testing/peers/http2');
const WebSocket = require('../testing/peers/implementation');
const { MemorySocket, fakeRequest } = require('../testing/peers/memory_socket');
const { moveTime, until } = require('../testing/peers/moved_time');
const { connect, dial } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const { binary, close, frame, OPCODES } = require('../testing/wire');

const MB = 1024 * 1024;
const COUNT = 40;
const payload = zlib
  .deflateRawSync(Buffer.alloc(MB, 'a'), { finishFlush: zlib.constants.Z_SYNC_FLUSH })
  .subarray(0, -4);
const bombs = Buffer.concat(Array(COUNT).fill(frame({ opcode: OPCODES.text, payload, rsv: 4 })));
const OFFER = 'permessage-deflate';
const extensions = [WebSocket.deflate.configure({ threshold: 2 * MB })];
const options = { extensions, closeTimeout: 0.2 };

/** Echoes, and notes what comes of that. */
function echo(ws) {
  const state = { told: 0, highest: 0 };
  ws.onerror = () => {};
  ws.onmessage = ({ data }) => {
    state.told++;
    ws.send(data);
    state.highest = Math.max(state.highest, ws.bufferedAmount);
  };
  return state;
}

/** Waits until nothing happens any more. */
const calm = (ws, state) =>
  settled(
    () => state.told + ws.bufferedAmount,
    () => sleep(10)
  );

/** A stream whose other end takes nothing before `take` is called. */
class Stalled extends MemorySocket {
  _write(chunk, encoding, callback) {
    if (this.takes) super._write(chunk, encoding, callback);
    else this.waiting = () => super._write(chunk, encoding, callback);
  }

  take() {
    this.takes = true;
    if (this.waiting) this.waiting();
  }
}

async function overMemory() {
  const stream = new Stalled();
  const ws = new WebSocket(
    fakeRequest({ 'sec-websocket-extensions': OFFER }),
    stream,
    Buffer.alloc(0),
    [],
    options
  );
  stream.takes = true;
  await once(ws, 'open');
  stream.takes = false;
  return { ws, stream };
}

describe('a stream in memory that takes no answers', () => {
  // Nothing else keeps the process alive.
  let alive;
  before(() => (alive = setInterval(() => {}, 1000)));
  after(() => clearInterval(alive));

  test('is held up within what it is fed at a time, and gets all answers once it takes them', async () => {
    const { ws, stream } = await overMemory();
    const state = echo(ws);
    stream.feed(bombs);
    await calm(ws, state);
    assert.ok(state.highest < COUNT * MB * 0.7, `${state.highest} bytes wait`);
    const early = state.told;
    assert.ok(early < COUNT, `${early} are told`);
    stream.take();
    await until(() => state.told === COUNT && ws.bufferedAmount === 0);
    ws.terminate();
  });

  test('is given up behind its end', async () => {
    const { ws, stream } = await overMemory();
    const state = echo(ws);
    const closed = closing(ws);
    stream.feed(bombs);
    stream.feed(null);
    const { code } = await closed;
    assert.deepStrictEqual([code, state.told, stream.destroyed], [1006, COUNT, true]);
    assert.ok(state.highest < COUNT * MB * 0.7, `${state.highest} bytes have waited`);
  });

  test('is given up at once when it is destroyed, and all is told', async () => {
    const { ws, stream } = await overMemory();
    const state = echo(ws);
    const closed = closing(ws);
    stream.feed(bombs);
    await calm(ws, state);
    stream.destroy();
    assert.deepStrictEqual([(await closed).code, state.told], [1006, COUNT]);
  });
});

async function overHttp2(t) {
  const made = {};
  const server = await serveHttp2({
    options,
    behaviour: (ws) => Object.assign(made, { ws, state: echo(ws) })
  });
  const session = await connectHttp2(server.origin);
  t.after(() => {
    session.destroy();
    server.stop();
  });
  const stream = ask(session, { 'sec-websocket-extensions': OFFER });
  stream.on('error', () => {});
  await once(stream, 'response');
  return { ...made, stream };
}

describe('a stream over HTTP/2 that takes no answers', () => {
  test('is held up within what one read has brought, and gets all answers once it reads', async (t) => {
    const { ws, state, stream } = await overHttp2(t);
    stream.write(bombs);
    await calm(ws, state);
    assert.ok(state.highest < COUNT * MB * 0.7, `${state.highest} bytes wait`);
    assert.ok(state.told < COUNT, `${state.told} are told`);
    stream.resume();
    await until(() => state.told === COUNT && ws.bufferedAmount === 0);
  });

  test('is given up behind its end', async (t) => {
    const { ws, state, stream } = await overHttp2(t);
    const closed = closing(ws);
    stream.end(bombs);
    const { code } = await closed;
    assert.deepStrictEqual([code, state.told], [1006, COUNT]);
    assert.ok(state.highest < COUNT * MB * 0.7, `${state.highest} bytes have waited`);
  });

  test('is given up behind its end, with the code of its close frame', async (t) => {
    const { ws, state, stream } = await overHttp2(t);
    const closed = closing(ws);
    stream.end(Buffer.concat([bombs, close(4001)]));
    assert.deepStrictEqual([(await closed).code, state.told], [4001, COUNT]);
  });
});

describe('a peer that speaks a draft and takes no answers', () => {
  const HEAD = 'GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nOrigin: http://x\r\n\r\n';
  const MESSAGES = 4000;
  const texts = Buffer.concat(Array(MESSAGES).fill(Buffer.from('\0x\xff', 'latin1')));

  /** Each letter is answered with much. */
  async function begin(t) {
    const server = await serve(t, undefined, { options: { closeTimeout: 0.2 } });
    const peer = await dial(t, server.port);
    peer.send(HEAD);
    await peer.head();
    peer.socket.pause();
    const ws = await server.next();
    const state = { told: 0, highest: 0 };
    ws.onmessage = () => {
      state.told++;
      ws.send('y'.repeat(16 * 1024));
      state.highest = Math.max(state.highest, ws.bufferedAmount);
    };
    return { ws, peer, state };
  }

  test('is held up within what one read has brought', async (t) => {
    const { ws, peer, state } = await begin(t);
    peer.send(texts);
    await calm(ws, state);
    assert.ok(state.highest < 24 * MB, `${state.highest} bytes wait`);
    peer.drop();
    peer.socket.resume();
    await until(() => state.told === MESSAGES && ws.bufferedAmount === 0);
  });

  const skip = native.peerState === undefined && 'the system cannot be asked';
  test('is given up behind its end', { skip }, async (t) => {
    const { ws, peer, state } = await begin(t);
    const closed = closing(ws);
    peer.socket.end(texts);
    await closed;
    assert.strictEqual(state.told, MESSAGES);
    assert.ok(state.highest < 24 * MB, `${state.highest} bytes have waited`);
  });
});

describe('an extension that is stuck with what has come', () => {
  const stuck = passing('x-stuck', () => {}, passOn);
  const skip = native.peerState === undefined && 'the system cannot be asked';
  for (const { name, secure, options: way } of WAYS) {
    test(`does not keep the end of the peer from being told: ${name}`, { skip }, async (t) => {
      const settings = { ...way, extensions: [stuck], closeTimeout: 0.1 };
      const server = await serve(t, undefined, { secure, options: settings });
      const peer = await connect(t, server.port, {
        secure,
        headers: ['Sec-WebSocket-Extensions: x-stuck']
      });
      const ws = await server.next();
      const closed = closing(ws);
      peer.socket.end(Buffer.concat(Array(18).fill(binary(Buffer.alloc(32 * 1024)))));
      assert.strictEqual((await closed).code, 1006);
    });
  }
});

describe('an event stream whose client reads nothing', () => {
  const skip = native.peerState === undefined && 'the system cannot be asked';
  test('lets go of its socket within half a minute of its close', { skip }, async (t) => {
    const { request } = await serveEvents(t);
    const pass = moveTime(t);
    const peer = await request({});
    peer.socket.pause();
    const { source } = peer;
    const stream = source._stream;
    for (let i = 0; i < 24; i++) source.send('x'.repeat(MB));
    source.close();
    await calm({ bufferedAmount: 0 }, { told: 0 });
    pass(29_000);
    assert.strictEqual(stream.destroyed, false);
    pass(3000);
    assert.strictEqual(stream.destroyed, true);
  });
});
