'use strict';

// Attacks on the memory of a server, each over a real socket and with its figure.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { closeCode, cost, flood, repeated, settled, tell, warmSubject } = require('../testing/peers/attack');
const { connect } = require('../testing/peers/raw_client');
const { MEGABYTE, megabytes } = require('../testing/peers/subject');
const { continuation, binary, frame, ping, text } = require('../testing/wire');

const KILOBYTE = 1024;
/** What an attack that is refused may leave behind. */
const NOTHING = 5 * MEGABYTE;

describe('a flood', () => {
  test('of 5 million empty fragments is ended with 1008 after 1,024 of them, within 5 MB', async (t) => {
    const { subject, before } = await warmSubject(t);
    const client = await connect(t, subject.port);
    const empty = continuation('', { fin: false });
    const thousand = Buffer.concat(Array(1000).fill(empty));
    client.send(text('', { fin: false }));
    const written = await flood(client, repeated(thousand, 5000));
    const after = await subject.until('close', 6);
    tell(t, cost(before, after), `, closed after ${(written / KILOBYTE).toFixed(0)} KB of ${5000 * 6} KB`);
    assert.deepStrictEqual(after.state.closes[5], [1008, 'Too many empty fragments in one message']);
    assert.ok(cost(before, after).peak < NOTHING);
  });

  test('of empty fragments between fragments with bytes is ended as well', async (t) => {
    const { subject } = await warmSubject(t);
    const client = await connect(t, subject.port);
    client.send(text('a', { fin: false }));
    const both = Buffer.concat([continuation('', { fin: false }), continuation('b', { fin: false })]);
    client.send(...repeated(both, 1023));
    client.send(ping('still open'));
    assert.deepStrictEqual(await client.frames(1), ['10:still open']);
    client.send(both);
    assert.strictEqual(await closeCode(client), 1008);
  });

  test('of 4 million fragments of one byte holds no more than the bytes that came, in linear time', async (t) => {
    const one = continuation('x', { fin: false });
    const thousand = Buffer.concat(Array(1000).fill(one));
    const figures = [];
    for (const thousands of [1000, 4000]) {
      const { subject, before } = await warmSubject(t);
      const client = await connect(t, subject.port);
      client.send(binary('', { fin: false }));
      await flood(client, repeated(thousand, thousands));
      client.send(ping('done'));
      assert.deepStrictEqual(await client.frames(1), ['10:done']);
      const held = cost(before, await subject.measure());
      tell(t, held, ` for ${thousands / 1000} million`);
      figures.push(held);
      client.send(continuation('', { fin: true }));
      const { opcode, payload } = await client.frame();
      assert.deepStrictEqual([opcode, payload.length], [2, thousands * 1000]);
      await subject.stop();
    }
    const [small, large] = figures;
    // The message is 4 MB. On the stream transport the chunks that it came in, 28 MB, are Node's garbage, and where
    // the heap is broken up between them and the message it keeps their pages.
    const most = process.env.FAYE_WEBSOCKET_TRANSPORT === 'stream' ? 48 : 28;
    assert.ok(large.rss < most * MEGABYTE, megabytes(large.rss));
    assert.ok(large.cpu < 10 * small.cpu + 50, 'time grows with the bytes and not with their square');
  });

  for (const transport of ['direct', 'stream']) {
    test(`of 131,000 fragments of one byte without an end, from each of 100 connections, holds their bytes (${transport})`, async (t) => {
      const env = { FAYE_WEBSOCKET_TRANSPORT: transport };
      const { subject, before } = await warmSubject(t, { env });
      const first = frame({ opcode: 2, payload: 'a', fin: false, mask: Buffer.alloc(4) });
      const chunk = Buffer.concat(
        Array(13_100).fill(frame({ opcode: 0, payload: 'a', fin: false, mask: Buffer.alloc(4) }))
      );
      const clients = [];
      for (let i = 0; i < 100; i++) {
        const client = await connect(t, subject.port);
        clients.push(client);
        client.send(first);
        await flood(client, repeated(chunk, 10));
        client.send(ping('all'));
      }
      for (const client of clients) assert.strictEqual((await client.frame()).opcode, 10);
      const after = await subject.measure();
      tell(t, cost(before, after), ', 13.1 million fragments');
      // 13 MB of bytes; a buffer may have twice the room, and chunks of the stream transport are Node's garbage. A
      // record of 16 bytes for each fragment would be 200 MB.
      assert.ok(cost(before, after).rss < 150 * MEGABYTE, megabytes(cost(before, after).rss));
      assert.deepStrictEqual(after.state.closes.length, before.state.closes.length);
    });
  }

  test('of 200,000 pings from a peer that never reads is answered by the newest, within 16 MB', async (t) => {
    const { subject, before } = await warmSubject(t);
    const client = await connect(t, subject.port);
    client.socket.pause();
    let number = 0;
    const chunks = Array.from({ length: 200 }, () =>
      Buffer.concat(Array.from({ length: 1000 }, () => ping(String(++number).padStart(125, '0'))))
    );
    let written = false;
    const flooded = flood(client, chunks).then(() => (written = true));
    // The peer is held up, or all of it has arrived: in either case nothing more can change.
    await settled(
      () => client.socket.bytesWritten,
      () => written || subject.measure()
    );
    const during = await subject.measure();
    tell(t, cost(before, during), `, ${megabytes(during.buffered)} wait`);
    assert.ok(cost(before, during).rss < 16 * MEGABYTE);
    client.socket.resume();
    let newest = 0;
    while (newest < number) {
      const { opcode, payload } = await client.frame();
      assert.strictEqual(opcode, 10);
      assert.ok(Number(payload) > newest, 'pongs come in the order of their pings');
      newest = Number(payload);
    }
    await flooded;
  });

  test('of tiny packets costs no more than their bytes', async (t) => {
    const { subject, before } = await warmSubject(t);
    const client = await connect(t, subject.port);
    const message = binary(Buffer.alloc(100_000, 1));
    for (let at = 0; at < message.length; at += 3) {
      client.socket.write(message.subarray(at, at + 3));
      if (at % 300 === 0) await new Promise(setImmediate);
    }
    assert.strictEqual((await client.frame()).payload.length, 100_000);
    const after = await subject.measure();
    tell(t, cost(before, after));
    assert.ok(cost(before, after).rss < 16 * MEGABYTE);
  });
});

