'use strict';

// What the peer sends before a server's owner has answered its handshake: it comes behind `open`, each message once.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const websocket = require('../../driver');
const { frame } = require('../../testing/driver/frames');
const { request } = require('../../testing/driver/harness');

const HYBI = [
  'GET / HTTP/1.1',
  'Host: a',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
];
const HIXIE_75 = [
  'GET / HTTP/1.1',
  'Host: a',
  'Connection: Upgrade',
  'Upgrade: WebSocket',
  'Origin: http://a'
];
const HIXIE_76 = [
  ...HIXIE_75,
  'Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5',
  'Sec-WebSocket-Key2: 12998 5 Y3 1  .P00'
];
const text = Buffer.from('\x00hello\xff', 'latin1');
const REQUESTS = {
  'hybi-13': { head: HYBI, behind: frame(1, 'hello') },
  'hixie-75': { head: HIXIE_75, behind: text },
  'hixie-76': { head: HIXIE_76, behind: Buffer.concat([Buffer.from('^n:ds[4U'), text]) }
};

/** When the owner starts: before the request has come, when it has, or behind the call that brought it. */
const STARTS = {
  'before the request': (driver) => driver.start(),
  'when the request has come': (driver) => driver.on('connect', () => driver.start()),
  'behind the request': (driver) => driver.on('connect', () => queueMicrotask(() => driver.start()))
};

/** What a driver emits, as words. */
function heardOf(driver) {
  const heard = [];
  for (const event of ['open', 'message', 'error', 'close']) {
    driver.on(event, ({ data, message }) => heard.push(data ?? message ?? event));
  }
  return heard;
}

describe('what stands behind a request', () => {
  for (const [version, { head, behind }] of Object.entries(REQUESTS)) {
    const bytes = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), behind]);
    for (const [when, arrange] of Object.entries(STARTS)) {
      for (const cut of [bytes.length, bytes.length - 3, bytes.length - behind.length]) {
        test(`is told once, ${version}, started ${when}, of ${cut} bytes first`, async () => {
          const driver = websocket.server({ allowDrafts: true });
          const heard = heardOf(driver);
          arrange(driver);
          driver.io.write(bytes.subarray(0, cut));
          driver.io.write(bytes.subarray(cut));
          await null;

          assert.strictEqual(driver.version, version);
          assert.deepStrictEqual(heard, ['open', 'hello']);
        });
      }
    }
  }
});

describe('what comes before `start`, of a request that Node has read,', () => {
  test('is told behind `open`', () => {
    const driver = websocket.http(request());
    const heard = heardOf(driver);
    driver.io.write(frame(1, 'first').subarray(0, 4));
    driver.io.write(frame(1, 'first').subarray(4));
    assert.strictEqual(driver.start(), true);
    driver.io.write(frame(1, 'second'));

    assert.deepStrictEqual(heard, ['open', 'first', 'second']);
  });

  test('is told before what a handler of `open` writes', () => {
    const driver = websocket.http(request());
    const heard = heardOf(driver);
    driver.on('open', () => driver.io.write(frame(1, 'second')));
    driver.io.write(frame(1, 'first'));
    driver.start();

    assert.deepStrictEqual(heard, ['open', 'first', 'second']);
  });

  test('is told although a handler of `open` throws', () => {
    const driver = websocket.http(request());
    const heard = heardOf(driver);
    driver.on('open', () => {
      throw new Error('of the owner');
    });
    driver.io.write(frame(1, 'first'));

    assert.throws(() => driver.start(), /of the owner/);
    assert.deepStrictEqual(heard, ['open', 'first']);
  });

  test('has a socket wait that is piped in, once it is much, until the answer', () => {
    const driver = websocket.http(request());
    const message = 'x'.repeat(40_000);
    let drains = 0;
    driver.io.on('drain', () => drains++);
    assert.strictEqual(driver.io.write(frame(1, message)), true);
    assert.strictEqual(driver.io.write(frame(1, message)), false);
    const heard = heardOf(driver);
    driver.start();

    assert.deepStrictEqual([heard, drains], [['open', message, message], 1]);
    assert.strictEqual(driver.io.write(frame(1, message)), true);
  });

  for (const [what, head, end] of [
    ['the owner closes', {}, (driver) => driver.close()],
    ['the request is refused', { 'sec-websocket-version': '8' }, (driver) => driver.start()]
  ]) {
    test(`keeps no socket waiting when ${what}`, () => {
      const driver = websocket.http(request(head));
      let drains = 0;
      driver.on('error', () => {});
      driver.io.on('drain', () => drains++);
      assert.strictEqual(driver.io.write(frame(1, 'x'.repeat(70_000))), false);
      end(driver);

      assert.deepStrictEqual([driver.getState(), drains], ['closed', 1]);
    });
  }

  test('keeps no socket waiting although a handler of a message throws', () => {
    const driver = websocket.http(request());
    let drains = 0;
    driver.io.on('drain', () => drains++);
    driver.on('message', () => {
      throw new Error('of the owner');
    });
    driver.io.write(frame(1, 'x'.repeat(70_000)));

    assert.throws(() => driver.start(), /of the owner/);
    assert.strictEqual(drains, 1);
  });

  test('ends the connection where more than a megabyte comes from somebody who does not wait', () => {
    const driver = websocket.http(request());
    const heard = heardOf(driver);
    driver.on('close', ({ code }) => heard.push(code));
    for (let i = 0; i < 20; i++) driver.io.write(frame(1, 'x'.repeat(60_000)));

    assert.deepStrictEqual(heard, ['Too much was sent before the handshake was answered', 'close', 1009]);
    assert.strictEqual(driver.start(), false);
  });

  test('comes to `messages` before their end, although the peer has ended', () => {
    const driver = websocket.http(request());
    const heard = [];
    driver.messages.on('data', (data) => heard.push(data));
    driver.messages.on('end', () => heard.push('end'));
    driver.io.write(frame(1, 'first'));
    driver.io.end(frame(1, 'last'));
    driver.start();

    assert.deepStrictEqual(heard, ['first', 'last', 'end']);
  });

  for (const [version, { head, behind }] of Object.entries(REQUESTS)) {
    test(`is told, each chunk of it, although a handler of the first throws, ${version}`, async () => {
      const driver = websocket.server({ allowDrafts: true });
      const heard = heardOf(driver);
      driver.once('message', () => {
        throw new Error('of the owner');
      });
      driver.io.write(Buffer.from(`${head.join('\r\n')}\r\n\r\n`));
      driver.io.write(behind);
      driver.io.write(behind.subarray(version === 'hixie-76' ? 8 : 0));
      assert.throws(() => driver.start(), /of the owner/);
      await new Promise(setImmediate);

      assert.deepStrictEqual(heard, ['open', 'hello', 'hello']);
    });
  }

  test('is dropped where the request is refused', () => {
    const driver = websocket.http(request({ 'sec-websocket-version': '8' }));
    const heard = heardOf(driver);
    driver.io.write(frame(1, 'first'));

    assert.strictEqual(driver.start(), false);
    assert.ok(!heard.includes('first'));
    assert.strictEqual(heard.at(-1), 'close');
  });
});

test('the callback of a ping is called for a payload of any kind', () => {
  for (const payload of ['text', Buffer.from([0xff]), new Uint8Array([1, 2, 3]), '']) {
    const driver = websocket.http(request());
    driver.start();
    let calls = 0;
    driver.ping(payload, () => calls++);
    driver.parse(frame(10, Buffer.from(payload)));
    assert.strictEqual(calls, 1);
  }
});
