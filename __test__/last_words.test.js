'use strict';

// What a peer has said is heard although a write to it has failed since: its messages, and the close frame that says why
// it went (RFC 6455 section 7.1.5). A reset makes the next write fail while all of that still waits to be read.

const assert = require('node:assert');
const { once } = require('node:events');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Worker } = require('node:worker_threads');

const WebSocket = require('../testing/peers/implementation');
const { closing, serve } = require('../testing/peers/server');
const { CODINGS, WAYS, meet } = require('../testing/peers/ways');
const wire = require('../testing/wire');
const { connectionOf } = require('../lib/faye/connection_of');

const MEGABYTE = 1024 * 1024;

/** Has what was sent reach the system at once. */
function flush(ws) {
  const connection = connectionOf(ws);
  connection._transport.flush(connection);
}

/** A peer on another thread that resets the connection behind `frames`, and what waits until it has. */
function resetting(t, frames, port) {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { frames, port, cell };
  const worker = new Worker(path.join(__dirname, '..', 'testing', 'peers', 'resetting.js'), { workerData });
  t.after(() => worker.terminate());
  const untilGone = () => {
    if (Atomics.wait(cell, 0, 0, 20_000) === 'timed-out') throw new Error('the peer has not gone');
  };
  return { worker, untilGone };
}

/** An end of ours, in either role, whose peer says `frames` and goes as soon as it hears something. */
const ROLES = {
  async client(t, options, makeFrames) {
    const { worker, untilGone } = resetting(t, makeFrames(wire.fromServer));
    const [port] = await once(worker, 'message');
    const ws = new WebSocket.Client(`ws://127.0.0.1:${port}/`, [], options);
    await once(ws, 'open');
    return { ws, untilGone };
  },
  async server(t, options, makeFrames) {
    const server = await serve(t, undefined, { options });
    const { untilGone } = resetting(t, makeFrames(wire), server.port);
    const ws = await server.next();
    if (ws.readyState === 0) await once(ws, 'open');
    return { ws, untilGone };
  }
};

/** What a connection tells until it is closed. */
async function hear(ws) {
  const log = [];
  ws.on('message', ({ data }) => log.push(data.length));
  ws.on('error', ({ error }) => log.push(`error ${error.code}`));
  const { code, reason } = await closing(ws);
  return [...log, `close ${code} ${reason}`];
}

for (const [role, begin] of Object.entries(ROLES)) {
  for (const { name, options } of WAYS.filter(({ secure }) => !secure)) {
    describe(`a ${role} whose peer has reset the connection: ${name}`, () => {
      /** Sends until a write fails; the first of them finds the connection reset. */
      const writes = {
        'a small write': (ws) => ws.send('x'),
        'a large write': (ws) => ws.send(Buffer.alloc(MEGABYTE)),
        'many writes': (ws) => {
          for (let i = 0; i < 20; i++) ws.send(Buffer.alloc(20_000));
        },
        'a write over many turns': async (ws) => {
          for (let i = 0; i < 20; i++) {
            ws.send(Buffer.alloc(20_000));
            await null;
          }
        }
      };
      for (const [what, write] of Object.entries(writes)) {
        test(`hears why, though ${what} has failed`, { timeout: 30_000 }, async (t) => {
          const frames = ({ text, close }) => Buffer.concat([text('one'), text('two'), close(4001, 'why')]);
          const { ws, untilGone } = await begin(t, options, frames);
          await new Promise(setImmediate);
          const heard = hear(ws);
          ws.send('speak');
          flush(ws);
          untilGone();
          write(ws);
          assert.deepStrictEqual(await heard, [3, 3, 'close 4001 why']);
          assert.strictEqual(ws.readyState, 3);
        });
      }

      test('hears every message, and then of the write', { timeout: 30_000 }, async (t) => {
        const message = Buffer.alloc(10_000);
        const frames = ({ binary }) => Buffer.concat(Array(6).fill(binary(message)));
        const { ws, untilGone } = await begin(t, options, frames);
        await new Promise(setImmediate);
        const heard = hear(ws);
        ws.send('speak');
        flush(ws);
        untilGone();
        ws.send(Buffer.alloc(MEGABYTE));
        const log = await heard;
        const last = log.splice(6);
        assert.deepStrictEqual(log, Array(6).fill(10_000));
        assert.match(last[0], /^error E(CONNRESET|PIPE)$/);
        assert.deepStrictEqual(last.slice(1), ['close 1006 ']);
      });

      test('hears of the write at once if it has paused', { timeout: 30_000 }, async (t) => {
        const frames = ({ text }) => text('one');
        const { ws, untilGone } = await begin(t, options, frames);
        await new Promise(setImmediate);
        ws._stream.pause();
        const heard = hear(ws);
        ws.send('speak');
        flush(ws);
        untilGone();
        ws.send(Buffer.alloc(MEGABYTE));
        const log = await heard;
        assert.match(log[0], /^error E(CONNRESET|PIPE)$/);
        assert.deepStrictEqual(log.slice(1), ['close 1006 ']);
      });
    });
  }
}

describe('a client that sends more than the server takes', () => {
  const LIMITED = { maxLength: 1000 };
  const sendings = {
    'in its open': (ws) => ws.send(Buffer.alloc(10 * MEGABYTE)),
    later: (ws) => setImmediate(() => ws.send(Buffer.alloc(10 * MEGABYTE))),
    'again and again': (ws) => {
      const again = () => {
        if (ws.readyState !== 1) return;
        ws.send(Buffer.alloc(MEGABYTE));
        setImmediate(again);
      };
      again();
    }
  };
  for (const way of WAYS) {
    for (const { coding, more } of CODINGS.slice(0, 2)) {
      for (const [when, send] of Object.entries(sendings)) {
        test(`learns so, if it does ${when}: ${way.name}, ${coding}`, { timeout: 60_000 }, async (t) => {
          for (let round = 0; round < 5; round++) {
            const [, client] = await meet(t, way, more, LIMITED, send);
            assert.deepStrictEqual(
              (await hear(client)).at(-1),
              'close 1009 WebSocket frame length too large'
            );
          }
        });
      }
    }
  }
});
