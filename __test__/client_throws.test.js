'use strict';

// Handlers of a client that throw, on the ways to its end: the exceptions surface, `close` comes, nothing is left. And
// what is no exception: an error without a handler.

const assert = require('node:assert');
const { after, before, describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const { Client } = require('..');
const { makeCertificate } = require('../testing/certificate');
const { deadPort } = require('../testing/parity/listener');
const { startProxy } = require('../testing/peers/proxy');
const { agree, listen } = require('../testing/peers/raw_server');
const { closing } = require('../testing/peers/server');
const { leakCheck, uncaught } = require('../testing/peers/watch');

/** A port of the loopback interface that nobody listens on while the tests run. */
let dead;
const cleanups = [];
before(async () => (dead = await deadPort(cleanups)));
after(() => cleanups.forEach((cleanup) => cleanup()));

const proxied = (port) => ({ proxy: { origin: `http://127.0.0.1:${port}` } });

/** Clients that come to an end, by the reason. */
const clients = {
  'a refused connection': async () => new Client(`ws://127.0.0.1:${dead}/`),
  'a refused handshake': async (t) => {
    const { url } = await listen(t, (peer) => peer.head().then(() => peer.send('HTTP/1.1 403 x\r\n\r\n')));
    return new Client(url);
  },
  'a certificate that nobody trusts': async (t) => {
    const certificate = makeCertificate({ names: ['127.0.0.1'] });
    return new Client((await listen(t, undefined, { certificate })).url);
  },
  'a dead proxy': async () => new Client('ws://h.invalid/', [], proxied(dead)),
  'a refused tunnel': async (t) => {
    const { port } = await listen(t, (peer) => peer.head().then(() => peer.send('HTTP/1.1 403 x\r\n\r\n')));
    return new Client('ws://h.invalid/', [], proxied(port));
  },
  'a tunnel that leads nowhere': async (t) => {
    const { port } = await startProxy(t, { behind: 'no TLS\r\n' });
    return new Client('wss://h.invalid/', [], proxied(port));
  },
  'an end without an answer': async (t) => {
    const server = await listen(t, (peer) => peer.head().then(() => peer.socket.end()));
    return new Client(server.url);
  },
  'a timeout': async (t) => new Client((await listen(t)).url, [], { handshakeTimeout: 0.02 }),
  'an abort': async (t) => {
    const controller = new AbortController();
    const server = await listen(t);
    server.next().then(() => controller.abort());
    return new Client(server.url, [], { signal: controller.signal });
  },
  'a violation': async (t) => {
    const server = await listen(t, (peer) => agree(peer).then(() => peer.send(Buffer.from([0xff, 0]))));
    return new Client(server.url);
  }
};

describe('handlers of error, end and close that throw', () => {
  for (const [what, make] of Object.entries(clients)) {
    test(`are all called once for ${what}`, async (t) => {
      const caught = uncaught(t);
      const noLeak = leakCheck();
      const ws = await make(t);
      const called = [];
      for (const type of ['error', 'end', 'close']) {
        ws.on(type, () => {
          called.push(type);
          throw new Error(`thrown for ${type}`);
        });
      }
      while (!called.includes('close')) await turn();
      await noLeak();
      assert.deepStrictEqual(called, ['error', 'end', 'close']);
      // Of exceptions on the way through one call, the last one surfaces.
      assert.ok(caught.includes('thrown for close'), String(caught));
      assert.strictEqual(ws.readyState, 3);
    });
  }
});

describe('an error that nobody listens for', () => {
  for (const [what, make] of Object.entries(clients)) {
    test(`is no exception: ${what}`, async (t) => {
      const caught = uncaught(t);
      const noLeak = leakCheck();
      const ws = await make(t);
      await closing(ws);
      await noLeak();
      assert.deepStrictEqual(caught, []);
    });
  }
});
