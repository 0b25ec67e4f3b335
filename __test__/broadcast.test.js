'use strict';

// One message to many connections: WebSocket.prepare and WebSocket.broadcast.

const assert = require('node:assert');
const { Blob } = require('node:buffer');
const diagnostics = require('node:diagnostics_channel');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { Worker } = require('node:worker_threads');

const WebSocket = require('..');
const { TRANSPORTS, alsoWithWebAssembly } = require('../testing/peers/engines');
const { until } = require('../testing/peers/moved_time');
const http2 = require('../testing/peers/http2');
const { connect, dial } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { close, text } = require('../testing/wire');

/** Servers' connections over a transport, with their clients, in the same order. */
async function crowd(t, transport, count, settings = {}) {
  const { headers, secure, ...options } = settings;
  const server = await serve(t, undefined, { secure, options: { transport, ...options } });
  const made = [];
  const clients = [];
  for (let i = 0; i < count; i++) {
    clients.push(await connect(t, server.port, { secure, headers }));
    const ws = await server.next();
    if (ws.readyState === 0) await once(ws, 'open');
    made.push(ws);
  }
  // Rust takes a socket over on a later turn.
  if (!secure) await until(() => made.every((ws) => ws.transport === transport));
  return { server, made, clients };
}

/** The next frames of each client. */
const framesOf = (clients, count) => Promise.all(clients.map((client) => client.frames(count)));

