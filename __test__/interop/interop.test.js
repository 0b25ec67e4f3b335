'use strict';

// Our client against other servers, our server against other clients; see `conversation.js`.

const assert = require('node:assert');
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const readline = require('node:readline');
const { describe, test } = require('node:test');

const WebSocket = require('../..');
const { serve } = require('../../testing/peers/server');
const { MESSAGES, CLIENT_SEES, SERVER_SEES } = require('./conversation');

const ROOT = path.join(__dirname, '..', '..');
/** Where `.ci/run` installs packages of Python. */
const PYTHON_PATH = [path.join(ROOT, 'target', 'python'), process.env.PYTHONPATH]
  .filter(Boolean)
  .join(path.delimiter);
const TRANSPORTS = ['stream', 'auto'];

/** Peers by name: a function that says how to start one, or why there is none. */
const peers = {
  ws: () => node('peer_ws.js'),
  // It answers every close frame with one of its own: code 1000, no reason.
  websocket: () => ({ ...node('peer_websocket.js'), answer: 'closed 1000 ' }),
  'websockets (Python)': python,
  'tokio-tungstenite': rust
};

function node(file) {
  return { command: [process.execPath, path.join(__dirname, file)] };
}

function python() {
  const env = { ...process.env, PYTHONPATH: PYTHON_PATH };
  const { status } = spawnSync('python3', ['-c', 'import websockets.asyncio.server'], { env });
  if (status !== 0) return { skip: 'python3 with the package websockets is not installed' };
  return { command: ['python3', path.join(__dirname, 'peer_websockets.py')], env };
}

function rust() {
  const args = ['build', '--quiet', '--package', 'tungstenite-peer', '--message-format', 'json'];
  const { error, status, stdout, stderr } = spawnSync('cargo', args, { cwd: ROOT, maxBuffer: 1 << 26 });
  if (error) return { skip: 'cargo is not installed' };
  assert.strictEqual(status, 0, String(stderr));
  const artifacts = String(stdout)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const { executable } = artifacts.find((artifact) => artifact.executable);
  return { command: [executable] };
}

/** Starts a peer; `lines` waits for that many lines. */
function start(t, { command, env }, ...args) {
  const child = spawn(command[0], [...command.slice(1), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit']
  });
  t.after(() => child.kill());
  const seen = [];
  const reader = readline.createInterface({ input: child.stdout });
  reader.on('line', (line) => seen.push(line));
  const ended = once(reader, 'close');
  const lines = async (count) => {
    while (seen.length < count)
      await Promise.race([once(reader, 'line'), ended.then(() => fewer(seen, count))]);
    return seen.splice(0, count);
  };
  return { lines, ended, seen };
}

function fewer(seen, count) {
  if (seen.length < count) throw new Error(`the peer has ended; it printed: ${seen.join(', ')}`);
}

/** The client's side of the conversation; what it sees. */
async function talk(url, options) {
  const sees = [];
  const ws = await open(url, options);
  for (const [name, message] of Object.entries(MESSAGES)) {
    ws.send(message);
    const [{ data }] = await once(ws, 'message');
    const same = Buffer.isBuffer(message) ? message.equals(data) : message === data;
    if (same) sees.push(`echoed ${name}`);
  }
  await new Promise((resolve) => ws.ping('p', resolve));
  sees.push('pong p');
  ws.send('close 3001 bye');
  sees.push(await closed(ws));
  const second = await open(url, options);
  second.close(3002, 'own');
  sees.push(await closed(second));
  return sees;
}

async function open(url, options) {
  const ws = new WebSocket.Client(url, [], options);
  await once(ws, 'open');
  return ws;
}

async function closed(ws) {
  const [{ code, reason }] = await once(ws, 'close');
  return `closed ${code} ${reason}`;
}

for (const [name, find] of Object.entries(peers)) {
  const peer = find();
  describe(name, { skip: peer.skip }, () => {
    for (const transport of TRANSPORTS) {
      test(`as a server talks with our client (transport: ${transport})`, async (t) => {
        const { lines } = start(t, peer, 'serve');
        const [port] = await lines(1);
        const sees = await talk(`ws://127.0.0.1:${port}/`, { transport });
        assert.deepStrictEqual(sees, [...CLIENT_SEES.slice(0, -1), peer.answer || 'closed 3002 own']);
        assert.deepStrictEqual(await lines(SERVER_SEES.length), SERVER_SEES);
      });

      test(`as a client talks with our server (transport: ${transport})`, async (t) => {
        const saw = [];
        const onWebSocket = (ws) => {
          ws.on('message', ({ data }) => {
            const [, code, reason] = (data.length < 100 && /^close (\d+) (.*)$/.exec(data)) || [];
            if (code) ws.close(Number(code), reason);
            else ws.send(data);
          });
          ws.on('close', (event) => saw.push(`closed ${event.code} ${event.reason}`));
        };
        const { url } = await serve(t, onWebSocket, { WebSocket, options: { transport } });
        const { ended, seen } = start(t, peer, 'connect', url);
        await ended;
        assert.deepStrictEqual(seen, CLIENT_SEES);
        assert.deepStrictEqual(saw, [peer.answer || 'closed 3001 bye', 'closed 3002 own']);
      });
    }
  });
}
