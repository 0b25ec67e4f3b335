'use strict';

// The WebAssembly engine below the shim: what it has of the binary, and what happens to connections where it stops.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { test } = require('node:test');

const binary = require('../lib/native/binary');
const wasm = require('../lib/wasm');

/** The binary, where there is one. */
function loaded() {
  try {
    return binary.load();
  } catch {
    return null;
  }
}

const native = loaded();

test(
  'has every function of the binary, but for those of sockets and of broadcasts',
  { skip: native === null },
  () => {
    // Where nothing is compressed for several connections at once, each compresses for itself.
    // It cannot ask the system about a socket, either.
    const known = /^direct[A-Z]|^peerState$/;
    const missing = Object.keys(native).filter((name) => !(name in wasm) && !known.test(name));
    assert.deepStrictEqual(missing, []);
  }
);

/** Sends messages to an echo, all compressed but the short ones, and says whether each came back as it was. */
const PROGRAM = `
  const http = require('node:http');
  const WebSocket = require('..');
  const { random } = require('../testing/peers/random');
  const roll = random(1);
  const noise = (length) => Buffer.from(Array.from({ length }, () => roll(256)));
  const text = (length) => Buffer.from('some words '.repeat(length / 10));
  const messages = [20, 3, 50, 30, 33, 0, 59].flatMap((n) => [text(75_000), noise(n), text(300)]);
  const options = { extensions: [WebSocket.deflate.configure({ threshold: 60 })], transport: process.argv[1] };
  const server = http.createServer().on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head, [], options);
    ws.on('message', ({ data }) => ws.send(data));
  });
  server.listen(0, '127.0.0.1', () => {
    const client = new WebSocket.Client('ws://127.0.0.1:' + server.address().port + '/', [], options);
    const same = [];
    client.on('open', () => messages.forEach((message) => client.send(message)));
    client.on('message', ({ data }) => {
      same.push(data.equals(messages[same.length]));
      if (same.length === messages.length) console.log(WebSocket.engine, same.indexOf(false));
      if (same.length === messages.length) process.exit();
    });
  });`;

for (const transport of ['stream', 'auto']) {
  test(`brings a message whole that stands before one that waits to be inflated (transport: ${transport})`, () => {
    const env = { ...process.env, FAYE_WEBSOCKET_NATIVE: 'wasm' };
    const settings = { cwd: __dirname, env, encoding: 'utf8', timeout: 120_000 };
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', PROGRAM, transport], settings);
    assert.strictEqual(stdout, 'wasm -1\n', stderr);
  });
}
