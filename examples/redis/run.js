'use strict';

/**
 * Starts a Redis of its own and two servers, and lets a client of each talk to the other.
 *
 *     apt-get install redis-server && npm install @redis/client && node examples/redis/run.js
 */

const { spawn } = require('child_process');
const { once } = require('events');
const fs = require('fs');
const os = require('os');
const path = require('path');

// Elsewhere this is require('faye-websocket').
const WebSocket = require('../..');

/** Starts a program; resolves once it has printed what is awaited, with what that matched. */
async function start(command, args, env, awaited) {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  });
  const lost = once(child, 'exit').then(([code]) => {
    throw new Error(`${command} ended with exit code ${code}`);
  });
  // It is lost in the end too, when nobody waits for it any more.
  lost.catch(() => {});
  let output = '';
  const ready = new Promise((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      const match = awaited.exec(output);
      if (match) resolve(match);
    });
  });
  const [match] = await Promise.race([ready, lost]);
  return { child, match };
}

/** Connects to a server; resolves once open. */
async function join(name, url) {
  const ws = new WebSocket.Client(url);
  await once(ws, 'open');
  ws.on('message', (event) => console.log(`${name} hears: ${event.data}`));
  return ws;
}

/** Resolves when each client has heard a number of messages. */
function heard(clients, count) {
  return Promise.all(
    clients.map((ws) => {
      return new Promise((resolve) => {
        let left = count;
        ws.on('message', () => --left === 0 && resolve());
      });
    })
  );
}

/** Puts it all together, and takes it apart. */
async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'redis-'));
  const socket = path.join(folder, 'redis.sock');
  const children = [];
  try {
    const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder];
    const redis = await start('redis-server', args, {}, /ready to accept connections/i);
    children.push(redis.child);

    const urls = [];
    for (const name of ['first', 'second']) {
      const script = path.join(__dirname, 'server.js');
      const server = await start(process.execPath, [script], { REDIS_SOCKET: socket, PORT: '' }, /ws:\S+/);
      children.push(server.child);
      urls.push(server.match);
      console.log(`the ${name} server is process ${server.child.pid}`);
    }

    const clients = [await join('Anna', urls[0]), await join('Bert', urls[1])];
    const both = heard(clients, 2);
    clients[0].send('Hello from the first server');
    clients[1].send('Hello from the second server');
    await both;
    for (const ws of clients) ws.close();
    await Promise.all(clients.map((ws) => once(ws, 'close')));
  } finally {
    for (const child of children) child.kill();
    await Promise.all(children.map((child) => child.exitCode === null && once(child, 'exit')));
    fs.rmSync(folder, { recursive: true });
  }
}

main().catch((error) => {
  console.error(error.code === 'ENOENT' ? 'redis-server was not found; install it first' : error.message);
  process.exitCode = 1;
});
