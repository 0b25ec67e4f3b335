'use strict';

// Attacks on the time of a server: what they cost its processor, and how long its loop stands still.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { closeCode, cost, flood, warmSubject } = require('../testing/peers/attack');
const { connect, dial, request } = require('../testing/peers/raw_client');
const { MEGABYTE } = require('../testing/peers/subject');
const { continuation, frame, text } = require('../testing/wire');

/** Counts messages and the units of texts, and keeps nothing. */
function sink(ws, { state }) {
  state.units = state.units || 0;
  ws.onmessage = ({ data }) => (state.units += data.length);
}

/** A text message of `size` bytes of three-byte characters, masked with zeros, which unmask to themselves. */
function chinese(size) {
  const payload = Buffer.from('水'.repeat(Math.floor(size / 3)));
  const head = frame({ opcode: 1, payload: '', mask: Buffer.alloc(4), length: payload.length, form: 64 });
  return { head, payload };
}

/** Milliseconds for people. */
const ms = (number) => `${number.toFixed(number < 10 ? 2 : 0)} ms`;

describe('large texts', () => {
  test('of 8 and 32 MB of Chinese take time of the processor by their length', async (t) => {
    const figures = [];
    for (const size of [8, 32]) {
      const { subject, before } = await warmSubject(t, { behaviour: sink });
      const client = await connect(t, subject.port);
      const { head, payload } = chinese(size * MEGABYTE);
      client.send(head);
      client.socket.write(payload);
      const after = await subject.until('message', before.state.message + 1);
      assert.strictEqual(after.state.units - before.state.units, payload.length / 3);
      figures.push({ ...cost(before, after), delay: after.delay });
      t.diagnostic(
        `${size} MB: CPU ${ms(figures[figures.length - 1].cpu)}, loop held up ${ms(after.delay)} at most`
      );
      await subject.stop();
    }
    const [small, large] = figures;
    assert.ok(large.cpu < 8 * small.cpu + 100, 'time grows with the bytes and not with their square');
    // The loop is held up for no longer than all of the work takes.
    assert.ok(large.cpu < 1000, ms(large.cpu));
  });

  test('that turn bad are refused when the bad byte arrives, with megabytes still to come', async (t) => {
    const { subject } = await warmSubject(t, { behaviour: sink });
    for (const [where, make] of [
      ['in the first packet of a frame of 8 MB', (head) => [head, Buffer.from('水水'), Buffer.from([0xff])]],
      [
        'in a fragment of a message',
        () => [text('水', { fin: false }), continuation([0xff], { fin: false })]
      ],
      ['as an impossible second byte', (head) => [head, Buffer.from([0xe6, 0xb0, 0xb4, 0xed, 0xa0])]],
      ['between two packets', (head) => [head, Buffer.from([0xe6, 0xb0]), Buffer.from([0xff])]]
    ]) {
      const client = await connect(t, subject.port);
      const { head } = chinese(8 * MEGABYTE);
      for (const bytes of make(head)) client.send(bytes);
      assert.strictEqual(await closeCode(client), 1007, where);
    }
  });

  test('of 8 MB that end in byte 0xFF are refused with 1007', async (t) => {
    const { subject, before } = await warmSubject(t, { behaviour: sink });
    const client = await connect(t, subject.port);
    const { payload } = chinese(8 * MEGABYTE);
    client.send(
      frame({ opcode: 1, payload: '', mask: Buffer.alloc(4), length: payload.length + 1, form: 64 }),
      payload,
      [0xff]
    );
    assert.strictEqual(await closeCode(client), 1007);
    const after = await subject.until('close', 6);
    assert.strictEqual(after.state.message, before.state.message);
    assert.deepStrictEqual(after.state.errors, ['Could not decode a text frame as UTF-8']);
  });

  test('are taken in parts, between which other connections are answered', async (t) => {
    const { subject } = await warmSubject(t);
    const attacker = await connect(t, subject.port);
    const bystander = await connect(t, subject.port);
    attacker.drop();
    const { head, payload } = chinese(32 * MEGABYTE);
    attacker.send(head);
    attacker.socket.write(payload.subarray(0, -3));
    let longest = 0;
    let trips = 0;
    while (attacker.socket.writableLength > 0) {
      trips += 1;
      const begun = process.hrtime.bigint();
      bystander.send(text('x'));
      await bystander.frame();
      longest = Math.max(longest, Number(process.hrtime.bigint() - begun) / 1e6);
    }
    t.diagnostic(`${trips} round trips of another connection meanwhile, the slowest took ${ms(longest)}`);
    // Were all of it dealt with at once, there would be one before and one behind.
    assert.ok(trips > 2, `${trips} round trips`);
  });
});

