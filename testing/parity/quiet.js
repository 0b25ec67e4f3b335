'use strict';

/**
 * Knows when a step is over: when nothing has happened for a few full turns of the event loop.
 *
 * A turn is a byte sent over a loopback connection and back, followed by a job for Node's thread pool. Both ends of
 * every connection of a script live in this process, so bytes that were written before the turn are in the kernel's hands
 * before the turn's own byte, and arrive before it; the worker runs with one pool thread, so work that was queued
 * there before the turn (zlib) is done before the turn ends. No time is measured and nothing sleeps.
 */

const fs = require('fs');
const net = require('net');

/** How many turns without any activity make quiet. A zlib stream takes up to three jobs in a row. */
const IDLE_TURNS = 4;

/** The same where TLS runs inside TLS, which Node carries from one layer to the next by a turn for each write. */
const IDLE_TURNS_OF_LAYERS = 16;

/** Opens the loopback connection that turns are counted on, and returns `{ turn, close }`. */
async function openQuiet() {
  const server = net.createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (chunk) => socket.write(chunk));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = net.connect(server.address().port, '127.0.0.1');
  socket.setNoDelay(true);
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.on('error', () => {});

  /** One full turn: the network, the thread pool, the loop. */
  async function turn() {
    await new Promise((resolve) => {
      socket.once('data', () => resolve());
      socket.write('.');
    });
    await new Promise((resolve) => fs.stat('.', () => resolve()));
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Waits until `activity()` has kept its value for a few turns. */
  async function settle(activity) {
    let seen = activity();
    for (let idle = 0; idle < IDLE_TURNS;) {
      await turn();
      const now = activity();
      idle = now === seen ? idle + 1 : 0;
      seen = now;
    }
  }

  return { turn, settle };
}

module.exports = { openQuiet, IDLE_TURNS, IDLE_TURNS_OF_LAYERS };
