'use strict';

// The direct transport reads and writes the descriptor that Node has opened and will close. As soon as it is closed, its
// number may be somebody else's: then not a byte may be taken from there, nor put there.

const assert = require('node:assert');
const { fork, spawn } = require('node:child_process');
const { once } = require('node:events');
const net = require('node:net');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Worker } = require('node:worker_threads');

const WebSocket = require('../testing/peers/implementation');
const { startPoor } = require('../testing/peers/poor');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { text, binary } = require('../testing/wire');

const DIRECT = process.platform !== 'win32' && WebSocket.engine === 'native';
const options = { transport: 'direct' };

/** How many connections a server with so many descriptors serves. */
async function capacity(t, limit, implementation) {
  const { port, child } = await startPoor(
    t,
    'const ws = new WebSocket(request, socket, head); ws.onmessage = ({ data }) => ws.send(data);',
    { limit, implementation }
  );
  for (let count = 0; ; count++) {
    // A server without descriptors accepts a connection and closes it at once.
    const client = await connect(t, port).catch(() => null);
    if (client === null) {
      child.kill('SIGKILL');
      return count;
    }
    client.send(text('x'));
    assert.deepStrictEqual(await client.frames(1), ['1:x']);
  }
}

test('a connection takes one descriptor, as those of the reference do', async (t) => {
  const theirs = await capacity(t, 120, 'faye-websocket-reference');
  const ours = await capacity(t, 120);
  // One more is for all of them together.
  assert.ok(ours >= theirs - 1, `${ours} connections where the reference has ${theirs}`);
});

/** A listener of the loopback whose connections keep what they get in `got`. */
async function listenForBytes(t) {
  const accepted = [];
  const server = net.createServer((socket) => {
    socket.got = '';
    socket.setEncoding('latin1').on('data', (data) => (socket.got += data));
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    accepted.push(socket);
    server.emit('accepted', socket);
  });
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, accepted, port: server.address().port };
}

/** What takes a descriptor away from a socket. */
const ENDS = {
  destroy: (socket) => socket.destroy(),
  'destroy with an error': (socket) => socket.destroy(new Error('planned')),
  "destroy of Node's own": (socket) => net.Socket.prototype.destroy.call(socket),
  resetAndDestroy: (socket) => socket.resetAndDestroy(),
  '_handle.close': (socket) => socket._handle.close(),
  '_handle.close with a callback': (socket) => socket._handle.close(() => {}),
  '_handle.reset': (socket) => socket._handle.reset(() => {}),
  terminate: (socket, ws) => ws.terminate()
};

/** Processes whose pipes are sockets that get the lowest free number at once, and what they print. */
const HEIRS = {
  'is written to': { stdio: ['pipe', 'pipe', 'ignore'], pipe: 'stdin', command: 'cat' },
  'is read': { stdio: ['ignore', 'pipe', 'ignore'], pipe: 'stdout', command: 'echo its own words' }
};

