'use strict';

// Many messages of a connection in one turn of the direct transport: their answers leave together, and wait for no other
// connection's handler.

const assert = require('node:assert');
const { once } = require('node:events');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');

const { serve } = require('../testing/peers/server');

const COUNT = 24;
const TRIES = 20;

/**
 * Two clients on a thread of their own. When told to, the first sends many messages and the second one; the cells say that
 * both have left, and that all answers to the many have come.
 */
const CLIENTS = `
  const net = require('node:net');
  const { once } = require('node:events');
  const { parentPort, workerData: { port, cells, count, head } } = require('node:worker_threads');
  const FRAME = Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x61]);
  const say = (i) => (Atomics.store(cells, i, 1), Atomics.notify(cells, i));
  async function main() {
    const sockets = [];
    for (let i = 0; i < 2; i++) {
      sockets.push(net.connect(port, '127.0.0.1'));
      sockets[i].write(head);
      await once(sockets[i], 'data');
    }
    let got = 0;
    sockets[0].on('data', ({ length }) => (got += length) === 3 * count && say(1));
    parentPort.postMessage('ready');
    await once(parentPort, 'message');
    sockets[0].write(Buffer.concat(Array(count).fill(FRAME)));
    sockets[1].write(FRAME, () => say(0));
  }
  main();
`;

const HEAD = [
  'GET / HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n'
].join('\r\n');

/** Whether many answers come while another connection's handler has the loop; undefined if that was not behind them. */
async function tryOnce(t) {
  const server = await serve(t, () => {}, { options: { transport: 'direct' } });
  const cells = new Int32Array(new SharedArrayBuffer(8));
  const workerData = { port: server.port, cells, count: COUNT, head: HEAD };
  const worker = new Worker(CLIENTS, { eval: true, workerData });
  t.after(() => worker.terminate());
  const [many, one] = [await server.next(), await server.next()];
  await once(worker, 'message');
  let handled = 0;
  many.on('message', ({ data }) => {
    handled++;
    many.send(data);
  });
  const result = new Promise((resolve) => {
    one.on('message', () => {
      // The handler has the loop until the answers have come, or for long.
      if (handled === 0) resolve(undefined);
      else resolve(Atomics.wait(cells, 1, 0, 5000) !== 'timed-out');
    });
  });
  worker.postMessage('go');
  // Both have come when the loop goes on, so that they are read in one turn.
  Atomics.wait(cells, 0, 0, 5000);
  return result;
}

test('the answers to many messages do not wait for the handler of another connection', async (t) => {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const came = await tryOnce(t);
    if (came === undefined) continue;
    assert.ok(came, 'the answers waited');
    return;
  }
  assert.fail('the many are never read before the one');
});
