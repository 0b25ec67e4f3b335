'use strict';

/**
 * Attackers and bystanders of a server. Attackers send a flood as fast as the server takes it; a bystander sends a message
 * now and then, and counts how long its echo takes. Each process of `attack_process.js` has either.
 */

const { once } = require('node:events');
const net = require('node:net');
const { performance } = require('node:perf_hooks');
const { setTimeout: later } = require('node:timers/promises');
const tls = require('node:tls');

const { attackSession, openStream } = require('./attackers_http2');
const { FLOODS } = require('./floods');
const { request } = require('./raw_client');
const { text } = require('../wire');

const MESSAGE = text('a message of some sixty bytes, of which the echo is awaited, by and by', {
  mask: Buffer.alloc(4)
});
/** The echo has a header of two bytes and no mask. */
const ECHO = MESSAGE.length - 4;

/**
 * A socket whose handshake is done; the rest of what arrives goes to `onData`.
 *
 * @param {{port: number, secure?: boolean}} server
 * @param {Buffer} head the request
 * @param {function(Buffer): void} onData
 * @param {boolean} [abandons] does not wait for an answer
 */
function shakeHands({ port, secure }, head, onData, abandons = false) {
  return new Promise((resolve, reject) => {
    const target = { port, host: '127.0.0.1', noDelay: true };
    const socket = secure ? tls.connect({ ...target, rejectUnauthorized: false }) : net.connect(target);
    let answer = '';
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed in the handshake')));
    socket.on('data', (chunk) => {
      if (answer === null) return onData(chunk);
      answer += chunk.toString('latin1');
      if (!answer.includes('\r\n\r\n')) return;
      answer = null;
      resolve(socket);
    });
    socket.write(head);
    if (abandons) resolve(socket);
  });
}

/** Ends with the socket. */
const over = (socket) => new Promise((resolve) => socket.on('close', resolve).on('error', () => {}));

/** One connection that floods until it is ended. */
async function attack(server, flood, count) {
  if (flood.http2) return attackSession(server, flood, count);
  const socket = await (server.http2
    ? openStream(server, flood.lines, () => {})
    : shakeHands(server, flood.head, () => {}, flood.abandons));
  count.opened++;
  const closed = over(socket);
  if (flood.deaf) socket.pause();
  if (flood.first) socket.write(flood.first);
  if (flood.pieces) await writePieces(socket, flood, count);
  else if (flood.again) socket.end(flood.bytes);
  else writeOn(socket, flood, count);
  await closed;
}

/** Writes as much as the server takes. */
function writeOn(socket, { bytes, limit = Infinity }, count) {
  let sent = 0;
  const write = () => {
    while (!socket.destroyed && socket.writable && sent < limit) {
      sent += bytes.length;
      count.bytes += bytes.length;
      if (!socket.write(bytes)) return;
    }
  };
  socket.on('drain', write);
  write();
}

/** Writes a few bytes at a time, as long as the server takes them. */
async function writePieces(socket, { bytes, pieces }, count) {
  while (!socket.destroyed && socket.writable) {
    for (let i = 0; i < bytes.length; i += pieces) socket.write(bytes.subarray(i, i + pieces));
    count.bytes += bytes.length;
    if (socket.writableNeedDrain) await Promise.race([once(socket, 'drain'), over(socket)]);
    await new Promise(setImmediate);
  }
}

/**
 * Begins to flood.
 *
 * @param {{port: number, secure?: boolean, http2?: boolean, flood: string, attackers: number}} task
 * @returns {Promise<function(): object>} tells how much was sent, and how many connections there were, since last asked; and
 *   how many were `opened` in all
 */
async function flood({ flood: name, attackers, ...server }) {
  const chosen = FLOODS[name];
  const headers = [...(chosen.headers || []), ...(chosen.echo ? [`X-Echo: ${chosen.echo}`] : [])];
  const made = {
    ...chosen,
    head: chosen.head ? chosen.head() : request(headers),
    lines: headers,
    first: chosen.first ? chosen.first() : null,
    bytes: chosen.chunk()
  };
  const count = { bytes: 0, connections: 0, opened: 0 };
  const run = async (own) => {
    for (;;) {
      count.connections++;
      await attack(own, made, count).catch(() => later(1));
    }
  };
  for (let i = 0; i < attackers; i++) run({ ...server });
  return () => {
    const told = { ...count };
    count.bytes = count.connections = 0;
    return told;
  };
}

/**
 * Begins to send messages, `gap` milliseconds apart.
 *
 * @param {{port: number, secure?: boolean, http2?: boolean, gap: number}} task
 * @returns {Promise<function(): object>} tells how long the echoes took since last asked, in milliseconds: `count`, `p50`,
 *   `most`
 */
async function bystand({ gap, ...server }) {
  let trips = [];
  let sent = 0;
  let missing = 0;
  const send = () => {
    sent = performance.now();
    missing = ECHO;
    socket.write(MESSAGE);
  };
  const lines = ['X-Echo: true'];
  const onData = (chunk) => {
    missing -= chunk.length;
    if (missing > 0) return;
    trips.push(performance.now() - sent);
    setTimeout(send, gap);
  };
  const socket = await (server.http2
    ? openStream(server, lines, onData)
    : shakeHands(server, request(lines), onData));
  send();
  return () => {
    // One that is still on its way has taken at least so long.
    const waiting = missing > 0 ? [performance.now() - sent] : [];
    const sorted = [...trips, ...waiting].sort((a, b) => a - b);
    trips = [];
    const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
    return { count: sorted.length, p50: at(0.5), most: at(1) };
  };
}

module.exports = { bystand, flood };