describe('a number that a socket has lost in the middle of a turn, and another has got that', () => {
  for (const [use, { stdio, pipe, command }] of Object.entries(HEIRS)) {
    for (const [name, end] of Object.entries(ENDS)) {
      test(`${use}, is left alone after ${name}`, { skip: !DIRECT }, async (t) => {
        const lived = [];
        const faults = [];
        let heir = null;
        const inherited = new Promise((resolve) => {
          /** A message for one of the two. The other one has something to read, too, and its turn is next. */
          const take = (ws, data) => {
            // What has been read in this turn before may still be told.
            if (heir !== null) return data === 'go' || faults.push(`read ${data}`);
            const other = lived.find((one) => one.ws !== ws);
            const number = other.socket._handle.fd;
            other.ws.send('before');
            end(other.socket, other.ws);
            heir = spawn('sh', ['-c', command], { stdio });
            if (heir[pipe]._handle.fd !== number) faults.push('another number');
            other.ws.send('after');
            other.ws.send(Buffer.alloc(100_000, 'after'));
            other.ws.ping();
            resolve(heir);
          };
          t.serve = serve(
            t,
            (ws, request, socket) => {
              lived.push({ ws, socket });
              socket.on('error', () => {});
              ws.onmessage = ({ data }) => data !== 'warm' && take(ws, data);
            },
            { options }
          );
        });
        const { port } = await t.serve;
        const clients = [await connect(t, port), await connect(t, port)];
        for (const client of clients) client.send(text('warm'));
        while (!lived.every(({ ws }) => ws.transport === 'direct')) await new Promise(setImmediate);
        for (const client of clients) client.send(text('go'));
        const { stdin, stdout } = await inherited;
        if (stdin) stdin.end('its own words\n');
        let printed = '';
        stdout.setEncoding('latin1').on('data', (data) => (printed += data));
        await once(stdout, 'end');
        assert.strictEqual(printed.slice(0, 100), 'its own words\n');
        assert.deepStrictEqual(faults, []);
      });
    }
  }
});

describe('a socket that is sent to another process', () => {
  test('is read there alone, and what was sent before arrives', { timeout: 60_000 }, async (t) => {
    const child = fork(path.join(__dirname, '../testing/peers/heir.js'));
    t.after(() => child.kill('SIGKILL'));
    const { port } = await serve(
      t,
      (ws, request, socket) => {
        ws.onmessage = ({ data }) => {
          assert.strictEqual(data, 'go');
          ws.send('last');
          child.send('take', socket);
        };
      },
      { options }
    );
    const COUNT = 100_000;
    for (let round = 0; round < 5; round++) {
      const client = await connect(t, port);
      client.send(text('go'));
      assert.deepStrictEqual(await client.frames(1), ['1:last']);
      const counted = once(child, 'message');
      for (let i = 0; i < COUNT; i += 1000) {
        client.send(Buffer.alloc(1000, 'x'));
        await new Promise(setImmediate);
      }
      client.socket.end();
      assert.deepStrictEqual(await counted, [COUNT, undefined]);
    }
  });
});

describe('numbers of a worker that is terminated', () => {
  test('are not read or written by it when others have got them', { timeout: 120_000 }, async (t) => {
    const { server, port } = await listenForBytes(t);
    for (let round = 0; round < 15; round++) {
      const worker = new Worker(path.join(__dirname, '../testing/peers/busy_worker.js'), {
        workerData: options
      });
      const [ours] = await once(worker, 'message');
      const clients = await Promise.all(Array.from({ length: 10 }, () => connect(t, ours)));
      const flood = binary(Buffer.alloc(20_000));
      for (const client of clients) {
        client.drop();
        for (let i = 0; i < 10 + round; i++) client.send(flood);
      }
      while (!clients.every(({ dropped }) => dropped > 0)) await new Promise(setImmediate);
      // The sockets of this thread get numbers while those of the other are closed.
      const exited = once(worker, 'exit');
      worker.terminate();
      let over = false;
      exited.then(() => (over = true));
      const pairs = [];
      for (let i = 0; i < 20 || (!over && i < 2000); i++) {
        const accepted = once(server, 'accepted');
        const socket = net.connect(port, '127.0.0.1');
        const [peer] = await accepted;
        socket.got = '';
        socket.setEncoding('latin1').on('data', (data) => (socket.got += data));
        socket.write(`to ${i}`);
        peer.write(`back ${i}`);
        pairs.push([socket, peer, i]);
      }
      await exited;
      for (const [socket, peer, i] of pairs) {
        socket.end();
        await Promise.all([peer.readableEnded || once(peer, 'end')]);
        peer.end();
        if (!socket.readableEnded) await once(socket, 'end');
        assert.deepStrictEqual([peer.got, socket.got], [`to ${i}`, `back ${i}`]);
      }
      for (const client of clients) client.socket.destroy();
    }
  });
});