for (const transport of TRANSPORTS) {
  describe(`broadcast over the ${transport} transport`, () => {
    test('sends to all, in order with what is sent before and after', async (t) => {
      const { made, clients } = await crowd(t, transport, 4);
      for (const ws of made) ws.send('before');
      assert.strictEqual(WebSocket.broadcast(new Set(made), 'Grüße, 世界'), 4);
      assert.strictEqual(WebSocket.broadcast(made, Buffer.from('bytes')), 4);
      for (const ws of made) ws.send('after');
      const expected = ['1:before', '1:Grüße, 世界', '2:bytes', '1:after'];
      assert.deepStrictEqual(await framesOf(clients, 4), new Array(4).fill(expected));
    });

    test('sends what send would have sent', async (t) => {
      const { made, clients } = await crowd(t, transport, 2);
      const memory = new Uint8Array([1, 2, 3, 4]);
      const shared = new Uint8Array(new SharedArrayBuffer(2));
      const values = [
        '',
        '\ud800!',
        13,
        null,
        undefined,
        true,
        { toString: () => 'object' },
        new Uint8Array(0),
        memory.subarray(1, 3),
        new DataView(memory.buffer, 2),
        memory.buffer,
        shared
      ];
      for (const value of values) {
        made[0].send(value);
        WebSocket.broadcast([made[1]], value);
        made[0].send(value);
        made[1].send(WebSocket.prepare(value));
      }
      const [sent, broadcast] = await framesOf(clients, values.length * 2);
      assert.deepStrictEqual(broadcast, sent);
    });

    test('sends payloads of every form of length', async (t) => {
      const { made, clients } = await crowd(t, transport, 3);
      for (const size of [125, 126, 65535, 65536, 300000]) {
        const message = WebSocket.prepare('x'.repeat(size));
        assert.strictEqual(message.size, size);
        assert.strictEqual(WebSocket.broadcast(made, message), 3);
        made[0].send(message);
        const expected = `1:${'x'.repeat(size)}`;
        const [first, ...others] = await Promise.all(clients.map((client, i) => client.frames(i ? 1 : 2)));
        assert.ok(first.every((frame) => frame === expected));
        assert.ok(others.every(([frame]) => frame === expected));
      }
    });

    test('leaves out what is excepted: one, or those of a set', async (t) => {
      const { made, clients } = await crowd(t, transport, 3);
      assert.strictEqual(WebSocket.broadcast(made, 'a', { except: made[0] }), 2);
      assert.strictEqual(WebSocket.broadcast(made, 'b', { except: new Set(made.slice(1)) }), 1);
      assert.strictEqual(WebSocket.broadcast(made, 'c', { except: [made[1]] }), 2);
      assert.strictEqual(WebSocket.broadcast(made, 'd', { except: null }), 3);
      assert.deepStrictEqual(
        await Promise.all(clients.map((client) => client.frames(3 - (client === clients[1] ? 1 : 0)))),
        [
          ['1:b', '1:c', '1:d'],
          ['1:a', '1:d'],
          ['1:a', '1:c', '1:d']
        ]
      );
    });

    test('sends as text or binary as the option binary says', async (t) => {
      const { made, clients } = await crowd(t, transport, 2);
      WebSocket.broadcast(made, 'text', { binary: true });
      WebSocket.broadcast(made, Buffer.from('bytes'), { binary: false });
      const message = WebSocket.prepare('more', { binary: true });
      assert.strictEqual(message.binary, true);
      WebSocket.broadcast(made, message);
      assert.deepStrictEqual(await framesOf(clients, 3), new Array(2).fill(['2:text', '1:bytes', '2:more']));
    });

    test('passes over connections that close, and sends to those that open later', async (t) => {
      const { server, made, clients } = await crowd(t, transport, 4);
      made[0].close();
      made[1].terminate();
      clients[2].send(close(1000));
      await once(made[2], 'close');
      const later = new WebSocket.Client(server.url, null, { transport });
      const bytes = Buffer.from('as it was');
      assert.strictEqual(WebSocket.broadcast([...made, later], bytes), 2);
      bytes.fill(0);
      assert.deepStrictEqual(await clients[3].frames(1), ['2:as it was']);
      assert.deepStrictEqual(await clients[0].frames(1), ['8:1000:']);
      const opened = await server.next();
      assert.strictEqual(String((await once(opened, 'message'))[0].data), 'as it was');
    });

    test('masks for clients', async (t) => {
      const { server } = await crowd(t, transport, 0);
      const peers = [1, 2, 3].map(() => new WebSocket.Client(server.url, null, { transport }));
      await Promise.all(peers.map((peer) => once(peer, 'open')));
      await until(() => peers.every((peer) => peer.transport === transport));
      const made = [await server.next(), await server.next(), await server.next()];
      const received = made.map((ws) => once(ws, 'message'));
      assert.strictEqual(WebSocket.broadcast([...peers], 'hello'), 3);
      assert.deepStrictEqual(
        (await Promise.all(received)).map(([{ data }]) => data),
        ['hello', 'hello', 'hello']
      );
    });

    test('sends one prepared message to clients and servers, mixed, again and again', async (t) => {
      const { server, made, clients } = await crowd(t, transport, 2);
      const peers = [1, 2].map(() => new WebSocket.Client(server.url, null, { transport }));
      await Promise.all(peers.map((peer) => once(peer, 'open')));
      await until(() => peers.every((peer) => peer.transport === transport));
      const ends = [await server.next(), await server.next()];
      const received = ends.map(() => []);
      ends.forEach((ws, i) => ws.on('message', ({ data }) => received[i].push(data)));
      const message = WebSocket.prepare('grün');
      const mixed = [peers[0], made[0], peers[1], made[1]];
      for (let i = 0; i < 3; i++) assert.strictEqual(WebSocket.broadcast(mixed, message), 4);
      for (const ws of mixed) ws.send(message);
      assert.deepStrictEqual(await framesOf(clients, 4), new Array(2).fill(new Array(4).fill('1:grün')));
      await until(() => received.every((all) => all.length === 4));
      assert.deepStrictEqual(received, new Array(2).fill(new Array(4).fill('grün')));
    });

    test('answers in a handler, to many and behind the messages before', async (t) => {
      const { made, clients } = await crowd(t, transport, 3);
      for (const ws of made) ws.on('message', ({ data }) => WebSocket.broadcast(made, `all: ${data}`));
      clients[0].send(text('a'), text('b'), text('c'));
      const expected = ['1:all: a', '1:all: b', '1:all: c'];
      assert.deepStrictEqual(await framesOf(clients, 3), new Array(3).fill(expected));
    });

    test('waits behind a Blob', async (t) => {
      const { made, clients } = await crowd(t, transport, 2);
      made[0].send(new Blob(['blob']));
      const bytes = Buffer.from('behind');
      assert.strictEqual(WebSocket.broadcast(made, bytes), 2);
      bytes.fill(0);
      assert.deepStrictEqual(await clients[0].frames(2), ['2:blob', '2:behind']);
      assert.deepStrictEqual(await clients[1].frames(1), ['2:behind']);
    });

    test('keeps to maxBufferedAmount', async (t) => {
      for (const onFull of ['close', 'drop', 'pause']) {
        const { made, clients } = await crowd(t, transport, 2, { maxBufferedAmount: 1000, onFull });
        clients[0].socket.pause();
        let rounds = 0;
        const block = Buffer.alloc(1 << 20);
        while (made[0].bufferedAmount <= 1000 && ++rounds < 100) made[0].send(block);
        const over = new Promise((resolve) => made[0].on('close', resolve));
        const taken = WebSocket.broadcast(made, 'news');
        assert.strictEqual(taken, onFull === 'pause' ? 2 : 1, onFull);
        assert.deepStrictEqual(await clients[1].frames(1), ['1:news']);
        if (onFull === 'close') assert.strictEqual((await over).code, 1006);
        else made[0].terminate();
      }
    });

    test('is backed up as send is, and drains', async (t) => {
      const { made, clients } = await crowd(t, transport, 2);
      clients[0].socket.pause();
      const message = WebSocket.prepare(Buffer.alloc(1 << 20));
      let rounds = 0;
      do WebSocket.broadcast(made, message);
      while (made[0].bufferedAmount === 0 && ++rounds < 100);
      assert.ok(made[0].bufferedAmount > 0);
      const drained = once(made[0], 'drain');
      for (const client of clients) client.drop();
      clients[0].socket.resume();
      await drained;
      assert.strictEqual(made[0].bufferedAmount, 0);
    });

    test('publishes to the channel of sent messages', async (t) => {
      const { made, clients } = await crowd(t, transport, 2);
      const seen = [];
      const listen = ({ connection, data }) => seen.push([made.indexOf(connection), data]);
      const to = diagnostics.channel('faye-websocket:message:sent');
      to.subscribe(listen);
      WebSocket.broadcast(made, 'seen');
      to.unsubscribe(listen);
      WebSocket.broadcast(made, 'unseen');
      assert.deepStrictEqual(seen, [
        [0, 'seen'],
        [1, 'seen']
      ]);
      assert.deepStrictEqual(await framesOf(clients, 2), new Array(2).fill(['1:seen', '1:unseen']));
    });

    test('counts in the metrics', async (t) => {
      const { made } = await crowd(t, transport, 3);
      const before = WebSocket.metrics().messages.sent;
      WebSocket.broadcast(made, 'counted');
      assert.strictEqual(WebSocket.metrics().messages.sent - before, 3);
    });
  });
}

