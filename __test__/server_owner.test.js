'use strict';

// The socket stays its owner's: what the owner does to it works as on any socket, at any moment, whoever moves the
// bytes meanwhile.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { text, binary, close, fragments } = require('../testing/wire');

/** A client, the server's WebSocket and its socket. */
async function trio(t, onWebSocket) {
  const { port, next, sockets } = await serve(t, onWebSocket);
  const client = await connect(t, port);
  const ws = await next();
  return { client, ws, socket: [...sockets].pop() };
}

/** Messages as strings. */
function collect(ws) {
  const messages = [];
  ws.on('message', ({ data }) => messages.push(String(data)));
  return messages;
}

describe('the owner of a socket', () => {
  test('gets its timeout when nothing moves, and has it put off by messages both ways', async (t) => {
    const { client, ws, socket } = await trio(t);
    // The method of Node's by which a socket says that something has moved.
    const moved = t.mock.method(socket, '_unrefTimer');
    socket.setTimeout(1e6);
    const moves = async (act) => {
      const before = moved.mock.callCount();
      await act();
      assert.ok(moved.mock.callCount() > before, String(act));
    };
    await moves(() => {
      ws.send('x');
      return client.frame();
    });
    await moves(() => {
      ws.send(Buffer.from('x'));
      return client.frame();
    });
    await moves(() => {
      client.send(text('y'));
      return once(ws, 'message');
    });
    socket.setTimeout(20);
    await once(socket, 'timeout');
    assert.strictEqual(ws.readyState, 1);
  });

  test('counts the bytes of both directions', async (t) => {
    const { client, ws, socket } = await trio(t);
    const [read, written] = [socket.bytesRead, socket.bytesWritten];
    assert.ok(read > 100 && written > 100, 'the handshake counts');
    const message = binary(Buffer.alloc(1000));
    client.send(message, message);
    while (socket.bytesRead - read < 2 * message.length) await once(ws, 'message');
    ws.send(Buffer.alloc(500));
    await client.frame();
    assert.strictEqual(socket.bytesRead - read, 2 * message.length);
    assert.strictEqual(socket.bytesWritten - written, 504);
  });

  test('holds messages up by pausing the socket, and lets them go by resuming it', async (t) => {
    const { client, ws, socket } = await trio(t);
    const messages = collect(ws);
    socket.pause();
    client.send(text('one'));
    client.send(...fragments('t', 'wo'));
    // What the peer asks the owner for another connection takes longer than the messages would.
    const other = await serve(t);
    await connect(t, other.port);
    assert.deepStrictEqual(messages, []);
    socket.resume();
    while (messages.length < 2) await once(ws, 'message');
    assert.deepStrictEqual(messages, ['one', 'two']);
  });

  for (const moment of ['between messages', 'inside a message']) {
    test(`may begin to listen to the raw bytes ${moment}, and nothing is lost`, async (t) => {
      const { client, ws, socket } = await trio(t);
      const messages = collect(ws);
      client.send(text('before'));
      await once(ws, 'message');
      const [head, tail] = [text('in the middle').subarray(0, 5), text('in the middle').subarray(5)];
      if (moment === 'inside a message') {
        client.send(text('mark'), head);
        await once(ws, 'message');
      }
      const raw = [];
      socket.on('data', (chunk) => raw.push(chunk));
      const later = moment === 'inside a message' ? tail : Buffer.concat([head, tail]);
      client.send(later, text('after'));
      while (messages[messages.length - 1] !== 'after') await once(ws, 'message');
      assert.deepStrictEqual(messages.slice(-2), ['in the middle', 'after']);
      assert.ok(Buffer.concat(raw).equals(Buffer.concat([later, text('after')])));
      ws.send('still');
      assert.deepStrictEqual(await client.frames(1), ['1:still']);
    });
  }

  test('may begin to listen inside a handler, with messages behind it in the packet', async (t) => {
    const { client, ws } = await trio(t, (ws, request, socket) => {
      ws.once('message', () => socket.on('data', () => {}));
    });
    const messages = collect(ws);
    client.send(text('one'), text('two'), ...fragments('th', 'ree'), text('four').subarray(0, 3));
    client.send(text('four').subarray(3));
    while (messages.length < 4) await once(ws, 'message');
    assert.deepStrictEqual(messages, ['one', 'two', 'three', 'four']);
  });

  test('may write between frames at any moment, backed up or not', async (t) => {
    const { client, ws, socket } = await trio(t);
    const raw = (data) => text(data, { mask: null });
    const expected = [];
    client.socket.pause();
    for (let i = 0; i < 60; i++) {
      ws.send(String(i).padEnd(100_000, '.'));
      socket.write(raw('owner ' + i));
      expected.push('1:' + String(i).padEnd(100_000, '.'), '1:owner ' + i);
    }
    client.socket.resume();
    for (const frame of expected) {
      const [got] = await client.frames(1);
      assert.ok(got === frame, `${got.slice(0, 20)} for ${frame.slice(0, 20)}`);
    }
  });

  test('may write behind messages of which only a part has left', async (t) => {
    const { client, ws, socket } = await trio(t);
    const expected = [];
    client.socket.pause();
    const send = () => {
      const message = String(expected.length).padEnd(5000, '.');
      expected.push('1:' + message);
      return ws.send(message);
    };
    while (send());
    socket.write(text('owner', { mask: null }));
    expected.push('1:owner');
    send();
    client.socket.resume();
    for (const frame of expected) {
      const [got] = await client.frames(1);
      assert.ok(got === frame, `${got.slice(0, 20)} for ${frame.slice(0, 20)}`);
    }
  });

  test('may have methods of its own on the socket, which see every byte in order', async (t) => {
    const seen = [];
    const { port } = await serve(t, undefined, {
      upgrade(request, socket, head) {
        const { write } = socket;
        socket.write = function (chunk, ...rest) {
          seen.push(Buffer.from(chunk));
          return write.call(this, chunk, ...rest);
        };
        const ws = new WebSocket(request, socket, head);
        ws.onmessage = ({ data }) => {
          ws.send('answer ' + data);
          socket.write(text('owner ' + data, { mask: null }));
          ws.send('second ' + data);
        };
      }
    });
    const client = await connect(t, port);
    for (const name of ['a', 'b', 'c']) {
      client.send(text(name));
      assert.deepStrictEqual(await client.frames(3), [
        `1:answer ${name}`,
        `1:owner ${name}`,
        `1:second ${name}`
      ]);
    }
    const bytes = Buffer.concat(seen).toString('latin1');
    for (const word of ['HTTP/1.1 101', 'answer a', 'owner a', 'second c'])
      assert.ok(bytes.includes(word), word);
  });

  test('may end its half: what was sent leaves, then the peer sees the end', async (t) => {
    const { client, ws, socket } = await trio(t);
    client.socket.pause();
    for (let i = 0; i < 50; i++) ws.send(Buffer.alloc(100_000, i));
    socket.end();
    client.socket.resume();
    for (let i = 0; i < 50; i++) {
      const { payload } = await client.frame();
      assert.ok(payload.length === 100_000 && payload[99_999] === i);
    }
    assert.strictEqual((await client.rest()).length, 0);
  });

  test('sees its socket closed once, after the WebSocket', async (t) => {
    const { client, ws, socket } = await trio(t);
    const order = [];
    ws.on('close', () => order.push('ws'));
    socket.on('close', () => order.push('socket'));
    const closed = once(socket, 'close');
    client.send(close(1000));
    await closed;
    assert.deepStrictEqual(order.sort(), ['socket', 'ws']);
    assert.ok(socket.destroyed);
  });

  test('finds the addresses and the keep-alive of any socket', async (t) => {
    const { client, socket } = await trio(t);
    assert.strictEqual(socket.remoteAddress, '127.0.0.1');
    assert.strictEqual(socket.remotePort, client.socket.localPort);
    assert.strictEqual(socket.setKeepAlive(true, 1000), socket);
    assert.strictEqual(socket.setNoDelay(false), socket);
  });

  test('lets the process end by unref, with the connection open', async () => {
    const script = `
      const WebSocket = require('../testing/peers/implementation');
      const net = require('net');
      const { request } = require('../testing/peers/raw_client');
      const server = require('http').createServer().on('upgrade', (req, socket, head) => {
        const ws = new WebSocket(req, socket, head);
        ws.on('open', () => setImmediate(() => {
          server.close();
          socket.unref();
          client.unref();
          console.log('open');
        }));
      });
      let client;
      server.listen(0, '127.0.0.1', () => {
        client = net.connect(server.address().port, '127.0.0.1', () => client.write(request()));
        client.resume();
      });`;
    const { stdout, status } = spawnSync(process.execPath, ['-e', script], {
      cwd: __dirname,
      encoding: 'utf8',
      timeout: 20_000
    });
    assert.deepStrictEqual([stdout, status], ['open\n', 0]);
  });
});

