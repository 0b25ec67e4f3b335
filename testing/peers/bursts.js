'use strict';

/**
 * Connections whose first messages come with the handshake or right behind it, cut into packets at random and with
 * random pauses between them. Whoever takes a socket over at that moment must not miss one: each message has to come
 * back before the connection is closed.
 */

const assert = require('node:assert');
const net = require('node:net');
const { setImmediate: turn, setTimeout: pause } = require('node:timers/promises');

const { Client } = require('../..');
const { binary, close, fromServer, text } = require('../wire');
const { RawClient, request } = require('./raw_client');
const { agreement } = require('./raw_server');

/** Lengths of messages; the last is longer than one read. */
const LENGTHS = [0, 1, 5, 125, 126, 1000, 9000, 70_000, 300_000];
/** The longest pause between two packets, in milliseconds. */
const LONGEST = 8;

/** Some messages: strings and Buffers. */
function messages(roll) {
  return Array.from({ length: 1 + roll(5) }, (_, i) => {
    const length = LENGTHS[roll(roll(4) === 0 ? LENGTHS.length : 6)];
    return roll(2) === 0 ? String(i).repeat(length) : Buffer.alloc(length, i);
  });
}

/** The frames of messages, in one Buffer. */
function framed(all, wire) {
  return Buffer.concat(all.map((one) => (typeof one === 'string' ? wire.text(one) : wire.binary(one))));
}

/** Writes bytes in one to eight packets: at once, in turns of the loop that follow, or after a while. */
async function dribble(roll, socket, bytes) {
  const cuts = Array.from({ length: roll(8) }, () => roll(bytes.length + 1));
  const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < places.length && !socket.destroyed; i++) {
    socket.write(bytes.subarray(places[i - 1], places[i]));
    const way = roll(4);
    if (way === 1) await turn();
    else if (way > 1) await pause(roll(LONGEST));
  }
}

/** Reads echoes of all messages. */
async function expectEchoes(peer, all) {
  for (const one of all) {
    const { opcode, payload } = await peer.frame();
    assert.strictEqual(opcode, typeof one === 'string' ? 1 : 2);
    assert.ok(payload.equals(Buffer.from(one)), 'another message came back');
  }
}

/**
 * Lives one connection to an echo server.
 *
 * @param {function(number): number} roll
 * @param {number} port
 */
async function burstAsClient(roll, port) {
  const socket = net.connect({ port, host: '127.0.0.1' });
  socket.setNoDelay(true);
  const peer = new RawClient(socket);
  const all = messages(roll);
  const frames = framed(all, { text, binary });
  const way = roll(3);
  let sending;
  // With the request, behind it without waiting for the answer, or behind the answer.
  if (way === 0) {
    sending = dribble(roll, socket, Buffer.concat([request(), frames]));
  } else if (way === 1) {
    await dribble(roll, socket, request());
    sending = dribble(roll, socket, frames);
  } else {
    await dribble(roll, socket, request());
  }
  assert.match(await peer.head(), /^HTTP\/1\.1 101 /);
  if (way === 2) sending = dribble(roll, socket, frames);
  await Promise.all([sending, expectEchoes(peer, all)]);
  peer.send(close(1000));
  assert.strictEqual((await peer.frame()).opcode, 8);
  await peer.closed;
  socket.destroy();
}

/**
 * Lives one connection of a client of ours, which echoes.
 *
 * @param {function(number): number} roll
 * @param {{url: string, next: function(): Promise<RawClient>}} server
 * @param {object} options of the client
 */
async function burstAsServer(roll, server, options) {
  const ws = new Client(server.url, [], options);
  const closed = new Promise((resolve) => ws.on('close', ({ code }) => resolve(code)));
  ws.on('message', ({ data }) => ws.send(data));
  const peer = await server.next();
  const answer = agreement(await peer.head());
  const all = messages(roll);
  const frames = framed(all, fromServer);
  const together = roll(2) === 0;
  if (!together) await dribble(roll, peer.socket, answer);
  const sending = dribble(roll, peer.socket, together ? Buffer.concat([answer, frames]) : frames);
  await Promise.all([sending, expectEchoes(peer, all)]);
  peer.send(fromServer.close(1000));
  assert.strictEqual((await peer.frame()).opcode, 8);
  assert.strictEqual(await closed, 1000);
  peer.socket.destroy();
}

module.exports = { burstAsClient, burstAsServer };
