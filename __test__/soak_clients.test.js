'use strict';

const { once } = require('node:events');
const http = require('node:http');
const { describe, test } = require('node:test');
const assert = require('node:assert');

const WebSocket = require('..');
const deflate = require('../deflate');
const { openClient } = require('../soak/conversations');

/** More than wait while a process stands still for half a minute. */
const PINGS = 100;

/** A server that pings over and over when a client says something, and answers behind the pings. */
async function startPinging(t) {
  const server = http.createServer();
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head, [], { extensions: [deflate] });
    ws.onmessage = ({ data }) => {
      for (let i = 0; i < PINGS; i++) ws.ping(String(i));
      ws.send(data);
    };
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections?.();
    server.close();
  });
  return `ws://127.0.0.1:${server.address().port}/`;
}

describe('a client of the soak', () => {
  // What `openClient` rolls: whether with deflate, whether our own, and the transport.
  for (const own of [0, 1]) {
    for (const compress of [0, 1]) {
      const name = `${own === 0 ? 'ours' : 'ws'}, ${compress === 0 ? 'with' : 'without'} deflate`;
      test(`stays open behind many pings at once: ${name}`, async (t) => {
        const rolls = [compress, own, 0];
        const { client } = openClient(() => rolls.shift(), await startPinging(t));
        t.after(() => client.terminate());
        const heard = [];
        await new Promise((resolve) => {
          client.onopen = () => client.send('first');
          client.onmessage = ({ data }) => {
            heard.push(data);
            if (data === 'first') client.send('second');
            else resolve();
          };
          client.onclose = ({ code }) => resolve(heard.push(code));
        });
        assert.deepStrictEqual(heard, ['first', 'second']);
      });
    }
  }
});
