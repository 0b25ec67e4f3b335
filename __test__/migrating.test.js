'use strict';

// The application of MIGRATING.md, as it stands there for ws and for this package: the same clients meet the same.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { describe, test } = require('node:test');

const { WebSocket } = require('ws');

const ROOT = path.join(__dirname, '..');
const document = fs.readFileSync(path.join(ROOT, 'MIGRATING.md'), 'utf8');

/** The program behind a mark in the document. */
function program(mark) {
  const [, code] = new RegExp(`<!-- ${mark} -->\n\`\`\`js\n([^]*?)^\`\`\`$`, 'm').exec(document);
  return code.replace("require('faye-websocket')", `require(${JSON.stringify(ROOT)})`);
}

/** Starts a program; resolves to its port, and what it prints from then on. */
async function start(t, code) {
  const child = spawn(process.execPath, ['-e', code], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  const lines = readline.createInterface(child.stdout);
  const [port] = await once(lines, 'line');
  const printed = [];
  lines.on('line', (line) => printed.push(line));
  return { port, printed, printedNext: () => once(lines, 'line') };
}

/** What becomes of a request for a WebSocket. */
async function knock(port, target, headers, protocols) {
  const ws = new WebSocket(`ws://127.0.0.1:${port}${target}`, protocols, { headers });
  const status = await new Promise((resolve) => {
    ws.on('open', () => resolve(101));
    ws.on('unexpected-response', (request, response) => {
      resolve(response.statusCode);
      response.destroy();
    });
    ws.on('error', () => {});
  });
  return { ws, status };
}

/** Plays the clients of the chat; what they meet. */
async function visit({ port, printed, printedNext }) {
  const met = [];
  const token = { authorization: 'Bearer secret' };
  met.push((await knock(port, '/chat?name=eve', {})).status);
  met.push((await knock(port, '/elsewhere', token)).status);
  const { ws: alice, status } = await knock(port, '/chat?name=alice', token, ['chat.v1', 'chat.v2']);
  met.push(status, alice.protocol);
  const { ws: bob } = await knock(port, '/chat?name=bob', token);
  met.push(bob.protocol);

  const people = await fetch(`http://127.0.0.1:${port}/people`);
  met.push(await people.json());

  // Listened to before anything is sent: what both get may come in one turn of the loop.
  const both = (event) => Promise.all([alice, bob].map((ws) => once(ws, event)));
  const texts = both('message');
  alice.send('grüße');
  for (const [data] of await texts) met.push(String(data));
  const bytes = both('message');
  bob.send(Buffer.from([0, 1, 255]));
  for (const [data, isBinary] of await bytes) met.push([isBinary, data.toString('hex')]);
  const pong = once(bob, 'pong');
  bob.ping('are you there');
  met.push(String((await pong)[0]));

  const closed = both('close');
  alice.send('x'.repeat(2000));
  const [code] = await once(alice, 'close');
  met.push(code);
  if (printed.length === 0) await printedNext();
  bob.close(3000, 'bye');
  await closed;
  if (printed.length === 1) await printedNext();
  // What a connection says of its own end after a message that is too long is worded differently.
  met.push(printed.map((line) => line.replace(/1006 $|1009.*$/, '(too long)')));
  return met;
}

describe(
  'an Express application made for ws',
  { skip: typeof fetch !== 'function' && 'it needs fetch' },
  () => {
    test('does the same when it is migrated as MIGRATING.md says', async (t) => {
      const before = await visit(await start(t, program('before')));
      const after = await visit(await start(t, program('after')));

      assert.deepStrictEqual(after, before);
      assert.deepStrictEqual(before.slice(0, 5), [401, 400, 101, 'chat.v2', '']);
    });
  }
);
