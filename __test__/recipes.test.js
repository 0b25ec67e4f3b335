'use strict';

// The programs of docs/recipes.md, as they stand; see `testing/documented.js`.

const assert = require('node:assert');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const { describe, test } = require('node:test');

const { WebSocket: Peer } = require('ws');

const { documented } = require('../testing/documented');
const { missing, startRedis } = require('../testing/topics/brokers');

/** A client that knows nothing of ours; `next` waits for its next message. */
function join(url, options) {
  const peer = new Peer(url, options);
  const messages = [];
  const waiting = [];
  peer.on('message', (data) => {
    if (waiting.length > 0) waiting.shift()(String(data));
    else messages.push(String(data));
  });
  peer.on('error', () => {});
  return {
    peer,
    next: () => (messages.length > 0 ? messages.shift() : new Promise((resolve) => waiting.push(resolve)))
  };
}

/** The status with which a request for a WebSocket is refused. */
async function refusal(port, headers) {
  const request = http.get({
    port,
    agent: false,
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
      'Sec-WebSocket-Version': '13',
      ...headers
    }
  });
  const [response] = await once(request, 'response');
  request.destroy();
  return response.statusCode;
}

describe('docs/recipes.md', { timeout: 300000 }, () => {
  const { blocks, programs, fileOf, start, serve } = documented('docs/recipes.md', [
    '@redis/client',
    '@opentelemetry/sdk-metrics'
  ]);

  test('has no JavaScript that is not a whole program', () => {
    assert.strictEqual(programs.size, blocks);
  });

  test('who may enter: refuses with 401 and 403, and welcomes', async () => {
    const { port } = await serve('auth.js');
    assert.strictEqual(await refusal(port, {}), 401);
    assert.strictEqual(await refusal(port, { Origin: 'https://elsewhere.example.com' }), 403);
    assert.strictEqual(await refusal(port, { Upgrade: 'h2c' }), 400);
    const { peer, next } = join(`ws://localhost:${port}`, {
      headers: { Authorization: 'Bearer open sesame' }
    });
    assert.strictEqual(await next(), 'Welcome, ali');
    peer.terminate();
  });

  test('heartbeat: leaves a peer that does not answer, and no other', async () => {
    // Where half a second is too short for this machine to answer in, all takes longer.
    for (const seconds of [1, 4, 16]) {
      const { port, line } = await serve('heartbeat.js', { SECONDS: String(seconds) });
      const [lively, mute] = [{}, { autoPong: false }].map(
        (more) => join(`ws://localhost:${port}`, more).peer
      );
      const left = once(mute, 'close');
      const asked = new Promise((resolve) => {
        let pings = 0;
        lively.on('ping', () => ++pings === 3 && resolve(true));
        lively.on('close', () => resolve(false));
      });
      assert.strictEqual(await line(), 'error ERR_WEBSOCKET_TIMEOUT');
      assert.strictEqual(await line(), 'close 1006');
      const stays = await asked;
      lively.terminate();
      if (!stays) continue;
      await left;
      return;
    }
    assert.fail('it leaves one that answers');
  });

  test('one message to many: all get what one says', async () => {
    const { port } = await serve('broadcast.js');
    const first = join(`ws://localhost:${port}`);
    assert.strictEqual(await first.next(), 'now there are 1');
    const second = join(`ws://localhost:${port}`);
    assert.strictEqual(await second.next(), 'now there are 2');
    assert.strictEqual(await first.next(), 'now there are 2');
    first.peer.send('hello');
    assert.deepStrictEqual([await first.next(), await second.next()], ['hello', 'hello']);
    for (const { peer } of [first, second]) peer.terminate();
  });

  test('one message to a set: all but the sender get it', async () => {
    const { port } = await serve('chat.js');
    const [first, second, third] = [1, 2, 3].map(() => join(`ws://localhost:${port}`));
    for (const one of [first, second, third]) assert.strictEqual(await one.next(), 'welcome');
    first.peer.send('hello');
    assert.deepStrictEqual([await second.next(), await third.next()], ['hello', 'hello']);
    second.peer.send('and you');
    assert.deepStrictEqual([await first.next(), await third.next()], ['and you', 'and you']);
    for (const { peer } of [first, second, third]) peer.terminate();
  });

  test(
    'topics on three machines: what one process hears, all say',
    { skip: missing('redis-server') },
    async (t) => {
      const { socket: file } = await startRedis(t);
      const redis = net.createServer((socket) => {
        const broker = net.connect(file);
        for (const each of [socket, broker]) each.on('error', () => {});
        socket.pipe(broker).pipe(socket);
      });
      await once(redis.listen(0), 'listening');
      t.after(() => redis.close());
      const servers = await Promise.all(
        [1, 2, 3].map(() => serve('fleet.js', { REDIS_URL: `redis://127.0.0.1:${redis.address().port}` }))
      );
      const peers = servers.map(({ port }) => join(`ws://localhost:${port}`));
      await Promise.all(peers.map(({ peer }) => once(peer, 'open')));
      const heard = Promise.all(peers.map(({ next }) => next()));
      // A subscription takes a moment; what is said before it is there is not for its subscriber.
      const saying = setInterval(() => peers[0].peer.send('hello'), 50);
      assert.deepStrictEqual(await heard, ['hello', 'hello', 'hello']);
      clearInterval(saying);
      for (const { peer } of peers) peer.terminate();
    }
  );

  test('slow peers: get the picture, and prices', async () => {
    const { port } = await serve('prices.js');
    const { peer, next } = join(`ws://localhost:${port}`);
    assert.strictEqual((await next()).length, 1000);
    assert.strictEqual(typeof JSON.parse(await next()).price, 'number');
    peer.terminate();
  });

  test('limits: closes with 1013 who says too much, and with 1009 what is too long', async () => {
    const { port } = await serve('limits.js');
    const { peer, next } = join(`ws://localhost:${port}`);
    await once(peer, 'open');
    peer.send('hello');
    assert.strictEqual(await next(), 'hello');
    for (let i = 0; i < 300; i++) peer.send('again');
    assert.strictEqual((await once(peer, 'close'))[0], 1013);
    const long = join(`ws://localhost:${port}`);
    await once(long.peer, 'open');
    long.peer.send('x'.repeat(64 * 1024 + 1));
    assert.strictEqual((await once(long.peer, 'close'))[0], 1009);
  });

  test('going down: tells all, and ends', { skip: process.platform === 'win32' }, async () => {
    const { port, child, line } = await serve('shutdown.js');
    const peers = [1, 2, 3].map(() => join(`ws://localhost:${port}`).peer);
    await Promise.all(peers.map((peer) => once(peer, 'open')));
    const told = Promise.all(peers.map((peer) => once(peer, 'close')));
    child.kill('SIGTERM');
    assert.deepStrictEqual(
      (await told).map(([code, reason]) => `${code} ${reason}`),
      new Array(3).fill('1001 restarting')
    );
    assert.strictEqual(await line(), '3 closed, 0 terminated');
    if (child.exitCode === null) await once(child, 'exit');
    assert.strictEqual(child.exitCode, 0);
  });

  test('metrics: says what there is', async () => {
    const { port } = await serve('metrics.js');
    const { peer, next } = join(`ws://localhost:${port}`);
    await once(peer, 'open');
    peer.send('hello');
    assert.strictEqual(await next(), 'hello');
    const text = await (await fetch(`http://localhost:${port}/metrics`)).text();
    assert.match(text, /^websocket_messages_total\{way="sent"\} 1$/m);
    assert.match(
      text,
      /^websocket_connections\{role="server",transport="(stream|direct)",state="open"\} 1$/m
    );
    assert.match(text, /^websocket_compression_bytes_total\{way="sent",form="compressed"\} 0$/m);
    peer.terminate();
  });

  test('OpenTelemetry: exports what there is', async () => {
    const { child, line, port } = await serve('opentelemetry.js', { INTERVAL: '100' });
    const { peer, next } = join(`ws://localhost:${port}`);
    await once(peer, 'open');
    peer.send('hello');
    assert.strictEqual(await next(), 'hello');
    const names = ['connections', 'messages', 'bytes', 'message.size'].map((name) => `'websocket.${name}'`);
    let printed = '';
    while (!names.every((name) => printed.includes(name)) || !/sum: 5\b/.test(printed)) {
      printed += `${await line()}\n`;
    }
    assert.match(printed, /role: 'server',\s+transport: '(stream|direct)',\s+state: 'open'/);
    peer.terminate();
    child.kill();
  });

  test('a server over TLS: echoes', async () => {
    const { port } = await serve('tls.js');
    const { peer, next } = join(`wss://localhost:${port}`, { ca: fs.readFileSync(fileOf('cert.pem')) });
    await once(peer, 'open');
    peer.send('hello');
    assert.strictEqual(await next(), 'hello');
    peer.terminate();
  });

  test('a client that connects again: does, unless it is told not to', async () => {
    const server = new (require('ws').Server)({ port: 0 });
    await once(server, 'listening');
    const client = start('reconnect.js', [`ws://localhost:${server.address().port}/`]);
    const [first] = await once(server, 'connection');
    assert.strictEqual(await client.line(), 'open');
    first.terminate();
    assert.strictEqual(await client.line(), 'close 1006');
    const [second] = await once(server, 'connection');
    assert.strictEqual(await client.line(), 'open');
    second.close(4000);
    assert.strictEqual(await client.line(), 'close 4000');
    await once(client.child, 'exit');
    server.close();
  });

  test('the address of a client behind a proxy: is the last that the proxy names', async () => {
    const { port } = await serve('address.js');
    for (const [headers, address] of [
      [{}, /127\.0\.0\.1|::1/],
      [{ 'X-Forwarded-For': '10.9.9.9, 192.0.2.1' }, /^You come from 192\.0\.2\.1$/]
    ]) {
      const { peer, next } = join(`ws://localhost:${port}`, { headers });
      assert.match(await next(), address);
      peer.terminate();
    }
  });

  test('promises and loops: give all messages, and the end', async () => {
    const server = new (require('ws').Server)({ port: 0 });
    server.on('connection', (peer) => peer.on('message', (data, binary) => peer.send(data, { binary })));
    await once(server, 'listening');
    const { line } = start('loop.js', [`ws://localhost:${server.address().port}/`]);
    assert.deepStrictEqual([await line(), await line(), await line()], ['one', '3 bytes', 'close 1000 done']);
    server.close();
  });

  test('streams: shout back', async () => {
    const { port } = await serve('shout.js');
    const { peer, next } = join(`ws://localhost:${port}`);
    await once(peer, 'open');
    peer.send('hello');
    assert.strictEqual(await next(), 'HELLO');
    peer.close();
    assert.deepStrictEqual((await once(peer, 'close'))[0], 1000);
  });

  test('the way out: through the proxy of the environment, to where the server has moved', async (t) => {
    const { port } = await serve('broadcast.js');
    const asked = [];
    const proxy = http.createServer();
    proxy.on('connect', (request, socket) => {
      asked.push(request.url);
      if (request.url.startsWith('moved')) {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.once('data', () => socket.end('HTTP/1.1 307 Moved\r\nLocation: ws://there.test/\r\n\r\n'));
        return;
      }
      const server = net.connect(port, 'localhost', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        server.pipe(socket).pipe(server);
      });
    });
    await once(proxy.listen(0, 'localhost'), 'listening');
    t.after(() => proxy.close());
    const env = { http_proxy: `http://localhost:${proxy.address().port}`, no_proxy: '' };
    const client = start('out.js', ['ws://moved.test/'], env);
    assert.strictEqual(await client.line(), 'open ws://there.test/');
    assert.deepStrictEqual(asked, ['moved.test:80', 'there.test:80']);
  });

  test('through a SOCKS proxy: says hello', async (t) => {
    const { port } = await serve('broadcast.js');
    const asked = [];
    const proxy = net.createServer((socket) => {
      socket.once('data', () => {
        socket.write(Buffer.from([5, 0]));
        socket.once('data', (request) => {
          const length = request[4];
          const host = request.toString('latin1', 5, 5 + length);
          asked.push([host, request.readUInt16BE(5 + length)]);
          const server = net.connect(request.readUInt16BE(5 + length), host, () => {
            socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
            server.pipe(socket).pipe(server);
          });
        });
      });
      socket.on('error', () => {});
    });
    await once(proxy.listen(0, 'localhost'), 'listening');
    t.after(() => proxy.close());
    const client = start('socks.js', [`ws://localhost:${port}/`, String(proxy.address().port)]);
    assert.strictEqual(await client.line(), 'now there are 1');
    assert.deepStrictEqual(asked, [['localhost', port]]);
  });

  test('HTTP/2: client and server talk over it, and over HTTP/1.1 with others', async () => {
    const { port } = await serve('http2.js');
    const client = start('http2_client.js', [`wss://localhost:${port}/`]);
    assert.strictEqual(await client.line(), 'Hello over HTTP/2.0');
    const { peer, next } = join(`wss://localhost:${port}`, { ca: fs.readFileSync(fileOf('cert.pem')) });
    await once(peer, 'open');
    peer.send('Hello');
    assert.strictEqual(await next(), 'Hello over HTTP/1.1');
    peer.terminate();
  });

  test('testing your application: passes', async () => {
    const { child } = start('application.test.js');
    assert.deepStrictEqual(await once(child, 'exit'), [0, null]);
  });
});