test('sends over TLS', async (t) => {
  const { made, clients } = await crowd(t, 'stream', 2, { secure: true });
  const large = WebSocket.prepare('y'.repeat(100000));
  assert.strictEqual(WebSocket.broadcast(made, 'small') + WebSocket.broadcast(made, large), 4);
  const expected = ['1:small', `1:${'y'.repeat(100000)}`];
  assert.deepStrictEqual(await framesOf(clients, 2), [expected, expected]);
});

test('sends to connections of every kind in one call', async (t) => {
  const kinds = [];
  for (const transport of TRANSPORTS) kinds.push(await crowd(t, transport, 2));
  kinds.push(await crowd(t, 'stream', 1, { secure: true }));
  const made = kinds.flatMap((kind) => kind.made);
  function* each() {
    yield* made;
  }
  assert.strictEqual(WebSocket.broadcast(each(), 'all'), made.length);
  const frames = await framesOf(
    kinds.flatMap(({ clients }) => clients),
    1
  );
  assert.deepStrictEqual(frames, new Array(made.length).fill(['1:all']));
});

test('sends in the frames of a draft, and over HTTP/2', async (t) => {
  const server = await serve(t);
  const old = await dial(t, server.port);
  old.send(
    'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nOrigin: http://a\r\n\r\n'
  );
  await old.head();
  const draft = await server.next();
  const { ws: modern, stream } = await http2.pair(t);
  WebSocket.broadcast([draft, modern], 'é');
  draft.send(WebSocket.prepare('!'));
  const bytes = await old.wait(() => (old.bytes.length < 7 ? undefined : old.bytes));
  assert.strictEqual(bytes.toString('hex'), '00c3a9ff0021ff');
  const [frame] = await once(stream, 'data');
  assert.strictEqual(frame.toString('hex'), '8102c3a9');
});

