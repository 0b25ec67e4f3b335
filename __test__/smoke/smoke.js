'use strict';

/**
 * The main jobs, on whatever runs JavaScript and loads native addons: a server and a client exchange every kind of
 * message, compressed too, and an EventSource gets its events. Prints a line for each; exits with 1 on a failure.
 * Uses no test runner, since not every runtime has one of the same kind.
 */

const assert = require('node:assert');
const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');

const WebSocket = require('../..');
const deflate = require('../../deflate');
const { makeCertificate } = require('../../testing/certificate');

/** A server that echoes, and answers other requests with an EventSource where that is asked for. */
async function listen(options, secure) {
  const answer = (request, response) => {
    const source = new WebSocket.EventSource(request, response, { retry: 1 });
    source.send('one\ntwo', { event: 'greeting', id: '7' });
    source.close();
  };
  const server = secure ? https.createServer(secure, answer) : http.createServer(answer);
  server.secure = secure;
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head, ['chat'], options);
    ws.on('message', ({ data }) => ws.send(data));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** An open client, with a function that resolves with its next message. */
async function open(server, protocols, options) {
  const url = `${server.secure ? 'wss' : 'ws'}://127.0.0.1:${server.address().port}/`;
  const client = new WebSocket.Client(url, protocols, options);
  const messages = [];
  const waiting = [];
  client.on('message', ({ data }) => {
    if (waiting.length > 0) waiting.shift()(data);
    else messages.push(data);
  });
  client.next = () =>
    messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((take) => waiting.push(take));
  await new Promise((resolve, reject) => {
    client.on('open', resolve);
    client.on('error', ({ message }) => reject(new Error(message)));
  });
  return client;
}

/** Closes and resolves with the close event. */
function close(client) {
  return new Promise((resolve) => {
    client.on('close', resolve);
    client.close(3000, 'done');
  });
}

/** An HTTP proxy that opens tunnels to wherever it is asked to. */
async function listenAsProxy() {
  const proxy = http.createServer();
  proxy.tunnels = 0;
  proxy.on('connect', (request, socket) => {
    proxy.tunnels++;
    const [host, port] = request.url.split(':');
    const origin = net.connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(origin).pipe(socket);
    });
    for (const end of [socket, origin]) end.on('error', () => {});
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
}

/** Resolves with what a peer of a draft has received once `text` is in it. */
function receivesUntil(peer, text) {
  let received = '';
  return new Promise((resolve) => {
    peer.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (received.includes(text)) resolve(received);
    });
  });
}

const MESSAGES = [
  '',
  'text',
  'é水😀',
  Buffer.alloc(0),
  Buffer.from([0, 1, 254, 255]),
  'x'.repeat(70_000),
  '水'.repeat(70_000),
  Buffer.alloc(1 << 20, 7)
];

