'use strict';

/**
 * hixie-75 and hixie-76 over real sockets. The key of hixie-76 and its answer are the example of
 * draft-hixie-thewebsocketprotocol-76, section 1.2.
 */

const assert = require('node:assert');
const http = require('node:http');
const net = require('node:net');
const { describe, test } = require('node:test');

const WebSocket = require('../index.js');
const { uncaught } = require('../testing/peers/watch');

const HIXIE_75 =
  'GET /demo HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nOrigin: http://example.com\r\n\r\n';
const HIXIE_76 =
  'GET /demo HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nOrigin: http://example.com\r\n' +
  'Sec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\nSec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\n\r\n';
const CHALLENGE = '^n:ds[4U';
const ANSWER = "8jKS'y:G*Co,Wxa-";

/** A server whose connections go to `serve`, and a peer that has sent `request`. */
async function connect(t, request, serve, options) {
  const server = http.createServer();
  server.on('upgrade', (incoming, socket, head) =>
    serve(new WebSocket(incoming, socket, head, null, options))
  );
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const peer = net.connect(server.address().port, '127.0.0.1');
  t.after(() => {
    peer.destroy();
    server.close();
  });
  let received = '';
  let wake = () => {};
  peer.on('data', (chunk) => {
    received += chunk.toString('latin1');
    wake();
  });
  const ended = new Promise((resolve) => peer.on('end', resolve));
  peer.write(request, 'latin1');
  const until = async (text) => {
    while (!received.includes(text)) await new Promise((resolve) => (wake = resolve));
    return received;
  };
  return { peer, until, ended, received: () => received };
}

describe('hixie-75', () => {
  test('is answered, echoes text, and knows no ping and no binary', async (t) => {
    const seen = [];
    const { peer, until } = await connect(t, HIXIE_75, (ws) => {
      seen.push(ws.version, ws.url, ws.send('early'));
      ws.onopen = () => seen.push('open', ws.ping(), ws.send(Buffer.from([1])));
      ws.onmessage = ({ data }) => ws.send(data);
    });
    const head = await until('early\xff');
    assert.ok(head.startsWith('HTTP/1.1 101 Web Socket Protocol Handshake\r\n'));
    assert.ok(head.includes('WebSocket-Location: ws://example.com/demo\r\n'));
    peer.write(Buffer.from('\0hé\xff', 'latin1'));
    peer.write(Buffer.concat([Buffer.from([0]), Buffer.from('κόσμε'), Buffer.from([0xff])]));
    await until(Buffer.from('κόσμε').toString('latin1'));
    // False would have the caller wait for a drain.
    assert.deepStrictEqual(seen, ['hixie-75', 'ws://example.com/demo', true, 'open', false, true]);
  });

  test('calls a handler that throws for each message of a packet, and every exception surfaces', async (t) => {
    const COUNT = 20_000;
    const thrown = uncaught(t);
    let messages = 0;
    const { peer, until } = await connect(t, HIXIE_75, (ws) => {
      ws.onmessage = ({ data }) => {
        messages += 1;
        if (data === '') throw new Error(`planned ${messages}`);
        ws.send(data);
      };
    });
    await until('\r\n\r\n');
    peer.write(
      Buffer.concat([...Array(COUNT).fill(Buffer.from([0, 0xff])), Buffer.from('\0end\xff', 'latin1')])
    );
    await until('end\xff');
    while (thrown.length < COUNT) await new Promise(setImmediate);
    assert.strictEqual(messages, COUNT + 1);
    assert.strictEqual(new Set(thrown).size, COUNT);
  });

  test('closes without a frame and without a code', async (t) => {
    const closed = new Promise((resolve) => {
      connect(t, HIXIE_75, (ws) => {
        ws.onopen = () => ws.close(3000, 'ignored');
        ws.onclose = resolve;
      });
    });
    const { code, reason } = await closed;
    assert.deepStrictEqual([code, reason], [null, null]);
  });

  test('closes for a message over maxLength', async (t) => {
    const messages = [];
    let close;
    const closed = new Promise((resolve) => (close = resolve));
    const { peer } = await connect(
      t,
      HIXIE_75,
      (ws) => {
        ws.onmessage = ({ data }) => messages.push(data);
        ws.onclose = close;
      },
      { maxLength: 5 }
    );
    peer.write(Buffer.from('\x0012345\xff\x00123456\xff', 'latin1'));
    await closed;
    assert.deepStrictEqual(messages, ['12345']);
  });
});