describe('the peer', () => {
  test('may end its half and still get what was sent before', async (t) => {
    const { client, ws } = await trio(t, (ws) => {
      ws.onmessage = ({ data }) => ws.send('re: ' + data);
    });
    const closed = closing(ws);
    client.send(text('last'));
    client.socket.end();
    assert.deepStrictEqual(await client.frames(1), ['1:re: last']);
    const { code, reason } = await closed;
    assert.deepStrictEqual([code, reason], [1006, '']);
  });

  test('that resets the connection closes it with 1006, and with an error at most', async (t) => {
    const { client, ws } = await trio(t);
    const errors = [];
    ws.on('error', ({ message }) => errors.push(message));
    const closed = closing(ws);
    client.send(text('x'));
    await once(ws, 'message');
    client.socket.resetAndDestroy();
    assert.strictEqual((await closed).code, 1006);
    assert.ok(errors.length <= 1);
    for (const message of errors)
      assert.match(message, /^Network error: ws:\/\/localhost\/: read ECONNRESET$/);
  });

  test('that resets while it is written to closes the connection once', async (t) => {
    const { client, ws } = await trio(t);
    let closes = 0;
    ws.on('close', () => closes++);
    client.socket.pause();
    while (ws.send(Buffer.alloc(100_000)));
    const closed = closing(ws);
    client.socket.resetAndDestroy();
    const timer = setInterval(() => ws.send('more'), 1);
    t.after(() => clearInterval(timer));
    assert.strictEqual((await closed).code, 1006);
    await new Promise(setImmediate);
    assert.strictEqual(closes, 1);
  });
});
