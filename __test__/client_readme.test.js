'use strict';

// The examples of faye-websocket's README for its client run as they stand there. Hosts of theirs lead to servers here.

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');

const { startProxy } = require('../testing/peers/proxy');
const { serve } = require('../testing/peers/server');
const { makeCertificate } = require('../testing/certificate');

const README = fs.readFileSync(
  path.join(path.dirname(require.resolve('faye-websocket-reference/package.json')), 'README.md'),
  'utf8'
);
const REPLACE = path.join(__dirname, 'consumers', 'replace.js');

/** The blocks of JavaScript in the README that hold `words`; there must be one. */
function example(words) {
  const blocks = [...README.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code);
  const found = blocks.filter((code) => code.includes(words));
  assert.strictEqual(found.length, 1, `examples with ${words}`);
  return found[0];
}

/** A preloaded module that leads connections to `ports`, by host, to this machine. */
const redirect = (ports) => `
  const net = require('net');
  const ports = ${JSON.stringify(ports)};
  const { connect } = net;
  net.connect = ({ host, port, ...rest }) => connect({ ...rest, host: '127.0.0.1', port: ports[host + ':' + port] });
`;

/** Runs `code` in a folder with `files` until it ends by itself; what it printed. */
async function run(t, code, ports, files = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-native-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const all = { 'example.js': code, 'redirect.js': redirect(ports), ...files };
  for (const [name, content] of Object.entries(all)) fs.writeFileSync(path.join(folder, name), content);
  const args = ['--throw-deprecation', '--require', REPLACE, '--require', './redirect.js', 'example.js'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  assert.strictEqual(stderr, '');
  return stdout;
}

test('the example of a client opens, sends, receives and closes', async (t) => {
  const server = await serve(t, (ws) => {
    ws.on('message', ({ data }) => {
      ws.send(`you said: ${data}`);
      ws.close(1000, 'done');
    });
  });
  const printed = await run(t, example("'ws://www.example.com/');\n\nws.on('open'"), {
    'www.example.com:80': server.port
  });
  assert.strictEqual(printed, 'open\nmessage you said: Hello, world!\nclose 1000 done\n');
});

test('the example of a client through a proxy tells the proxy who it is, and reaches the server', async (t) => {
  const server = await serve(t, (ws) => {
    ws.on('message', ({ data }) => ws.close(3000, data));
  });
  // The proxy takes the port that it is asked for; the example asks for 80.
  const proxy = await startProxy(t, { lead: () => server.port });
  const code = [
    "var WebSocket = require('faye-websocket'), fs = require('fs');",
    example('http://username:password@proxy.example.com'),
    "ws.on('open', function() { ws.send('through'); });",
    "ws.on('close', function(event) { console.log(event.code, event.reason); });"
  ].join('\n');
  const { cert } = makeCertificate({ names: ['client'] });
  const printed = await run(t, code, { 'proxy.example.com:80': proxy.port }, { 'client.crt': cert });
  assert.strictEqual(printed, '3000 through\n');
  const lines = proxy.requests[0].split('\r\n');
  assert.strictEqual(lines[0], 'CONNECT www.example.com:80 HTTP/1.1');
  const basic = Buffer.from('username:password').toString('base64');
  for (const line of ['User-Agent: node', `Proxy-Authorization: Basic ${basic}`])
    assert.ok(lines.includes(line), line);
});

test('the example of subprotocols agrees on one', async (t) => {
  const server = await serve(t, (ws) => ws.on('open', () => ws.close()), { protocols: ['amqp'] });
  const code = [
    "var WebSocket = require('faye-websocket');",
    example("new WebSocket.Client('ws://www.example.com/', ['irc', 'amqp'])"),
    "ws.on('close', function() { console.log(ws.protocol, ws.statusCode, ws.headers.connection); });"
  ].join('\n');
  const printed = await run(t, code, { 'www.example.com:80': server.port });
  assert.strictEqual(printed, 'amqp 101 Upgrade\n');
});
