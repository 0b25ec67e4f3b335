'use strict';

/**
 * A raw peer on another thread, so that it says its last words and resets the connection while the test's own thread
 * does nothing: `workerData` has the port to connect to, or none for a server, the frames to send, and a cell to tell.
 */

const net = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');

const { request } = require('./raw_client');
const { agreement } = require('./raw_server');

const { port, frames, cell } = workerData;

/** Waits for the end of a head, and then for whatever the other end sends first; says its words to that, and is gone. */
function speak(socket) {
  let got = '';
  let hasAnswered = false;
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    got += chunk.toString('latin1');
    const end = got.indexOf('\r\n\r\n') + 4;
    if (end === 3) return;
    if (port === undefined && !hasAnswered) socket.write(agreement(got));
    hasAnswered = true;
    if (got.length === end) return;
    socket.pause();
    socket.write(Buffer.from(frames), () => {
      socket.resetAndDestroy();
      Atomics.store(cell, 0, 1);
      Atomics.notify(cell, 0);
    });
  });
}

if (port === undefined) {
  const server = net.createServer(speak).listen(0, '127.0.0.1', () => {
    parentPort.postMessage(server.address().port);
  });
  parentPort.on('message', () => process.exit());
} else {
  const socket = net.connect({ port, host: '127.0.0.1' }, () => socket.write(request()));
  speak(socket);
  parentPort.on('message', () => process.exit());
}