const CHECKS = {
  async 'echoes text and binary of all sizes'() {
    const server = await listen();
    const client = await open(server, ['chat']);
    assert.strictEqual(client.protocol, 'chat');
    for (const message of MESSAGES) client.send(message);
    for (const message of MESSAGES) {
      const got = await client.next();
      if (typeof message === 'string') assert.strictEqual(got, message);
      else assert.ok(Buffer.compare(Buffer.from(got), message) === 0);
    }
    const { code, reason } = await close(client);
    assert.deepStrictEqual([code, reason], [3000, 'done']);
    server.close();
  },

  async 'echoes with permessage-deflate'() {
    const server = await listen({ extensions: [deflate] });
    const client = await open(server, [], { extensions: [deflate] });
    for (const message of MESSAGES) {
      client.send(message);
      const got = await client.next();
      assert.strictEqual(Buffer.from(got).equals(Buffer.from(message)), true);
    }
    await close(client);
    server.close();
  },

  async 'answers pings'() {
    const server = await listen();
    const client = await open(server);
    await new Promise((resolve) => client.ping('hello', resolve));
    await close(client);
    server.close();
  },

  async 'keeps a thousand messages of one turn in order'() {
    const server = await listen();
    const client = await open(server);
    for (let i = 0; i < 1000; i++) client.send(String(i));
    for (let i = 0; i < 1000; i++) assert.strictEqual(await client.next(), String(i));
    await close(client);
    server.close();
  },

  async 'is held up by a peer that does not read, and drains'() {
    const server = await listen();
    const opened = once(server, 'upgrade');
    const client = await open(server);
    const [, socket] = await opened;
    socket.pause();
    let sent = 0;
    const message = 'x'.repeat(100_000);
    // Streams of Node 18 say false to that much at once, whether it has left or not.
    while ((client.send(message) || client.bufferedAmount === 0) && sent < 1000) sent++;
    assert.ok(sent < 1000, 'it is never held up');
    assert.ok(client.bufferedAmount > 0);
    const drained = once(client, 'drain');
    socket.resume();
    await drained;
    for (let i = 0; i <= sent; i++) assert.strictEqual((await client.next()).length, 100_000);
    await close(client);
    server.close();
  },

  async 'talks over TLS, and refuses a certificate that it does not know'() {
    const { key, cert } = makeCertificate({ names: ['127.0.0.1'] });
    const server = await listen({}, { key, cert });
    const client = await open(server, [], { ca: cert });
    client.send('x'.repeat(100_000));
    assert.strictEqual((await client.next()).length, 100_000);
    await close(client);
    await assert.rejects(open(server), /certificate/);
    server.close();
  },

  async 'talks through a proxy'() {
    const server = await listen();
    const proxy = await listenAsProxy();
    const client = await open(server, [], { proxy: { origin: `http://127.0.0.1:${proxy.address().port}` } });
    client.send('through');
    assert.strictEqual(await client.next(), 'through');
    assert.strictEqual(proxy.tunnels, 1);
    await close(client);
    server.close();
    proxy.close();
  },

  async 'serves a client of hixie-75'() {
    const server = await listen();
    const peer = net.connect(server.address().port, '127.0.0.1');
    peer.write(
      'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nOrigin: http://localhost\r\n\r\n'
    );
    await receivesUntil(peer, 'WebSocket-Location: ws://localhost/\r\n\r\n');
    const answered = receivesUntil(peer, '\xff');
    peer.write('\x00hello\xff', 'latin1');
    assert.strictEqual(await answered, '\x00hello\xff');
    peer.destroy();
    server.close();
  },

  async 'sees a lost connection as 1006'() {
    const server = await listen();
    const sockets = [];
    server.on('connection', (socket) => sockets.push(socket));
    const client = await open(server);
    const closed = new Promise((resolve) => client.on('close', resolve));
    for (const socket of sockets) socket.destroy();
    assert.strictEqual((await closed).code, 1006);
    server.close();
  },

  async 'serves an EventSource'() {
    const server = await listen();
    const body = await new Promise((resolve, reject) => {
      const headers = { Accept: 'text/event-stream' };
      const request = http.get({ port: server.address().port, host: '127.0.0.1', headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve(text));
      });
      request.on('error', reject);
    });
    for (const line of ['event: greeting', 'id: 7', 'data: one', 'data: two'])
      assert.ok(body.includes(line), line);
    server.close();
  }
};

/** What this is running on. */
function runtimeName() {
  const { bun, deno, node } = process.versions;
  if (bun) return `Bun ${bun}`;
  return deno ? `Deno ${deno}` : `Node ${node}`;
}

async function main() {
  let failed = 0;
  console.log(runtimeName());
  for (const [name, check] of Object.entries(CHECKS)) {
    try {
      await within(20_000, check());
      console.log(`ok: ${name}`);
    } catch (error) {
      failed++;
      console.log(`NOT OK: ${name}\n${error.stack}`);
    }
  }
  process.exit(failed > 0 ? 1 : 0);
}

/** Rejects when a check hangs, since there is no test runner that would. */
function within(milliseconds, promise) {
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

main();
