'use strict';

// The package, loaded more than once in a process: by hot reloading, in a test runner's realms, in two places. Copies do not
// touch each other, what one has had goes with it, and what it throws is of its caller's realm.

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { describe, test } = require('node:test');
const { promisify } = require('node:util');
const { Worker } = require('node:worker_threads');

const { WebSocket: Peer } = require('ws');

const { loadAgain, loadInRealm } = require('../testing/peers/copies');
const { serve } = require('../testing/peers/server');

const [RELOADING, LAST_WORDS, COPIES_WORKER] = ['reloading', 'last_words', 'copies_worker'].map((name) =>
  path.join(__dirname, '..', 'testing', 'peers', `${name}.js`)
);
const IS_WASM = process.env.FAYE_WEBSOCKET_NATIVE === 'wasm';

/**
 * MB by which 50 copies may let memory grow by chance: what is in use, and what the system says. What copies keep, they keep in
 * each quarter of them; a heap that is larger for a while, on a busy machine, is so in one.
 */
const NOISE = { used: 5, resident: 25 };

for (const transport of ['stream', 'direct']) {
  test(`200 copies, used over the ${transport} transport, leave nothing behind`, async (t) => {
    const args = ['--expose-gc', RELOADING, '200', transport];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { states, collected, warnings } = JSON.parse(stdout);
    const [before, after] = [states[0], states[states.length - 1]];
    assert.deepStrictEqual(warnings, []);
    assert.deepStrictEqual(after.listeners, before.listeners);
    assert.strictEqual(after.descriptors, before.descriptors);
    // The two that compress end when they have had nothing to do.
    assert.ok(after.threads <= before.threads + 2, `${before.threads} threads, then ${after.threads}`);
    assert.ok(collected >= 195, `${collected} copies of 200 were collected`);
    /** By how much memory grew, in each quarter behind the first. */
    const grown = (...names) =>
      states
        .slice(1)
        .map(({ memory }, i) =>
          names.reduce((sum, name) => sum + (memory[name] - states[i].memory[name]) / 2 ** 20, 0)
        );
    const [used, resident] = [grown('heapUsed', 'external'), grown('rss')];
    const figures = `${used.map(Math.round)} MB more in use, ${resident.map(Math.round)} resident`;
    t.diagnostic(figures);
    assert.ok(Math.min(...used) < NOISE.used && Math.min(...resident) < NOISE.resident, figures);
  });
}

for (const transport of ['stream', 'direct']) {
  test(`memory that is shared with the native side stays without exports that a bundler drops (${transport} transport)`, async () => {
    const program = `
      const WebSocket = require(${JSON.stringify(path.join(__dirname, '..'))});
      const rows = require(${JSON.stringify(require.resolve('../lib/native/rows'))});
      for (const name of Object.keys(rows)) if (rows[name] instanceof Uint8Array) delete rows[name];
      const options = { transport: '${transport}' };
      const server = require('http').createServer();
      server.on('upgrade', (request, socket, head) => {
        const ws = new WebSocket(request, socket, head, null, options);
        ws.on('message', ({ data }) => ws.send(data));
      });
      server.listen(0, '127.0.0.1', async () => {
        for (let i = 0; i < 3; i++) {
          gc();
          await new Promise(setImmediate);
        }
        const ws = new WebSocket.Client('ws://127.0.0.1:' + server.address().port + '/', null, options);
        ws.on('open', () => ws.send('text'));
        ws.on('message', ({ data }) => {
          console.log(data);
          process.exit();
        });
        setTimeout(() => process.exit(), 20000).unref();
      });`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '-e', program]);
    assert.strictEqual(stdout, 'text\n');
  });
}

/** Bytes of which each tells whose they are. */
const message = (copy, i) =>
  i % 2 ? `${copy}:${i} ${'x'.repeat(i)}` : Buffer.from(`${copy}:${i} ${'y'.repeat(i)}`);

