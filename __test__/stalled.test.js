'use strict';

// A process that has stood still for longer than a timeout, while its peer has answered in time.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { Worker } = require('node:worker_threads');

const { TRANSPORTS } = require('../testing/peers/engines');
const { serve } = require('../testing/peers/server');

/** Milliseconds that the process stands still; the timeouts are a second. */
const STILL = 1700;

/** A client of raw bytes on a thread of its own, which answers each frame with the same and says so. */
const PEER = `
  const { workerData } = require('node:worker_threads');
  const { said, port } = workerData;
  const socket = require('node:net').connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n' +
    'Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n\\r\\n');
  socket.on('error', () => {});
  let isOpen = false;
  socket.on('data', (bytes) => {
    if (!isOpen) bytes = bytes.subarray(bytes.indexOf('\\r\\n\\r\\n') + 4);
    isOpen = true;
    if (bytes.length === 0) return;
    const opcode = (bytes[0] & 15) === 9 ? 10 : bytes[0] & 15;
    const answer = Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | bytes[1], 0, 0, 0, 0]), bytes.subarray(2)]);
    socket.write(answer, () => {
      Atomics.store(said, 0, 1);
      Atomics.notify(said, 0);
    });
  });
`;

/** A server's connection with a peer on another thread, and a function that stands still until that has answered. */
async function pair(t, options) {
  const server = await serve(t, undefined, { options });
  const said = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(PEER, { eval: true, workerData: { said, port: server.port } });
  t.after(() => worker.terminate());
  const ws = await server.next();
  await ws.opened;
  return {
    ws,
    standStill() {
      assert.notStrictEqual(Atomics.wait(said, 0, 0, 30_000), 'timed-out', 'the peer did not answer');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STILL);
    }
  };
}

for (const transport of TRANSPORTS) {
  describe(`over the ${transport} transport`, () => {
    test('the answer to a close frame that came in time is no lost connection', async (t) => {
      const { ws, standStill } = await pair(t, { transport, closeTimeout: 1 });
      const closed = once(ws, 'close');
      ws.close(3001, 'enough');
      standStill();
      const [{ code }] = await closed;
      assert.strictEqual(code, 3001);
    });

    test('a pong that came in time is no dead peer', async (t) => {
      const { ws, standStill } = await pair(t, { transport, ping: 3600, pongTimeout: 1 });
      const events = [];
      for (const name of ['error', 'close']) ws.on(name, () => events.push(name));
      const answered = new Promise((resolve) => ws.ping('still there?', resolve));
      standStill();
      await answered;
      assert.deepStrictEqual([ws.readyState, events], [1, []]);
    });
  });
}
