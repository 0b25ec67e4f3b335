'use strict';

// A debugger pauses the process in a handler: nothing runs until it resumes, and what has come meanwhile is told then, once and
// in order.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { test } = require('node:test');

const { WebSocket: Peer } = require('ws');

const PROGRAM = path.join(__dirname, '..', 'testing', 'peers', 'pausing.js');
const MESSAGES = 200;

/** The first match in what a stream says. */
async function said(stream, pattern) {
  let text = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    text += chunk;
    const match = pattern.exec(text);
    if (match) return match[1];
  }
  throw new Error(`It says only ${text}`);
}

/** A debugger of a process, as far as it is needed here. */
async function attach(t, url) {
  const socket = new Peer(url);
  t.after(() => socket.terminate());
  await once(socket, 'open');
  const paused = new Promise((resolve) => {
    socket.on('message', (data) => {
      if (JSON.parse(data).method === 'Debugger.paused') resolve();
    });
  });
  let id = 0;
  const call = async (method) => {
    const mine = ++id;
    const answered = new Promise((resolve) => {
      socket.on('message', (data) => JSON.parse(data).id === mine && resolve());
    });
    socket.send(JSON.stringify({ id: mine, method }));
    await answered;
  };
  await call('Debugger.enable');
  return { paused, call };
}

/** Connects a peer, and keeps what it gets. */
async function connect(t, url) {
  const peer = new Peer(url, { rejectUnauthorized: false });
  t.after(() => peer.terminate());
  const got = [];
  let wanted = Infinity;
  let enough;
  peer.on('message', (data) => {
    if (got.push(String(data)) === wanted) enough();
  });
  await once(peer, 'open');
  return {
    /** Resolves when the system has the message. */
    send: (text) => new Promise((resolve) => peer.send(text, resolve)),
    all: (count) =>
      new Promise((resolve) => {
        wanted = count;
        enough = () => resolve(got);
        if (got.length >= count) enough();
      })
  };
}

for (const [name, transport, ...tls] of [
  ['direct', 'direct'],
  ['stream', 'stream'],
  ['TLS', 'stream', 'tls']
]) {
  test(`what comes while a debugger pauses a handler is told when it resumes (${name})`, async (t) => {
    const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', PROGRAM, transport, ...tls]);
    t.after(() => child.kill());
    const [port, debuggerUrl] = await Promise.all([
      said(child.stdout, /^(\d+)\n/),
      said(child.stderr, /listening on (ws:\S+)/)
    ]);
    const { paused, call } = await attach(t, debuggerUrl);
    const url = `${tls.length > 0 ? 'wss' : 'ws'}://127.0.0.1:${port}/`;
    const peers = [await connect(t, url), await connect(t, url)];
    await peers[0].send('pause');
    await paused;
    const numbers = Array.from({ length: MESSAGES }, (_, i) => String(i));
    for (const number of numbers) await Promise.all(peers.map(({ send }) => send(number)));
    await call('Debugger.resume');
    const [first, second] = await Promise.all([peers[0].all(MESSAGES + 1), peers[1].all(MESSAGES)]);
    assert.deepStrictEqual(first, ['pause', ...numbers]);
    assert.deepStrictEqual(second, numbers);
  });
}
