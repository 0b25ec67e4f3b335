'use strict';

// Over TLS the texts of a record stand in memory of ours while their handlers run, and short ones that are sent on are copied
// from there. Nobody sees that: each frame is what its sender said, in the order in which he said it.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { random } = require('../testing/peers/random');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { uncaught } = require('../testing/peers/watch');
const { binary, text } = require('../testing/wire');

describe('over TLS, a text that is sent on', { timeout: 20_000 }, () => {
  /** Texts of every length up to that of a longer header, no two alike. */
  const TEXTS = Array.from({ length: 140 }, (_, i) => String.fromCharCode(33 + (i % 90)).repeat(i));

  async function connected(t) {
    const server = await serve(t, undefined, { secure: true });
    const peer = await connect(t, server.port, { secure: true });
    return { server, peer, ws: await server.next() };
  }

  /** The same that has been told a message: what a socket reads first does not come into our memory. */
  async function begin(t) {
    const all = await connected(t);
    all.peer.send(text('the first one'));
    await once(all.ws, 'message');
    return all;
  }

  for (const [where, start] of [
    ['in the first record', connected],
    ['in a later one', begin]
  ]) {
    test(`is what came, whatever is sent beside it, ${where}`, async (t) => {
      const { peer, ws } = await start(t);
      let before = '';
      ws.on('message', ({ data }) => {
        ws.send(data);
        ws.send(data.replace(/^./, '~'));
        ws.send(before);
        ws.send(`${data.slice(0, -1)}é`);
        ws.send(data);
        before = data;
      });
      peer.send(...TEXTS.map((payload) => text(payload)));
      const expected = TEXTS.flatMap((data, i) => [
        data,
        data.replace(/^./, '~'),
        TEXTS[i - 1] || '',
        `${data.slice(0, -1)}é`,
        data
      ]);
      const frames = await peer.frames(expected.length);
      assert.deepStrictEqual(
        frames,
        expected.map((data) => `1:${data}`)
      );
    });
  }

  test('is what came, though other messages stand where it stood', async (t) => {
    const server = await serve(t, undefined, { secure: true });
    const peer = await connect(t, server.port, { secure: true });
    const ws = await server.next();
    let last = '';
    ws.on('message', ({ data }) => {
      if (typeof data === 'string') last = data;
      ws.send(last);
    });
    for (const payload of ['first', 'second', 'third']) {
      peer.send(text('one before'), text(payload));
      assert.deepStrictEqual(await peer.frames(2), ['1:one before', `1:${payload}`]);
      peer.send(...[1, 2, 3].map((byte) => binary(Buffer.alloc(40, byte))));
      assert.deepStrictEqual(await peer.frames(3), Array(3).fill(`1:${payload}`));
    }
  });

  test('is what came, where handlers send on some, in another order, twice, or to others', async (t) => {
    const { server, peer, ws } = await begin(t);
    const other = await connect(t, server.port, { secure: true });
    const to = await server.next();
    const roll = random(7);
    const expected = [];
    const expectedOfOther = [];
    const kept = [];
    ws.on('message', ({ data }) => {
      kept.push(data);
      for (let i = roll(4); i > 0; i--) {
        const message = roll(3) === 0 ? kept[roll(kept.length)] : data;
        const [whom, list] = roll(8) === 0 ? [to, expectedOfOther] : [ws, expected];
        whom.send(message);
        list.push(typeof message === 'string' ? `1:${message}` : `2:${message.toString('latin1')}`);
      }
      // The answers that wait leave before the others.
      if (roll(50) === 0) for (const end = performance.now() + 3; performance.now() < end;);
      if (roll(30) === 0) ws.ping('');
    });
    const come = once(ws, 'message');
    for (let packet = 0; packet < 40; packet++) {
      const frames = Array.from({ length: 1 + roll(60) }, () => {
        const payload = String.fromCharCode(33 + roll(90)).repeat(roll(roll(10) === 0 ? 3000 : 200));
        return roll(12) === 0 ? binary(Buffer.from(payload)) : text(payload);
      });
      peer.send(...frames);
    }
    peer.send(text('the last one'));
    await come;
    while (kept.at(-1) !== 'the last one') await once(ws, 'message');
    ws.send('end');
    to.send('end');
    for (const [end, list] of [
      [peer, expected],
      [other, expectedOfOther]
    ]) {
      const got = [];
      while (got.at(-1) !== '1:end') got.push(...(await end.frames(1)));
      assert.deepStrictEqual(
        got.filter((frame) => !frame.startsWith('9:')),
        [...list, '1:end']
      );
    }
  });

  test('is what came, where one goes to another connection, too', async (t) => {
    const { server, peer, ws } = await begin(t);
    const other = await connect(t, server.port, { secure: true });
    const to = await server.next();
    ws.on('message', ({ data }) => {
      ws.send(data);
      if (data.length === 70) to.send(data);
    });
    peer.send(...TEXTS.map((payload) => text(payload)));
    assert.deepStrictEqual(await other.frames(1), [`1:${TEXTS[70]}`]);
    assert.deepStrictEqual(
      await peer.frames(TEXTS.length),
      TEXTS.map((data) => `1:${data}`)
    );
  });

  test('leaves whole behind a handler that throws', async (t) => {
    const { peer, ws } = await begin(t);
    const thrown = uncaught(t);
    ws.on('message', ({ data }) => {
      ws.send(data);
      if (data.length === 70) throw new Error('of the application');
    });
    peer.send(...TEXTS.map((payload) => text(payload)));
    assert.deepStrictEqual(
      await peer.frames(TEXTS.length),
      TEXTS.map((data) => `1:${data}`)
    );
    assert.strictEqual(thrown.length, 1);
  });

  test('is what came, though other messages stand where it stood', async (t) => {
    const { peer, ws } = await begin(t);
    let last = '';
    ws.on('message', ({ data }) => {
      if (typeof data === 'string') last = data;
      ws.send(last);
    });
    for (const payload of ['first', 'second', 'third']) {
      peer.send(text('one before'), text(payload));
      assert.deepStrictEqual(await peer.frames(2), ['1:one before', `1:${payload}`]);
      peer.send(...[1, 2, 3].map((byte) => binary(Buffer.alloc(40, byte))));
      assert.deepStrictEqual(await peer.frames(3), Array(3).fill(`1:${payload}`));
    }
  });
});
