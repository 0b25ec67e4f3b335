'use strict';

// Both ends have more to send than the kernel holds, and both listen: reading goes on although writes wait for the peer,
// or else neither end would ever read again. Who answers a peer that never reads is read from less and less.

const assert = require('node:assert');
const crypto = require('node:crypto');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { settled } = require('../testing/peers/attack');
const { connect } = require('../testing/peers/raw_client');
const { agreement, listen } = require('../testing/peers/raw_server');
const { serve } = require('../testing/peers/server');
const { CODINGS, WAYS, hears, meet } = require('../testing/peers/ways');
const WebSocket = require('../testing/peers/implementation');
const wire = require('../testing/wire');

const MEGABYTE = 1024 * 1024;
const PIECE = 64 * 1024;

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

/** How long a test may take: two ends that wait for each other do so for ever, and a busy machine does not. */
const DEADLOCK = { timeout: 300_000 };

/** Noise, which nothing compresses. */
const noise = crypto.randomBytes(20 * MEGABYTE);

describe('two ends that both have much to send', () => {
  const loads = [
    { count: 1, size: 20 * MEGABYTE },
    { count: 100, size: 100_000 },
    { count: 1500, size: 6000 }
  ];
  for (const way of WAYS) {
    for (const { coding, more } of CODINGS) {
      test(`hear all of it: ${way.name}, ${coding}`, DEADLOCK, async (t) => {
        for (const { count, size } of loads) {
          const ends = await meet(t, way, more);
          const heard = ends.map((ws) => hears(ws, count * size));
          for (const ws of ends) for (let i = 0; i < count; i++) ws.send(noise.subarray(0, size));
          await Promise.all(heard);
          for (const ws of ends) assert.strictEqual(ws.bufferedAmount, 0);
        }
      });
    }

    test(`hear all of it that they answer with: ${way.name}`, DEADLOCK, async (t) => {
      const ends = await meet(t, way);
      const heard = ends.map((ws) => hears(ws, 3 + 20 * MEGABYTE));
      for (const ws of ends) ws.once('message', () => ws.send(noise));
      for (const ws of ends) ws.send('now');
      await Promise.all(heard);
    });

    test(`hear it while they confirm each message: ${way.name}`, DEADLOCK, async (t) => {
      const ends = await meet(t, way);
      const count = 3000;
      const counts = await Promise.all(
        ends.map((ws) => {
          const heard = { messages: 0, confirmations: 0 };
          return new Promise((resolve) => {
            ws.on('message', ({ data }) => {
              if (typeof data === 'string') heard.confirmations++;
              else ws.send(`message ${heard.messages++} has come`);
              if (heard.messages === count && heard.confirmations === count) resolve(heard);
            });
            for (let i = 0; i < count; i++) ws.send(noise.subarray(0, 6000));
          });
        })
      );
      assert.deepStrictEqual(counts, Array(2).fill({ messages: count, confirmations: count }));
    });

    test(`hear it if more is sent turn by turn: ${way.name}`, DEADLOCK, async (t) => {
      const ends = await meet(t, way);
      const heard = ends.map((ws) => hears(ws, 20 * MEGABYTE));
      for (let i = 0; i < 20; i++) {
        for (const ws of ends) ws.send(noise.subarray(0, MEGABYTE));
        await new Promise(setImmediate);
      }
      await Promise.all(heard);
    });
  }
});

describe('an echo to a client that has paused', () => {
  for (const way of WAYS) {
    for (const { coding, more } of CODINGS) {
      test(`holds it up, and comes once it reads: ${way.name}, ${coding}`, DEADLOCK, async (t) => {
        const [ws, client] = await meet(t, way, more);
        ws.on('message', ({ data }) => ws.send(data));
        const count = 40 * 16;
        const heard = hears(client, count * PIECE);
        client.pause();
        for (let i = 0; i < count; i++) client.send(noise.subarray(i * 1000, i * 1000 + PIECE));
        await settled(() => ws.bufferedAmount + client.bufferedAmount, pause);
        // How much the system holds both ways is its own matter.
        assert.ok(client.bufferedAmount > MEGABYTE, `${client.bufferedAmount} bytes are held up`);
        assert.ok(ws.bufferedAmount < 8 * MEGABYTE, `${ws.bufferedAmount} bytes wait`);
        client.resume();
        await heard;
      });
    }
  }
});

