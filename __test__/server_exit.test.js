'use strict';

// What was sent leaves even when the process ends in the same tick.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { test } = require('node:test');

const { connect } = require('../testing/peers/raw_client');
const { text } = require('../testing/wire');

/**
 * Starts a server in a process of its own that does `body` with each `ws`, made with more arguments if they are
 * given; its port and its exit code.
 */
async function start(t, body, more = '[]') {
  const script = `
    const WebSocket = require('../testing/peers/implementation');
    const server = require('http').createServer().on('upgrade', (request, socket, head) => {
      const ws = new WebSocket(request, socket, head, ${more});
      ${body}
    });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));
  `;
  const child = spawn(process.execPath, ['-e', script], {
    cwd: __dirname,
    stdio: ['ignore', 'pipe', 'pipe']
  });
  t.after(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit').then(([code]) => code);
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { port: Number(line), exit };
}

for (const [where, body] of [
  ['a handler', "ws.onmessage = () => { ws.send('one'); ws.send('two'); process.exit(7); };"],
  [
    'a timer',
    "ws.onmessage = () => setTimeout(() => { ws.send('one'); ws.send('two'); process.exit(7); }, 1);"
  ],
  ['onopen', "ws.onopen = () => { ws.send('one'); ws.send('two'); process.exit(7); };"],
  [
    'a tick',
    "ws.onmessage = () => process.nextTick(() => { ws.send('one'); ws.send('two'); process.exit(7); });"
  ]
]) {
  test(`delivers what ${where} sends before process.exit()`, async (t) => {
    const { port, exit } = await start(t, body);
    const client = await connect(t, port);
    client.send(text('go'));
    assert.deepStrictEqual(await client.frames(2), ['1:one', '1:two']);
    assert.strictEqual(await exit, 7);
  });
}

test('delivers what one of a hundred connections sends to all before process.exit()', async (t) => {
  const { port, exit } = await start(
    t,
    `const all = (globalThis.all ??= new Set()).add(ws);
     ws.onmessage = () => { for (const each of all) each.send('last'); process.exit(7); };`
  );
  const clients = [];
  for (let i = 0; i < 100; i++) clients.push(await connect(t, port));
  clients[0].send(text('go'));
  for (const client of clients) assert.deepStrictEqual(await client.frames(1), ['1:last']);
  assert.strictEqual(await exit, 7);
});

test('delivers what was sent before an exception that ends the process', async (t) => {
  const { port, exit } = await start(
    t,
    "ws.onmessage = () => { ws.send('one'); throw new Error('planned'); };"
  );
  const client = await connect(t, port);
  client.send(text('go'));
  assert.deepStrictEqual(await client.frames(1), ['1:one']);
  assert.strictEqual(await exit, 1);
});

test('ends at once, with its code, while messages are being compressed on other threads', async (t) => {
  const { port, exit } = await start(
    t,
    `ws.onmessage = () => {
       const large = Buffer.from(Array.from({ length: 4e6 }, (_, i) => i * i * 31 >> 3));
       for (let i = 0; i < 10; i++) ws.send(large);
       setImmediate(() => process.exit(7));
     };`,
    "[], { extensions: [require('../deflate')] }"
  );
  const client = await connect(t, port, { headers: ['Sec-WebSocket-Extensions: permessage-deflate'] });
  assert.match(client.answer, /permessage-deflate/);
  client.drop();
  client.send(text('go'));
  assert.strictEqual(await exit, 7);
  await client.closed;
});

test('lives as long as a connection, though its server is closed', async (t) => {
  const { port, exit } = await start(t, 'server.close(); ws.onmessage = ({ data }) => ws.send(data);');
  const client = await connect(t, port);
  client.send(text('one'));
  assert.deepStrictEqual(await client.frames(1), ['1:one']);
  // Nothing happens there while another process begins and ends.
  const [code] = await once(spawn(process.execPath, ['-e', '0']), 'exit');
  assert.strictEqual(code, 0);
  client.send(text('two'));
  assert.deepStrictEqual(await client.frames(1), ['1:two']);
  client.socket.end();
  assert.strictEqual(await exit, 0);
});

test(
  'ends by itself once its connections are closed, whatever options they had',
  { timeout: 20_000 },
  async (t) => {
    const { port, exit } = await start(
      t,
      `server.close();
     Object.defineProperty(socket, 'unref', { value: () => {} });
     ws.on('close', () => {});`,
      '[], { ping: 1000 }'
    );
    const client = await connect(t, port);
    client.socket.destroy();
    assert.strictEqual(await exit, 0);
  }
);
