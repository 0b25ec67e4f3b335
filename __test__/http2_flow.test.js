'use strict';

// WebSockets over HTTP/2 share a session's flow control with each other: both ends may send much at once, and who answers
// a peer that does not read is held up.

const assert = require('node:assert');
const { once } = require('node:events');
const http2 = require('node:http2');
const { test } = require('node:test');

const WebSocket = require('..');
const { serve } = require('../testing/peers/http2');
const { settled } = require('../testing/peers/attack');
const { hears } = require('../testing/peers/ways');

const MEGABYTE = 1024 * 1024;
const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

/** Both ends of a WebSocket over HTTP/2. */
async function meet(t, behaviour = () => {}) {
  let made;
  const ours = new Promise((resolve) => (made = resolve));
  const server = await serve({
    behaviour: (ws) => {
      behaviour(ws);
      made(ws);
    }
  });
  const session = http2.connect(server.origin);
  session.on('error', () => {});
  t.after(() => {
    session.destroy();
    server.stop();
  });
  const client = new WebSocket.Client(server.url, [], { http2: session });
  await once(client, 'open');
  return [await ours, client];
}

test('two ends over HTTP/2 that both have much to send hear all of it', { timeout: 60_000 }, async (t) => {
  const ends = await meet(t);
  const heard = ends.map((ws) => hears(ws, 20 * MEGABYTE));
  for (const ws of ends) for (let i = 0; i < 20; i++) ws.send(Buffer.alloc(MEGABYTE));
  await Promise.all(heard);
});

test('an echo over HTTP/2 holds up a client that does not read', { timeout: 60_000 }, async (t) => {
  const [ws, client] = await meet(t, (one) => (one.onmessage = ({ data }) => one.send(data)));
  const heard = hears(client, 32 * MEGABYTE);
  client.pause();
  for (let i = 0; i < 512; i++) client.send(Buffer.alloc(64 * 1024));
  await settled(() => ws.bufferedAmount + client.bufferedAmount, pause);
  assert.ok(client.bufferedAmount > 16 * MEGABYTE, `${client.bufferedAmount} bytes are held up`);
  assert.ok(ws.bufferedAmount < 8 * MEGABYTE, `${ws.bufferedAmount} bytes wait`);
  client.resume();
  await heard;
});