describe('copies that are in use at once', () => {
  for (const transport of ['stream', 'direct']) {
    test(`read, write and call each other over the ${transport} transport without mixing anything up`, async (t) => {
      const copies = [loadAgain(), loadAgain(), loadInRealm().WebSocket];
      const ends = [];
      for (const WebSocket of copies) {
        const { url, next } = await serve(t, undefined, { WebSocket, options: { transport } });
        const client = new WebSocket.Client(url, [], { transport });
        const server = await next();
        await Promise.all([client, server].map((ws) => ws.readyState === 0 && once(ws, 'open')));
        t.after(() => client.terminate());
        ends.push({ client, server, received: [], echoed: [] });
      }
      const COUNT = 300;
      ends.forEach(({ client, server, received, echoed }, copy) => {
        const neighbour = ends[(copy + 1) % ends.length];
        server.on('message', ({ data }) => {
          received.push(String(data));
          // Inside of the dispatch of this copy, another one writes, and this one answers.
          neighbour.server.ping(`from ${copy}`);
          server.send(data);
        });
        client.on('message', ({ data }) => echoed.push(String(data)));
      });
      for (let i = 0; i < COUNT; i++) ends.forEach(({ client }, copy) => client.send(message(copy, i)));
      const done = () => ends.every(({ echoed }) => echoed.length >= COUNT);
      while (!done()) await new Promise((resolve) => setImmediate(resolve));
      ends.forEach(({ received, echoed, server }, copy) => {
        const expected = Array.from({ length: COUNT }, (_, i) => String(message(copy, i)));
        assert.deepStrictEqual(received, expected);
        assert.deepStrictEqual(echoed, expected);
        if (transport === 'stream' || IS_WASM) assert.strictEqual(server.transport, 'stream');
      });
    });
  }

  test('give the direct transport back to each other when they are idle, and take it again', async (t) => {
    const copies = [loadAgain(), loadAgain()];
    for (const WebSocket of [...copies, ...copies, ...copies]) {
      const { url, next } = await serve(t, (ws) => ws.on('message', ({ data }) => ws.send(data)), {
        WebSocket
      });
      const client = new WebSocket.Client(url);
      await next();
      await once(client, 'open');
      for (let i = 0; i < 3; i++) {
        client.send(`${i}`);
        const [{ data }] = await once(client, 'message');
        assert.strictEqual(data, `${i}`);
      }
      client.close();
      await once(client, 'close');
    }
  });

  for (const transport of ['stream', 'direct']) {
    test(`send what they have accepted over the ${transport} transport before the process exits, by one listener`, async () => {
      const child = execFile(process.execPath, [LAST_WORDS, transport]);
      const words = [];
      let output = '';
      let connected = 0;
      child.stdout.on('data', (text) => {
        output += text;
        const ports = [...output.matchAll(/^port (\d+)$/gm)];
        for (const [, port] of ports.slice(connected)) {
          const peer = new Peer(`ws://127.0.0.1:${port}/`);
          peer.on('open', () => peer.send('open'));
          peer.on('message', (data) => words.push(String(data)));
          peer.on('error', () => {});
        }
        connected = ports.length;
      });
      await once(child, 'close');
      while (words.length < 3) await new Promise((resolve) => setImmediate(resolve));
      assert.match(output, /^listeners 1$/m);
      assert.deepStrictEqual(words, Array(3).fill('the last word'));
    });
  }
});

describe('a copy in a realm of its own', () => {
  test("throws errors of that realm, the binary's among them", () => {
    const { WebSocket, run } = loadInRealm();
    const [OurError, OurTypeError] = [run('Error'), run('TypeError')];
    assert.notStrictEqual(OurError, Error);
    const throws = (call, Constructor) => {
      assert.throws(call, (error) => error instanceof Constructor && error.stack.includes(error.message));
    };
    throws(() => new WebSocket.Client('ws://localhost/', [], { headers: { 'a\nb': 'c' } }), OurTypeError);
    throws(() => new WebSocket.Client('ws://localhost/', ['a b']), OurTypeError);
    throws(() => new WebSocket.Client('http://localhost/'), OurError);
    throws(() => WebSocket.deflate.configure({ level: 99 }), OurError);
  });

  for (const missing of [[], ['SharedArrayBuffer'], ['URL']]) {
    const lacking = missing.map((name) => `, without ${name} of its own`).join('');
    test(`sends bytes of any realm as bytes${lacking}`, async (t) => {
      const { WebSocket, run } = loadInRealm(missing);
      const received = [];
      const { url } = await serve(t, (ws) => ws.on('message', ({ data }) => received.push(data)), {
        WebSocket
      });
      const client = new WebSocket.Client(url, null, { proxy: {} });
      t.after(() => client.terminate());
      assert.throws(() => new WebSocket.EventSource({}, {}), /EventSource is the end of a server/);
      await once(client, 'open');
      client.send(new Uint8Array([1]));
      client.send(run('new Uint8Array([2]).buffer'));
      client.send(run('new DataView(new Uint8Array([3]).buffer)'));
      client.send(Buffer.from([4]));
      client.send(new Uint8Array(new SharedArrayBuffer(1)));
      client.send(run('({ toString: () => "text" })'));
      while (received.length < 6) await new Promise((resolve) => setImmediate(resolve));
      assert.deepStrictEqual(received, [...[1, 2, 3, 4, 0].map((byte) => Buffer.from([byte])), 'text']);
    });
  }
});

test('copies in worker threads end with them, in the middle of traffic', async () => {
  for (let round = 0; round < 5; round++) {
    const workers = Array.from({ length: 3 }, () => new Worker(COPIES_WORKER));
    await Promise.all(
      workers.map(async (worker) => {
        await once(worker, 'message');
        assert.strictEqual(await worker.terminate(), 1);
      })
    );
  }
});
