'use strict';

// What drivers hold on the native side, and what becomes of it.

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');

const websocket = require('../../driver');
const native = require('../../lib/native');
const { closing, frame } = require('../../testing/driver/frames');
const { request } = require('../../testing/driver/harness');

test('a driver that is closed lets its session go', () => {
  const before = native.sessions();
  const driver = websocket.http(request());
  driver.start();
  assert.strictEqual(native.sessions(), before + 1);
  driver.parse(frame(8, closing(1000)));

  assert.strictEqual(native.sessions(), before);
});

test('a driver is fed after its end, and nothing is thrown or emitted', () => {
  const driver = websocket.http(request());
  driver.start();
  driver.parse(frame(8, closing(1000)));
  const heard = [];
  for (const event of ['message', 'error', 'close', 'ping']) driver.on(event, () => heard.push(event));
  driver.io.on('data', () => heard.push('data'));
  driver.parse(frame(1, 'late'));
  driver.io.write(frame(9, 'late'));

  assert.deepStrictEqual(heard, []);
});

test('a server is not asked to mask, nor to take what has no mask', () => {
  assert.throws(() => websocket.http(request(), { masking: true }), /TypeError: A server does not mask/);
  assert.throws(() => websocket.http(request(), { requireMasking: false }), /TypeError: A server takes no/);
  assert.strictEqual(websocket.http(request(), { masking: false, requireMasking: true }).start(), true);
});

test('a code and a reason in each other’s place are refused', () => {
  const driver = websocket.http(request(), null);
  driver.start();

  assert.throws(
    () => driver.close(3001, 'bye'),
    /TypeError: The code must be a number, not bye: close\(reason, code\)/
  );
  assert.strictEqual(driver.getState(), 'open');
});

test('a second request on one connection is no frame', () => {
  const driver = websocket.server();
  const bytes = Buffer.from(
    'GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'
  );
  const codes = [];
  driver.on('close', ({ code }) => codes.push(code));
  driver.parse(bytes);
  driver.start();
  driver.parse(bytes);

  assert.deepStrictEqual(codes, [1002]);
  assert.strictEqual(driver.getState(), 'closed');
});

test('a driver whose stream is gone throws nothing', () => {
  const driver = websocket.http(request());
  driver.start();
  driver.io.end();
  driver.io.readable = false;
  driver.parse(frame(1, 'late'));

  assert.strictEqual(driver.text('x'), true);
  assert.strictEqual(driver.io.write(frame(1, 'late')), false);
  assert.strictEqual(driver.close(), true);
});

test('handlers that throw lose nothing of what stands behind', async () => {
  const driver = websocket.http(request());
  driver.start();
  const heard = [];
  driver.on('message', ({ data }) => {
    heard.push(data);
    if (data === 'a') throw new Error('thrown by a handler');
  });
  assert.throws(
    () => driver.parse(Buffer.concat([frame(1, 'a'), frame(1, 'b'), frame(1, 'c')])),
    /thrown by a handler/
  );
  await new Promise(setImmediate);

  assert.deepStrictEqual(heard, ['a', 'b', 'c']);
});

test('10,000 drivers that are dropped without being closed leak no session', () => {
  // The last one may still stand in a register or on the stack.
  const program = `
    const LAST = 2;
    const websocket = require(${JSON.stringify(path.join(__dirname, '..', '..', 'driver'))});
    const native = require(${JSON.stringify(path.join(__dirname, '..', '..', 'lib', 'native'))});
    const { request } = require(${JSON.stringify(path.join(__dirname, '..', '..', 'testing', 'driver', 'harness'))});
    (async () => {
      for (let i = 0; i < 10000; i++) {
        const driver = i % 2 ? websocket.http(request()) : websocket.client('ws://h/');
        driver.start();
      }
      const most = native.sessions();
      // Finalizers run in tasks of their own.
      for (let i = 0; i < 500 && native.sessions() > LAST; i++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      console.log(most > LAST, native.sessions() <= LAST);
    })();`;
  const output = execFileSync(process.execPath, ['--expose-gc', '-e', program], { encoding: 'utf8' });

  assert.strictEqual(output.trim(), 'true true');
});

test('each extension that was added is offered, accepted and at work', () => {
  const mark = (name, bit, letter) => {
    const append = (message, callback) => {
      message.data = Buffer.concat([message.data, Buffer.from(letter)]);
      if (bit) message[bit] = true;
      callback(null, message);
    };
    const session = {
      generateResponse: () => ({}),
      processIncomingMessage: append,
      processOutgoingMessage: append,
      close() {}
    };
    const bits = { rsv1: false, rsv2: false, rsv3: false, ...(bit && { [bit]: true }) };
    return { name, type: 'permessage', ...bits, createServerSession: () => session };
  };
  const driver = websocket.http(request({ 'sec-websocket-extensions': 'one, two' }));
  const sent = [];
  driver.io.on('data', (bytes) => sent.push(bytes.toString('latin1')));
  assert.strictEqual(driver.addExtension(mark('one', 'rsv1', '1')), true);
  assert.strictEqual(driver.addExtension(mark('two', 'rsv2', '2')), true);
  assert.throws(() => driver.addExtension(mark('two', 'rsv3', '3')), /"two" is already registered/);
  driver.start();
  driver.text('x');
  const received = [];
  driver.on('message', ({ data }) => received.push(data));
  driver.parse(frame(1, 'y'));

  assert.match(sent[0], /^Sec-WebSocket-Extensions: one, two\r$/m);
  // FIN, RSV1 and RSV2.
  assert.strictEqual(sent[1], '\xe1\x03x12');
  assert.deepStrictEqual(received, ['y21']);
});

test('a tunnel that is destroyed has ended, once, and takes nothing more', () => {
  const tunnel = websocket.client('ws://h.example/').proxy('http://p.example/');
  const heard = [];
  for (const event of ['close', 'end', 'connect', 'error']) tunnel.on(event, () => heard.push(event));
  tunnel.start();
  tunnel.destroy();
  tunnel.destroy();
  tunnel.end(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'));

  assert.deepStrictEqual(heard, ['close', 'end']);
  assert.deepStrictEqual([tunnel.readable, tunnel.writable], [false, false]);
  assert.strictEqual(tunnel.write(Buffer.from('late')), false);
});