/** An end of ours, in either role, and a raw peer that does not read from now on. */
const ROLES = {
  async server(t, { secure, options }) {
    const server = await serve(t, undefined, { secure, options });
    const peer = await connect(t, server.port, { secure });
    const ws = await server.next();
    if (ws.readyState === 0) await once(ws, 'open');
    return { ws, peer, made: wire };
  },
  async client(t, { options }) {
    const server = await listen(t, async (peer) => peer.send(agreement(await peer.head())));
    const ws = new WebSocket.Client(server.url, [], options);
    t.after(() => ws.terminate());
    await once(ws, 'open');
    return { ws, peer: await server.next(), made: wire.fromServer };
  }
};

for (const [role, begin] of Object.entries(ROLES)) {
  for (const way of WAYS.filter(({ secure }) => role === 'server' || !secure)) {
    const stalled = async (t) => {
      const all = await begin(t, way);
      all.peer.socket.pause();
      while (all.ws.bufferedAmount < MEGABYTE) {
        while (all.ws.bufferedAmount < MEGABYTE) all.ws.send(noise.subarray(0, PIECE));
        await settled(() => all.ws.bufferedAmount, pause);
      }
      return all;
    };

    describe(`a ${role} whose peer does not read: ${way.name}`, () => {
      test('hears messages, pongs and the close', async (t) => {
        const { ws, peer, made } = await stalled(t);
        const pong = new Promise((resolve) => ws.ping('are you there?', resolve));
        const log = [];
        ws.on('message', ({ data }) => log.push(data.length));
        const closed = once(ws, 'close');
        for (let i = 0; i < 100; i++) peer.send(made.binary(noise.subarray(0, PIECE)));
        peer.send(made.pong('are you there?'));
        await pong;
        peer.send(made.text('the last'), made.close(1000));
        while (log.length < 101) await once(ws, 'message');
        assert.deepStrictEqual([...log.slice(0, 2), log[100]], [PIECE, PIECE, 8]);
        while (ws.readyState < 2) await new Promise(setImmediate);
        peer.drop();
        peer.socket.resume();
        await closed;
      });

      test('answers only the newest of the pings that have come meanwhile', async (t) => {
        const { ws, peer, made } = await stalled(t);
        for (let i = 0; i < 50; i++) peer.send(made.ping(`ping ${i}`));
        peer.send(made.text('behind'));
        await once(ws, 'message');
        peer.socket.resume();
        const opcodes = [];
        for (;;) {
          const { opcode, payload } = await peer.frame();
          if (opcode === 2) continue;
          opcodes.push([opcode, String(payload)]);
          break;
        }
        assert.deepStrictEqual(opcodes, [[10, 'ping 49']]);
      });

      test('is not read from while its owner has paused it', async (t) => {
        const { ws, peer, made } = await stalled(t);
        let heard = 0;
        ws.on('message', () => heard++);
        ws.pause();
        const COUNT = 512;
        for (let i = 0; i < COUNT; i++) peer.send(made.binary(noise.subarray(0, PIECE)));
        await settled(() => peer.socket.writableLength, pause);
        assert.ok(peer.socket.writableLength > 8 * MEGABYTE, 'the peer is held up');
        const early = heard;
        assert.ok(early < COUNT / 2, `${early} messages came while paused`);
        ws.resume();
        while (heard < COUNT) await once(ws, 'message');
      });
    });

    const answers = {
      'at once': (ws, data) => ws.send(data),
      'in a promise': async (ws, data) => {
        await null;
        ws.send(data);
      },
      'in another turn': (ws, data) => setImmediate(() => ws.send(data)),
      'in a timer': (ws, data) => setTimeout(() => ws.send(data), 1)
    };
    describe(`a ${role} that echoes: ${way.name}`, () => {
      for (const [when, answer] of Object.entries(answers)) {
        test(`${when} holds up a peer that does not read, and echoes everything once it does`, async (t) => {
          const { ws, peer, made } = await begin(t, way);
          ws.on('message', ({ data }) => answer(ws, data));
          peer.socket.pause();
          let sent = 0;
          const send = async (megabytes) => {
            for (let i = 0; i < megabytes * 16; i++, sent++) {
              const payload = Buffer.from(noise.subarray(0, PIECE));
              payload.writeUInt32BE(sent, 0);
              peer.send(made.binary(payload));
            }
            await settled(() => peer.socket.writableLength + ws.bufferedAmount, pause);
          };
          // As much as handlers are at work on when the first answers have to wait is answered.
          await send(16);
          const before = ws.bufferedAmount;
          await send(48);
          assert.ok(peer.socket.writableLength > 24 * MEGABYTE, 'the peer is held up');
          const grown = ws.bufferedAmount - before;
          assert.ok(grown < 16 * MEGABYTE, `${grown} bytes more wait`);
          peer.socket.resume();
          for (let i = 0; i < sent; i++) {
            const { payload } = await peer.frame();
            assert.strictEqual(payload.readUInt32BE(0), i);
          }
        });
      }
    });
  }
}
