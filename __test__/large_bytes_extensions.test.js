'use strict';

// A connection holds while a large message for extensions is copied in parts, and while extensions have too much to do. Neither end
// ends the other.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const native = require('../lib/native');
const WebSocket = require('../testing/peers/implementation');
const { passing } = require('../testing/passing_extension');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { binary } = require('../testing/wire');

const MIB = 1 << 20;
const LARGE = Buffer.alloc(9 * MIB, 'large');
/** More than extensions may have under way while the connection reads on. */
const GROWN = Buffer.alloc(MIB, 'grown');

/** So many turns of the loop are enough for what waits for nothing. */
const SOME = 50;

for (const transport of ['direct', 'stream']) {
  describe(`a large message over the ${transport} transport`, { skip: WebSocket.engine !== 'native' }, () => {
    /** Has the first message, of one byte, grow and arrive when the test wants it. */
    const open = async (t) => {
      const steps = {};
      const seen = [];
      const grow = passing('x-grow', (message, next) => {
        seen.push(message.data.length);
        if (message.data.length > 1) next(null, message);
        else steps.grow = () => next(null, { ...message, data: GROWN });
      });
      const wait = passing('x-wait', (message, next) => {
        if (message.data.length !== MIB) next(null, message);
        else steps.arrive = () => next(null, message);
      });
      const options = { transport, maxLength: 64 * MIB, extensions: [wait, { ...grow, rsv2: false }] };
      const server = await serve(t, undefined, { options });
      const client = await connect(t, server.port, {
        headers: ['Sec-WebSocket-Extensions: x-wait, x-grow']
      });
      const ws = await server.next();
      const lengths = [];
      ws.on('message', ({ data }) => lengths.push(data.length));
      return { client, lengths, seen, steps };
    };

    /** Calls one of `steps` before each part of the large message. */
    const step = (t, steps) => {
      const { copyPart } = native;
      t.after(() => Object.assign(native, { copyPart }));
      native.copyPart = (...args) => {
        if (steps.length > 0) steps.shift()();
        return copyPart(...args);
      };
    };

    const turns = async (isOver) => {
      while (!isOver()) await new Promise((resolve) => setImmediate(resolve));
    };

    test('comes before what is behind it although extensions catch up while it is copied', async (t) => {
      const { client, lengths, steps } = await open(t);
      step(t, [() => {}, () => steps.grow(), () => steps.arrive()]);
      client.send(binary('1'), binary(LARGE), binary('behind'));
      await turns(() => lengths.length === 3);
      assert.deepStrictEqual(lengths, [MIB, LARGE.length, 6]);
    });

    test(
      'lets a connection close whose stream goes meanwhile, although extensions never go on',
      { timeout: 10_000 },
      async (t) => {
        const stuck = passing('x-stuck', () => {});
        const options = { transport, maxLength: 64 * MIB, closeTimeout: 0.05, extensions: [stuck] };
        const server = await serve(t, undefined, { options });
        const client = await connect(t, server.port, { headers: ['Sec-WebSocket-Extensions: x-stuck'] });
        const ws = await server.next();
        const closed = new Promise((resolve) => ws.on('close', ({ code }) => resolve(code)));
        step(t, [() => {}, () => server.sockets.forEach((socket) => socket.destroy())]);
        client.send(binary(LARGE), binary('behind'));
        assert.strictEqual(await closed, 1006);
      }
    );

    test('does not end the wait for extensions that have too much to do', async (t) => {
      const { client, lengths, seen, steps } = await open(t);
      step(t, [() => {}, () => steps.grow()]);
      client.send(binary('1'), binary(LARGE), binary('behind'));
      await turns(() => seen.length === 2);
      let left = SOME;
      await turns(() => left-- === 0);
      assert.deepStrictEqual([seen, lengths], [[1, LARGE.length], []]);
      steps.arrive();
      await turns(() => lengths.length === 3);
      assert.deepStrictEqual(lengths, [MIB, LARGE.length, 6]);
    });
  });
}