describe('hixie-76', () => {
  test('opens when its challenge has come, and sends what waited in order', async (t) => {
    const seen = [];
    const { peer, until, ended } = await connect(t, HIXIE_76, (ws) => {
      seen.push(ws.version, ws.readyState);
      ws.send('one');
      ws.onopen = () => {
        seen.push('open');
        ws.send('two');
      };
      ws.onmessage = ({ data }) => ws.send(`re:${data}`);
      ws.onclose = ({ code }) => seen.push(code);
    });
    await until('Sec-WebSocket-Location: ws://example.com/demo\r\n');
    peer.write(CHALLENGE.slice(0, 3));
    peer.write(CHALLENGE.slice(3) + '\0hi');
    peer.write(Buffer.from('\xff\xff\0', 'latin1'));
    await ended;
    const bytes = await until('re:hi');
    const [, frames] = bytes.split('\r\n\r\n');
    assert.strictEqual(frames, `${ANSWER}\0one\xff\0two\xff\0re:hi\xff\xff\0`);
    assert.deepStrictEqual(seen, ['hixie-76', 0, 'open', null]);
  });

  test('is refused with 400 for keys that hold no number', async (t) => {
    const request = HIXIE_76.replace('4 @1  46546xW%0l 1 5', 'none');
    let error;
    const { until } = await connect(t, request, (ws) => (ws.onerror = ({ message }) => (error = message)));
    await until('400 Bad Request');
    assert.match(error, /invalid Sec-WebSocket-Key/);
  });
});

describe('hixie-76, whose client takes its time', () => {
  /** Has the timer of 30 seconds fire at once, or counts those that are running; no other. */
  function takeTimers(t, fires) {
    const { setTimeout: start, clearTimeout: stop } = globalThis;
    const running = new Set();
    globalThis.setTimeout = (callback, delay, ...rest) => {
      const timer = start(callback, delay === 30000 && fires ? 0 : delay, ...rest);
      if (delay === 30000) running.add(timer);
      return timer;
    };
    globalThis.clearTimeout = (timer) => {
      running.delete(timer);
      stop(timer);
    };
    t.after(() => Object.assign(globalThis, { setTimeout: start, clearTimeout: stop }));
    return running;
  }

  test('is left after 30 seconds without the end of its handshake', async (t) => {
    takeTimers(t, true);
    const seen = [];
    const { ended, peer, received } = await connect(t, HIXIE_76, (ws) => {
      ws.onopen = () => seen.push('open');
      ws.onerror = ({ message, error }) => seen.push(message, error.code);
      ws.onclose = ({ code }) => seen.push(code);
    });
    peer.write(CHALLENGE.slice(0, 7));
    await ended;
    const text = 'The client has not completed its handshake within 30 s';
    assert.deepStrictEqual(seen, [text, 'ERR_WEBSOCKET_TIMEOUT', null]);
    assert.match(received(), /^HTTP\/1\.1 101 [^]*\r\n\r\n$/);
  });

  test('leaves no timer when it opens, nor when it goes', async (t) => {
    const running = takeTimers(t, false);
    let opened;
    const first = await connect(t, HIXIE_76, (ws) => (ws.onopen = () => (opened = running.size)));
    await first.until('Sec-WebSocket-Location');
    assert.strictEqual(running.size, 1);
    first.peer.write(CHALLENGE);
    await first.until(ANSWER);
    assert.strictEqual(opened, 0);
    const closed = [];
    const second = await connect(t, HIXIE_76, (ws) =>
      closed.push(new Promise((done) => (ws.onclose = done)))
    );
    await second.until('Sec-WebSocket-Location');
    assert.strictEqual(running.size, 1);
    second.peer.destroy();
    await closed[0];
    assert.strictEqual(running.size, 0);
  });
});

describe('allowDrafts: false', () => {
  for (const [name, request] of [
    ['hixie-75', HIXIE_75],
    ['hixie-76', HIXIE_76]
  ]) {
    test(`answers ${name} with 400`, async (t) => {
      const { until } = await connect(t, request, () => {}, { allowDrafts: false });
      assert.match(
        await until('undefined'),
        /^HTTP\/1\.1 400 Bad Request\r\n[^]*Unsupported WebSocket version: undefined$/
      );
    });
  }
});
