'use strict';

// Attacks in the framing and the keys of draft-hixie-thewebsocketprotocol-75 and -76, over real sockets.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { cost, flood, repeated, warmSubject } = require('../testing/peers/attack');
const { connect, dial } = require('../testing/peers/raw_client');
const { MEGABYTE, megabytes } = require('../testing/peers/subject');
const { text } = require('../testing/wire');
const { engine } = require('..');
const native = require('../lib/native');
const { HAS_EXTERNAL_STRINGS, MAX_TEXT } = require('../lib/native/runtime');

const NOTHING = 5 * MEGABYTE;

/** The head of a request; `lines` are the keys, or nothing for hixie-75. */
function head(...lines) {
  return [
    'GET / HTTP/1.1',
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: WebSocket',
    'Origin: http://localhost',
    ...lines,
    '',
    ''
  ].join('\r\n');
}

/** Dials and sends a request; the answer is read. */
async function enter(t, port, ...lines) {
  const client = await dial(t, port);
  client.send(head(...lines));
  client.answer = await client.head();
  return client;
}

/** Whether the server still serves others. */
async function serves(t, port) {
  const client = await connect(t, port);
  client.send(text('still here'));
  assert.deepStrictEqual(await client.frames(1), ['1:still here']);
}

describe('a peer of hixie-75', () => {
  for (const [what, options, begin, chunk, count] of [
    ['a length of endless groups of 7 bits', {}, [0x80], Buffer.alloc(64 * 1024, 0xff), 400],
    ['a length of zeros without end', {}, [0x80], Buffer.alloc(64 * 1024, 0x80), 400],
    ['a length of 2^70', {}, [0x80, ...Array(10).fill(0xff), 0x7f], Buffer.alloc(64 * 1024, 1), 400],
    ['a text without a terminator', { maxLength: MEGABYTE }, [0x00], Buffer.alloc(64 * 1024, 0x41), 400]
  ]) {
    test(`that sends ${what} is left, within 5 MB`, async (t) => {
      const { subject, before } = await warmSubject(t, { options });
      const client = await enter(t, subject.port);
      assert.match(client.answer, /^HTTP\/1\.1 101 /);
      client.send(Buffer.from(begin));
      const written = await flood(client, repeated(chunk, count));
      await client.closed;
      const after = await subject.until('close', 6);
      const { rss, peak } = cost(before, after);
      t.diagnostic(
        `RSS +${megabytes(rss)}, peak +${megabytes(peak)}, closed after ${(written / 1024).toFixed(0)} KB`
      );
      assert.ok(rss < NOTHING && peak < 2 * NOTHING, megabytes(peak));
      await serves(t, subject.port);
    });
  }
});

describe('the end of a long text of hixie-75', () => {
  /**
   * The CPU time of the longest call with the end and behind it, and of those with what stands before it, in milliseconds: the
   * least of five.
   */
  function spent(body) {
    const parts = {
      hixie76: false,
      method: 'GET',
      url: 'ws://x/',
      upgrade: 'WebSocket',
      connection: 'Upgrade'
    };
    const of = (work) => {
      const begun = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(begun);
      return (user + system) / 1000;
    };
    const tries = Array.from({ length: 5 }, () => {
      const session = new native.DraftSession(parts, [], 64 * MEGABYTE, MAX_TEXT, HAS_EXTERNAL_STRINGS);
      const before = of(() => {
        session.receive(Buffer.from([0x00]));
        for (let at = 0; at < body.length; at += 2048) session.receive(body.subarray(at, at + 2048));
      });
      let events;
      let end = of(() => (events = session.receive(Buffer.from([0xff]))));
      let text = events[0].kind === 'long' ? null : events[0].text;
      while (text === null) {
        const piece = of(() => (text = session.convert()));
        end = Math.max(end, piece);
      }
      assert.strictEqual(text, body.toString());
      return { before, end };
    });
    return tries.reduce((least, one) => (one.end < least.end ? one : least));
  }

  test('without a good byte is not where all of it is mended', (t) => {
    const { before, end } = spent(Buffer.alloc(16 * MEGABYTE, 0x80));
    t.diagnostic(`16 MB: ${end.toFixed(1)} ms, and ${before.toFixed(1)} ms before`);
    assert.ok(end < before, `${end} ms`);
  });

  test(
    'of Chinese takes no longer than those of RFC 6455 may',
    { skip: engine === 'wasm' && 'the engine is slower' },
    (t) => {
      const { end } = spent(Buffer.from('漢'.repeat(32_000_000 / 3)));
      t.diagnostic(`32 MB: ${end.toFixed(1)} ms`);
      assert.ok(end < 40, `${end} ms`);
    }
  );

  test(
    'of ASCII with one other character is made in pieces',
    { skip: engine === 'wasm' && 'the engine is slower' },
    (t) => {
      for (const other of ['漢', 'é']) {
        const { end } = spent(Buffer.from('a'.repeat(60 * MEGABYTE) + other));
        t.diagnostic(`60 MB and ${other}: ${end.toFixed(1)} ms`);
        assert.ok(end < 45, `${end} ms`);
      }
    }
  );
});

describe('a peer of hixie-76', () => {
  for (const [what, one, two] of [
    ['no digits', '  abc  ', '12998 5 Y3 1  .P00'],
    ['no blanks', '18x6546xW0l15', '12998 5 Y3 1  .P00'],
    ['more digits than any number has', `${'9'.repeat(4000)} x`, '12998 5 Y3 1  .P00'],
    ['2^64 and a blank', '18446744073709551616 ', '12998 5 Y3 1  .P00'],
    ['a number that its blanks do not divide', '7 a  b', '12998 5 Y3 1  .P00'],
    ['nothing', '', ''],
    ['one key missing', '4 @1  46546xW%0l 1 5', null]
  ]) {
    test(`with keys of ${what} gets 400, or an answer of 16 bytes`, async (t) => {
      const { subject, before } = await warmSubject(t);
      const lines = [`Sec-WebSocket-Key1: ${one}`];
      if (two !== null) lines.push(`Sec-WebSocket-Key2: ${two}`);
      const client = await enter(t, subject.port, ...lines);
      client.send('12345678');
      const status = client.answer.slice(9, 12);
      assert.ok(['400', '101'].includes(status), status);
      t.diagnostic(`${status}, RSS +${megabytes(cost(before, await subject.measure()).rss)}`);
      await serves(t, subject.port);
    });
  }

  test('that never sends its challenge holds up nobody and is let go by a close', async (t) => {
    const { subject, before } = await warmSubject(t);
    const keys = ['Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5', 'Sec-WebSocket-Key2: 12998 5 Y3 1  .P00'];
    const clients = [];
    for (let i = 0; i < 200; i++) clients.push(await enter(t, subject.port, ...keys));
    for (const client of clients) client.send('1234567');
    await serves(t, subject.port);
    const each = (await subject.measure()).rss - before.rss;
    t.diagnostic(`200 that wait: RSS +${(each / 200 / 1024).toFixed(1)} KB each`);
    for (const client of clients) client.socket.destroy();
    const after = await subject.until('close', 5 + 200);
    assert.strictEqual(after.descriptors <= before.descriptors + 3, true);
  });
});