describe('headers with 15.5 KB of blanks', () => {
  const blanks = ' '.repeat(15_500);

  for (const [name, value] of [
    ['Connection', `a${blanks}b, Upgrade`],
    ['Connection', `Upgrade${blanks.replace(/ /g, ', ').slice(0, 15_500)}`],
    ['Sec-WebSocket-Protocol', `a${blanks}b`],
    ['Sec-WebSocket-Protocol', ','.repeat(15_500)],
    ['Sec-WebSocket-Extensions', `a${blanks}b`],
    ['Sec-WebSocket-Extensions', `a;${blanks}b`],
    ['Sec-WebSocket-Extensions', 'a;'.repeat(7_500)],
    ['Sec-WebSocket-Extensions', 'a; b="' + '\\'.repeat(15_000)],
    ['Accept', `text/event-stream${blanks}x`],
    ['Upgrade', `websocket${blanks}x`]
  ]) {
    test(`cost no more than in a header that nobody reads, in ${name}: ${value.slice(0, 24).trim()}...`, async (t) => {
      const ROUNDS = 30;
      const { subject } = await warmSubject(t, { behaviour: (ws) => ws.on('open', () => ws.close()) });
      const head = request().toString();
      const make = (line) => {
        const [field] = line.split(':');
        const kept = head.split('\r\n').filter((other) => !other.startsWith(field + ':'));
        return Buffer.from([kept[0], line, ...kept.slice(1)].join('\r\n'));
      };
      const plain = await handshakes(t, subject, make('X-Blanks: ' + value), ROUNDS);
      const attack = await handshakes(t, subject, make(`${name}: ${value}`), ROUNDS);
      t.diagnostic(`${ms(attack)} of the processor each; ${ms(plain)} in a header that nobody reads`);
      assert.ok(attack - plain < 1.5, `${ms(attack - plain)} more`);
    });
  }

  /** The processor's time for one handshake, in milliseconds. */
  async function handshakes(t, subject, bytes, rounds) {
    const before = await subject.measure();
    for (let i = 0; i < rounds; i++) {
      const client = await dial(t, subject.port);
      client.send(bytes);
      await client.wait(() => (client.bytes.length > 0 ? true : undefined));
      client.socket.destroy();
      await once(client.socket, 'close');
    }
    return cost(before, await subject.measure()).cpu / rounds;
  }
});

describe('many small things', () => {
  test('in a request: 2,000 headers are served or refused, and the server goes on', async (t) => {
    const { subject } = await warmSubject(t);
    const client = await dial(t, subject.port);
    client.send(request(Array.from({ length: 1990 }, (_, i) => `X${i}: 1`)));
    assert.match(await client.head(), /^HTTP\/1\.1 (101|431|400) /);
    const next = await connect(t, subject.port);
    next.send(text('x'));
    assert.deepStrictEqual(await next.frames(1), ['1:x']);
  });

  test('in packets: 200,000 messages of one character take half a second of the processor at most', async (t) => {
    const { subject, before } = await warmSubject(t, { behaviour: sink });
    const client = await connect(t, subject.port);
    const tiny = Buffer.concat(Array(10_000).fill(text('x')));
    await flood(client, Array(20).fill(tiny));
    const after = await subject.until('message', before.state.message + 200_000);
    const { cpu } = cost(before, after);
    t.diagnostic(
      `200,000 messages: ${((cpu / 200_000) * 1000).toFixed(2)} µs each, loop held up ${ms(after.delay)}`
    );
    assert.ok(cpu < 500, ms(cpu));
  });
});