describe('a header that announces', () => {
  for (const [words, length] of [
    ['2^63 - 1 bytes', (1n << 63n) - 1n],
    ['2^64 - 1 bytes', (1n << 64n) - 1n],
    ['2^63 bytes', 1n << 63n],
    ['2^53 bytes', 1n << 53n],
    ['one byte over maxLength', 1n << 26n]
  ]) {
    test(`${words} is refused with 1009 before any of them arrives`, async (t) => {
      const { subject, before } = await warmSubject(t);
      const client = await connect(t, subject.port);
      const head = Buffer.alloc(10);
      head[0] = 0x82;
      head[1] = 0xff;
      head.writeBigUInt64BE(length, 2);
      client.send(head);
      assert.strictEqual(await closeCode(client), 1009);
      const after = await subject.until('close', 6);
      tell(t, cost(before, after));
      assert.ok(cost(before, after).peak < NOTHING);
    });
  }

  test('maxLength bytes and stalls holds memory for what has arrived, for each of 500 connections', async (t) => {
    const { subject, before } = await warmSubject(t);
    const clients = [];
    for (let i = 0; i < 500; i++) clients.push(await connect(t, subject.port));
    const idle = await subject.measure();
    const whole = frame({ opcode: 2, payload: '', form: 64, length: (1 << 26) - 1 });
    for (const client of clients) client.send(whole, Buffer.alloc(1000));
    for (const client of clients) client.send(Buffer.alloc(24));
    while ((await subject.measure()).state.open < 505);
    const after = await subject.measure();
    const each = (after.rss - idle.rss) / clients.length;
    t.diagnostic(
      `idle: ${((idle.rss - before.rss) / 500 / KILOBYTE).toFixed(1)} KB each, ` +
        `with 1 KB of 64 MB: +${(each / KILOBYTE).toFixed(1)} KB each`
    );
    assert.ok(each < 16 * KILOBYTE, `${each} bytes each`);
  });

  test('maxLength bytes and sends them a few at a time holds no more than twice of them', async (t) => {
    const { subject, before } = await warmSubject(t);
    const client = await connect(t, subject.port);
    client.send(frame({ opcode: 2, payload: '', form: 64, length: 32 * MEGABYTE }));
    await flood(client, repeated(Buffer.alloc(64 * KILOBYTE), 256));
    client.send(Buffer.alloc(1));
    const { rss } = cost(before, await subject.measure());
    t.diagnostic(`16 MB of 32 MB have arrived: RSS +${megabytes(rss)}`);
    assert.ok(rss < 2 * 16 * MEGABYTE + 8 * MEGABYTE);
  });
});

