'use strict';

// A hostile server, against the memory and the time of a client. What it may answer to the handshake is in
// client_handshake.test.js.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { cost, flood, repeated, settled, tell } = require('../testing/peers/attack');
const { agreement, listen } = require('../testing/peers/raw_server');
const { MEGABYTE, megabytes, startSubject } = require('../testing/peers/subject');
const { fromServer } = require('../testing/wire');

const NOTHING = 5 * MEGABYTE;

/** Answers a request as a server should; `tail` rides with the answer. */
async function agree(peer, tail = Buffer.alloc(0)) {
  peer.send(agreement(await peer.head()), tail);
}

/** Clients in a process of their own that has had a conversation already, and the next connection, open. */
async function victim(t, settings) {
  const server = await listen(t);
  const subject = await startSubject(t, { url: server.url, ...settings });
  for (let i = 0; i < 3; i++) {
    const peer = await server.next();
    await agree(peer, fromServer.text('warm'));
    peer.send(fromServer.close(1000));
    await peer.rest();
    peer.socket.destroy();
  }
  const before = await subject.until('close', 3);
  return { subject, server, before };
}

describe('a server before it has agreed', () => {
  for (const [what, start, chunk] of [
    ['a status line', 'HTTP/1.1 101 ', 'x'.repeat(10_000)],
    ['a header', 'HTTP/1.1 101 OK\r\nX: ', 'x'.repeat(10_000)],
    ['headers', 'HTTP/1.1 101 OK\r\n', 'X-Header: value\r\n'.repeat(1000)],
    ['line breaks', '', '\r\n'.repeat(10_000)]
  ]) {
    test(`that sends ${what} without end is left, within 5 MB`, async (t) => {
      const { subject, server, before } = await victim(t);
      const peer = await server.next();
      await peer.head();
      peer.send(start);
      const written = await flood(peer, repeated(Buffer.from(chunk), 2000));
      const after = await subject.until('close', 4);
      tell(t, cost(before, after), `, left within ${megabytes(written)}`);
      assert.strictEqual(after.state.errors.length, 1);
      assert.ok(cost(before, after).peak < NOTHING);
    });
  }
});

describe('a server that has agreed', () => {
  test('and floods with empty fragments is left with 1008, within 5 MB', async (t) => {
    const { subject, server, before } = await victim(t);
    const peer = await server.next();
    await agree(peer, fromServer.text('', { fin: false }));
    const thousand = Buffer.concat(Array(1000).fill(fromServer.continuation('', { fin: false })));
    await flood(peer, repeated(thousand, 5000));
    const after = await subject.until('close', 4);
    tell(t, cost(before, after));
    assert.strictEqual(after.state.closes[3][0], 1008);
    assert.ok(cost(before, after).peak < NOTHING);
  });

  for (const [words, length] of [
    ['2^63 - 1', (1n << 63n) - 1n],
    ['2^64 - 1', (1n << 64n) - 1n],
    ['2^26', 1n << 26n]
  ]) {
    test(`and announces ${words} bytes is left with 1009`, async (t) => {
      const { subject, server, before } = await victim(t);
      const peer = await server.next();
      const head = Buffer.alloc(10);
      head[0] = 0x82;
      head[1] = 127;
      head.writeBigUInt64BE(length, 2);
      await agree(peer, head);
      const after = await subject.until('close', 4);
      tell(t, cost(before, after));
      assert.strictEqual(after.state.closes[3][0], 1009);
      assert.ok(cost(before, after).peak < NOTHING);
    });
  }

  test('and pings without reading is answered by the newest, within 16 MB', async (t) => {
    const { subject, server, before } = await victim(t);
    const peer = await server.next();
    await agree(peer);
    await subject.until('open', 4);
    peer.socket.pause();
    const payload = Buffer.alloc(125, 'p');
    const thousand = Buffer.concat(Array(1000).fill(fromServer.ping(payload)));
    let over = false;
    const flooded = flood(peer, repeated(thousand, 200)).then(() => (over = true));
    await settled(
      () => peer.socket.bytesWritten,
      () => over || subject.measure()
    );
    const during = await subject.measure();
    tell(t, cost(before, during), `, ${megabytes(during.buffered)} wait`);
    assert.ok(cost(before, during).rss < 16 * MEGABYTE);
    peer.drop();
    peer.socket.resume();
    await flooded;
  });

  test('and sends 8 MB of text that end in byte 0xFF is left with 1007', async (t) => {
    const { subject, server } = await victim(t);
    const peer = await server.next();
    const good = Buffer.from('水'.repeat((8 * MEGABYTE) / 3));
    await agree(peer, fromServer.frame({ opcode: 1, payload: Buffer.concat([good, Buffer.from([0xff])]) }));
    const after = await subject.until('close', 4);
    assert.strictEqual(after.state.closes[3][0], 1007);
    assert.strictEqual(after.state.message, 3);
  });

  test('and sends pongs that nobody asked for, of any bytes, is heard on', async (t) => {
    const { subject, server } = await victim(t);
    const peer = await server.next();
    const names = ['__proto__', 'constructor', Buffer.from([0xff, 0xfe]), ''];
    await agree(peer, Buffer.concat([...names.map((name) => fromServer.pong(name)), fromServer.text('on')]));
    const after = await subject.until('message', 4);
    assert.strictEqual(after.state.close, 3);
  });
});
