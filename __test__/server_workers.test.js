'use strict';

// Worker threads serve, each with sessions of its own, and end with open sockets.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Worker } = require('node:worker_threads');

const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { text } = require('../testing/wire');

/** Starts a worker that serves; `{ worker, port }`. */
async function start(t, name) {
  const worker = new Worker(path.join(__dirname, '../testing/peers/server_worker.js'), {
    workerData: { name }
  });
  t.after(() => worker.terminate());
  const [port] = await once(worker, 'message');
  return { worker, port };
}

describe('worker threads', () => {
  test('serve beside each other and beside the main thread', async (t) => {
    const own = await serve(t, (ws) => {
      ws.onmessage = ({ data }) => ws.send('main:' + data);
    });
    const workers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => start(t, name)));
    const ports = { main: own.port };
    for (const [i, { port }] of workers.entries()) ports['abcd'[i]] = port;
    await Promise.all(
      Object.entries(ports).map(async ([name, port]) => {
        const client = await connect(t, port);
        for (let i = 0; i < 50; i++) {
          client.send(text(`${i}`), text(`é${i}`));
          assert.deepStrictEqual(await client.frames(2), [`1:${name}:${i}`, `1:${name}:é${i}`]);
        }
      })
    );
  });

  for (const [how, end] of [
    ['are terminated', ({ worker }) => worker.terminate()],
    ['exit by themselves', ({ worker }) => worker.postMessage('end')]
  ]) {
    test(`may be started anew and again when they ${how} with open sockets, and others go on`, async (t) => {
      const steady = await start(t, 'steady');
      const client = await connect(t, steady.port);
      for (let round = 0; round < 10; round++) {
        const started = await start(t, 'round');
        const clients = await Promise.all(Array.from({ length: 5 }, () => connect(t, started.port)));
        for (const other of clients) {
          other.send(text('a'));
          assert.deepStrictEqual(await other.frames(1), ['1:round:a']);
          other.send(text('b').subarray(0, 4));
        }
        const exited = once(started.worker, 'exit');
        await end(started);
        await exited;
        for (const other of clients) assert.strictEqual((await other.rest()).length, 0);
        client.send(text(String(round)));
        assert.deepStrictEqual(await client.frames(1), ['1:steady:' + round]);
      }
    });
  }

  test('deliver what they send before process.exit()', async (t) => {
    const { worker, port } = await start(t, 'w');
    const client = await connect(t, port);
    const exited = once(worker, 'exit');
    client.send(text('exit'));
    assert.deepStrictEqual(await client.frames(1), ['1:w:exit']);
    assert.deepStrictEqual(await exited, [5]);
  });

  test('end alone when a handler throws', async (t) => {
    const steady = await start(t, 'steady');
    const { worker, port } = await start(t, 'w');
    const client = await connect(t, port);
    const failed = once(worker, 'error');
    client.send(text('throw'));
    assert.strictEqual((await failed)[0].message, 'planned');
    await client.closed;
    const other = await connect(t, steady.port);
    other.send(text('x'));
    assert.deepStrictEqual(await other.frames(1), ['1:steady:x']);
  });

  test('end by themselves when they have only loaded the package', () => {
    const script = `
      const { Worker } = require('worker_threads');
      let left = 20;
      for (let i = 0; i < 20; i++) {
        new Worker("require('../testing/peers/implementation')", { eval: true }).on('exit', (code) => {
          if (code !== 0) process.exit(code);
          if (--left === 0) console.log('all ended');
        });
      }`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', script], {
      cwd: __dirname,
      encoding: 'utf8'
    });
    assert.deepStrictEqual([stdout, stderr, status], ['all ended\n', '', 0]);
  });
});