describe('a consumer that stalls', () => {
  test('holds what waits for it, and not the memory of what others were sent meanwhile', async (t) => {
    const { subject } = await warmSubject(t, {
      behaviour: (ws, { state }) => {
        state.peers = state.peers || [];
        Object.defineProperty(state, 'peers', { enumerable: false });
        state.peers.push(ws);
        ws.onmessage = ({ data }) => {
          // The kernel takes some megabytes, the rest waits.
          if (data === 'fill') while (ws.bufferedAmount < 10_000_000) ws.send(Buffer.alloc(100_000));
          if (data === 'broadcast') for (const peer of state.peers) peer.send('x'.repeat(1000));
        };
      }
    });
    const stalled = await connect(t, subject.port);
    const others = [];
    for (let i = 0; i < 50; i++) others.push(await connect(t, subject.port));
    stalled.socket.pause();
    stalled.send(text('fill'));
    for (const other of others) other.drop();
    await subject.until('message', 5 * 3 + 1);
    const broadcast = async (rounds) => {
      const { dropped } = others[0];
      for (let i = 1; i <= rounds; i++) {
        others[0].send(text('broadcast'));
        // One at a time, as broadcasts are that have some time between them.
        while (others[0].dropped < dropped + i * 1004) await once(others[0].socket, 'data');
      }
    };
    await broadcast(10);
    const filled = await subject.measure();
    const ROUNDS = 2000;
    await broadcast(ROUNDS);
    const after = await subject.measure();
    const waiting = after.buffered - filled.buffered;
    const grown = after.rss - filled.rss;
    t.diagnostic(`${(waiting / KILOBYTE).toFixed(0)} KB more wait, RSS +${megabytes(grown)}`);
    assert.ok(after.buffered > 5 * MEGABYTE, 'it was stalled');
    assert.ok(grown < 2 * ROUNDS * 1004 + 8 * MEGABYTE, `${megabytes(grown)} for ${waiting} bytes`);
  });
});

describe('a message that is kept', () => {
  test('keeps its own bytes alive and not the packet that it came in', async (t) => {
    const { subject, before } = await warmSubject(t, {
      behaviour: (ws, { state }) => {
        const kept = [];
        Object.defineProperty(state, 'kept', { value: kept, configurable: true });
        let count = 0;
        ws.onmessage = ({ data }) => {
          // One of a thousand.
          if (count++ % 1000 === 0) kept.push(data);
        };
      }
    });
    const client = await connect(t, subject.port);
    const packet = Buffer.concat(Array(1000).fill(binary(Buffer.alloc(58, 1))));
    await flood(client, repeated(packet, 2000));
    client.send(ping('done'));
    await client.frames(1);
    const after = await subject.measure();
    tell(t, cost(before, after), ' for 2,000 kept messages of 58 bytes');
    assert.ok(cost(before, after).rss < 60 * MEGABYTE);
  });
});
