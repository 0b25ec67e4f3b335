'use strict';

// The programs of README.md, as they stand: each is written to a file of the name in its first line, in an empty folder
// with the packed package, installed by the command of the README.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { after, before, describe, test } = require('node:test');

const { ROOT, install, packBoth, publish } = require('./packing');
const { makeCertificate } = require('./parity/harness/certificate');

const README = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');
/** Its programs, by the names of their files. */
const PROGRAMS = new Map(
  Array.from(README.matchAll(/^```js\n\/\/ (\S+\.js)\n([^]*?)^```$/gm), ([, name, code]) => [name, code])
);

describe('README.md', { timeout: 300000 }, () => {
  let folder, registry;
  const running = [];

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-readme-'));
    registry = await publish(await packBoth(folder));
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
    const [, command] = /`npm install (faye-websocket@\S+)`/.exec(README);
    await install(folder, registry, command);
    for (const [name, code] of PROGRAMS) fs.writeFileSync(path.join(folder, name), code);
    const { key, cert } = makeCertificate({ names: ['localhost'] });
    fs.writeFileSync(path.join(folder, 'key.pem'), key);
    fs.writeFileSync(path.join(folder, 'cert.pem'), cert);
  });

  after(async () => {
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(
      running.map((child) => child.exitCode === null && child.signalCode === null && once(child, 'exit'))
    );
    registry.close();
    fs.rmSync(folder, { recursive: true });
  });

  /** Starts a program; its lines come one by one from `line`. */
  function start(name, args = [], env = {}) {
    const child = spawn(process.execPath, [name, ...args], {
      cwd: folder,
      env: { ...process.env, PORT: '0', ...env }
    });
    running.push(child);
    child.stderr.pipe(process.stderr);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { child, line: async () => (await lines.next()).value };
  }

  /** Starts a server; resolves to its port as well. */
  async function serve(name) {
    const server = start(name);
    const [, port] = /^port (\d+)$/.exec(await server.line());
    return { ...server, port: Number(port) };
  }

  /** What a GET of an address gives: its status and the beginning of its body. */
  async function get(url, options = {}) {
    const request = (url.startsWith('https') ? https : http).get(url, {
      rejectUnauthorized: false,
      ...options
    });
    const [response] = await once(request, 'response');
    const [body] = await once(response.setEncoding('utf8'), 'data');
    request.destroy();
    return [response.statusCode, body];
  }

  test('has no JavaScript that is not a whole program', () => {
    const blocks = README.match(/^```js$/gm).length;

    assert.strictEqual(PROGRAMS.size, blocks);
    assert.deepStrictEqual([...PROGRAMS.keys()], ['server.js', 'client.js', 'secure.js', 'clock.js']);
  });

  test('has a server that answers a GET, and echoes what its client sends', async () => {
    const server = await serve('server.js');
    assert.deepStrictEqual(await get(`http://localhost:${server.port}/`), [200, 'A WebSocket server\n']);

    const client = start('client.js', [`ws://localhost:${server.port}/`]);
    assert.strictEqual(await client.line(), 'Hello, world!');
    assert.strictEqual(await client.line(), 'close 1000 done');
    assert.strictEqual(await server.line(), 'close 1000 done');
    assert.deepStrictEqual(await once(client.child, 'exit'), [0, null]);
  });

  test('has a server over TLS that refuses some, and compresses for others', async () => {
    const server = await serve('secure.js');
    const origin = `localhost:${server.port}`;
    const trust = {
      NODE_EXTRA_CA_CERTS: path.join(folder, 'cert.pem'),
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      NODE_NO_WARNINGS: '1'
    };
    assert.deepStrictEqual(await get(`https://${origin}/`), [200, 'Over TLS\n']);

    const client = start('client.js', [`wss://${origin}/`], trust);
    assert.strictEqual(await client.line(), 'Hello, world!');

    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Extensions': 'permessage-deflate'
    };
    const options = { headers, rejectUnauthorized: false, agent: false };
    const refused = https.get(`https://${origin}/private`, options);
    const [response] = await once(refused, 'response');
    assert.strictEqual(response.statusCode, 401);
    refused.destroy();

    const accepted = https.get(`https://${origin}/`, options);
    const [{ headers: answer }, socket] = await once(accepted, 'upgrade');
    socket.destroy();
    assert.match(answer['sec-websocket-extensions'], /^permessage-deflate/);
  });

  test('has a clock that ticks for an EventSource, and answers everybody else', async () => {
    const server = await serve('clock.js');
    const url = `http://localhost:${server.port}/`;
    assert.deepStrictEqual(await get(url), [200, 'Ask for text/event-stream\n']);

    const request = http.get(url, { headers: { Accept: 'text/event-stream' } });
    const [response] = await once(request, 'response');
    let text = '';
    for await (const chunk of response) {
      text += chunk;
      if (/\r\n\r\n$/.test(text) && text.includes('event: clock')) break;
    }
    request.destroy();
    assert.match(text, /event: clock\r\ndata: \d{4}-\d\d-\d\dT/);
  });
});