test('goes on where handlers close others meanwhile', async (t) => {
  const { made, clients } = await crowd(t, 'stream', 3);
  const write = made[0]._stream.write;
  made[0]._stream.write = function (...args) {
    made[1].terminate();
    made[2].close();
    return write.apply(this, args);
  };
  const over = once(made[1], 'close');
  assert.strictEqual(WebSocket.broadcast(made, 'first'), 1);
  assert.deepStrictEqual(await clients[0].frames(1), ['1:first']);
  await over;
  assert.deepStrictEqual(await clients[2].frames(1), ['8:1000:']);
});

describe('bad input', () => {
  const refused = (make, message) => assert.throws(make, { name: 'TypeError', message });

  test('says what broadcast needs, and sends nothing', async (t) => {
    const { made, clients } = await crowd(t, 'stream', 1);
    const needs = /needs an iterable of WebSockets/;
    for (const wrong of [null, undefined, 13, 'text', {}, made[0]]) {
      refused(() => WebSocket.broadcast(wrong, 'data'), needs);
    }
    for (const wrong of [null, 13, 'text', {}, WebSocket.prototype]) {
      refused(() => WebSocket.broadcast([made[0], wrong], 'data'), needs);
    }
    refused(() => WebSocket.broadcast(new Map([[1, made[0]]]), 'data'), /map\.values\(\)/);
    const source = Object.create(WebSocket.EventSource.prototype);
    refused(() => WebSocket.broadcast([source], 'data'), /no EventSources.*send/);
    refused(() => WebSocket.broadcast(made, 'data', { except: {} }), /except is a WebSocket/);
    refused(() => WebSocket.broadcast(made, 'data', { except: [1] }), /except is a WebSocket/);
    refused(() => WebSocket.broadcast(made, 'data', { binary: 1 }), /binary must be true or false/);
    refused(() => WebSocket.broadcast(made, new Blob(['x'])), /no Blob.*arrayBuffer/);
    refused(() => WebSocket.broadcast(made, Buffer.from([0xff]), { binary: false }), /UTF-8/);
    refused(() => WebSocket.broadcast(made, WebSocket.prepare('text'), { binary: true }), /already/);
    assert.throws(() => WebSocket.broadcast(made, 'data', { exclude: made[0] }), /Unrecognized option/);
    WebSocket.broadcast(made, 'at last');
    assert.deepStrictEqual(await clients[0].frames(1), ['1:at last']);
  });

  test('says what prepare needs', () => {
    refused(() => WebSocket.prepare(new Blob([])), /no Blob/);
    refused(() => WebSocket.prepare(Buffer.from([0xc0]), { binary: false }), /UTF-8/);
    assert.throws(() => WebSocket.prepare('text', { compress: true }), /Unrecognized option/);
    const message = WebSocket.prepare('text');
    assert.strictEqual(WebSocket.prepare(message), message);
    assert.deepStrictEqual([message.binary, message.size], [false, 4]);
  });
});

test('a prepared message keeps its bytes', async (t) => {
  const { made, clients } = await crowd(t, 'stream', 1);
  const bytes = Buffer.from('kept');
  const message = WebSocket.prepare(bytes);
  bytes.fill(0);
  made[0].send(message);
  assert.deepStrictEqual(await clients[0].frames(1), ['2:kept']);
});

test('each thread sends to connections of its own', async () => {
  const program = `
      const { parentPort } = require('node:worker_threads');
      const http = require('node:http');
      const WebSocket = require(${JSON.stringify(require.resolve('..'))});
      const all = [];
      const server = http.createServer();
      server.on('upgrade', (request, socket, head) => {
        const ws = new WebSocket(request, socket, head);
        all.push(ws);
        ws.on('open', () => all.length === 3 && WebSocket.broadcast(all, 'hello'));
      });
      server.listen(0, '127.0.0.1', () => {
        const url = 'ws://127.0.0.1:' + server.address().port;
        let left = 3;
        for (let i = 0; i < 3; i++) {
          const client = new WebSocket.Client(url);
          client.on('message', ({ data }) => {
            parentPort.postMessage(data);
            if (--left === 0) process.exit();
          });
        }
      });`;
  const threads = [1, 2].map(async () => {
    const worker = new Worker(program, { eval: true });
    const received = [];
    worker.on('message', (data) => received.push(data));
    await once(worker, 'exit');
    return received;
  });
  assert.deepStrictEqual(await Promise.all(threads), new Array(2).fill(new Array(3).fill('hello')));
});

alsoWithWebAssembly(__filename);
