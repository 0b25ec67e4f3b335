'use strict';

// With the option `--abort-on-uncaught-exception`, V8 ends a process at an exception that no code of JavaScript will catch, so
// that there is a core to look at. What an addon throws is such an exception whoever calls the addon.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { describe, test } = require('node:test');

const { IS_NODE } = require('../lib/native/runtime');
const { TRANSPORTS } = require('../testing/peers/engines');

const SKIP = !IS_NODE && 'the option is of V8 and Node.js';

/** What a program prints that begins with `WebSocket` and `deflate` and runs under the option. */
function run(program) {
  const code = `const WebSocket = require('..'); ${program}`;
  const flags = ['--no-warnings', '--abort-on-uncaught-exception', '-e', code];
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, flags, {
    cwd: __dirname,
    encoding: 'utf8',
    timeout: 30000
  });
  assert.deepStrictEqual({ status, signal }, { status: 0, signal: null }, stderr);
  return stdout.trim().split('\n');
}

describe('with --abort-on-uncaught-exception', { skip: SKIP }, () => {
  for (const transport of TRANSPORTS) {
    test(`a conversation over the ${transport} transport ends as without it`, () => {
      const lines = run(`
        const options = { transport: '${transport}', extensions: [WebSocket.deflate] };
        const server = require('http').createServer().on('upgrade', (request, socket, head) => {
          const ws = new WebSocket(request, socket, head, null, options);
          ws.on('message', ({ data }) => ws.send(data));
        });
        server.listen(0, '127.0.0.1', () => {
          const client = new WebSocket.Client('ws://127.0.0.1:' + server.address().port + '/', null, options);
          client.on('open', () => client.send('text'));
          client.on('message', ({ data }) => { console.log(data); client.close(3000, 'done'); });
          client.on('close', ({ code, reason }) => { console.log(code, reason); server.close(); });
        });`);
      assert.deepStrictEqual(lines, ['text', '3000 done']);
    });
  }

  test('what is thrown for arguments is caught by who catches it', () => {
    const lines = run(`
      const url = 'ws://127.0.0.1:1/';
      const calls = [
        () => new WebSocket.Client(url, [], { headers: { 'A B': 'c' } }),
        () => new WebSocket.Client(url, [], { headers: { A: 'b\\nc' } }),
        () => new WebSocket.Client(url, ['a b']),
        () => new WebSocket.Client(url, ['a', 'a']),
        () => new WebSocket.Client(url, [], { proxy: { origin: 'http://localhost', headers: { 'A B': 'c' } } }),
        () => new WebSocket.Client(url, [], { extensions: [require('../deflate').configure({ level: 9 })], headers: { 'A\\n': '' } }),
        () => WebSocket.deflate.configure({ level: 77 }),
        () => WebSocket.deflate.configure({ maxWindowBits: 77 })
      ];
      for (const call of calls) {
        try { call(); } catch (error) { console.log(error instanceof TypeError); }
      }`);
    assert.deepStrictEqual(lines, Array(8).fill('true'));
  });

  test('no request and no answer of a peer ends the process', () => {
    const lines = run(`
      const net = require('net');
      const Driver = require('../driver');
      const plugin = { name: 'x', type: 'permessage', rsv1: true, rsv2: false, rsv3: false };
      plugin.createServerSession = plugin.createClientSession = () => ({ generateOffer: () => ({}), close() {} });
      const head = 'Host: a\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n';
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\n';
      const server = require('http').createServer().on('upgrade', (request, socket, body) => {
        const ws = new WebSocket(request, socket, body, null, { extensions: [plugin] });
        ws.on('error', ({ message }) => console.log(message.split(':')[0]));
        ws.on('close', () => server.close());
      });
      server.listen(0, '127.0.0.1', () => {
        const socket = net.connect(server.address().port, '127.0.0.1');
        socket.write('GET / HTTP/1.1\\r\\n' + head + key + 'Sec-WebSocket-Extensions: a; =b\\r\\n\\r\\n');
        socket.resume();
      });
      const driver = Driver.server();
      driver.on('connect', () => console.log(Driver.isWebSocket(driver)));
      driver.parse(Buffer.from('no request\\r\\n\\r\\n'));
      const proxy = Driver.client('ws://a/').proxy('http://b/');
      proxy.on('error', (error) => console.log(error.message.split(' ')[0]));
      proxy.start();
      proxy.write(Buffer.from('no answer\\r\\n\\r\\n'));`);
    assert.deepStrictEqual(lines, ['false', "Can't", 'Invalid Sec-WebSocket-Extensions header']);
  });
});
