'use strict';

// A received Buffer is the receiver's: who transfers its memory, writes to it or keeps it touches nothing else. Not other
// messages, of this connection or another, nor what is still to be read, nor the memory that small Buffers share.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const deflate = require('../deflate');
const { passing } = require('../testing/passing_extension');
const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { until } = require('../testing/peers/told');
const { tryTransfer, ways } = require('../testing/peers/transfers');
const { binary, frame, ping, text } = require('../testing/wire');

/** Around all bounds: the pools of Node and ours, parts of chunks, what goes to other threads, what is gathered. */
const SIZES = [0, 1, 64, 65, 255, 256, 1000, 2047, 2048, 4096, 5000, 32768, 40000, 65536, 70000, 200000];

/** An extension of the caller's that passes messages on as they are. */
const plugin = passing('plugin');

const CODINGS = {
  'as they are': {},
  compressed: { extensions: [deflate] },
  'of plugins': { extensions: [plugin] }
};

/** Bytes that tell their size and whose they are. */
function pattern(size, seed = 0) {
  return Buffer.alloc(size, `${seed}:${size};`);
}

/** What a connection is sent: Buffers of all sizes, with text between that was not read when they are received. */
function messages(seed) {
  return SIZES.flatMap((size) => [
    pattern(size, seed),
    pattern(size, seed + 1),
    `text ${size}`,
    `Größe ${size}`
  ]);
}

/** Checks that Buffers which share Node's memory for small ones are as they were. */
function canary() {
  const made = [Buffer.from('canary'), Buffer.from('x'.repeat(100)), Buffer.allocUnsafe(40).fill('y')];
  return () => assert.deepStrictEqual(made.map(String), ['canary', 'x'.repeat(100), 'y'.repeat(40)]);
}

/** Two connections, each with an end that sends and one that receives. */
async function pairs(t, role, settings) {
  const { url, next } = await serve(t, undefined, settings);
  const ends = [];
  for (let i = 0; i < 2; i++) {
    const client = new WebSocket.Client(url, [], { ...settings.options, tls: { rejectUnauthorized: false } });
    const server = await next();
    await Promise.all([client, server].map((ws) => ws.readyState === 0 && once(ws, 'open')));
    t.after(() => client.terminate());
    ends.push(role === 'client' ? { from: server, to: client } : { from: client, to: server });
  }
  return ends;
}

/** A message as a value that nobody can take away. */
const print = (data) => (typeof data === 'string' ? data : `${data.length} bytes ${data.toString('latin1')}`);

for (const transport of ['stream', 'direct']) {
  for (const secure of transport === 'stream' ? [false, true] : [false]) {
    describe(`over the ${transport} transport${secure ? ' and TLS' : ''}`, () => {
      for (const role of ['client', 'server']) {
        for (const [coding, extensions] of Object.entries(CODINGS)) {
          for (const way of ways) {
            test(`a ${role} takes messages ${coding} by ${way}, and touches no others`, async (t) => {
              const options = { transport, ...extensions };
              const [taker, keeper] = await pairs(t, role, { secure, options });
              const check = canary();
              const taken = [];
              const kept = [];
              taker.to.on('message', ({ data }) => {
                taken.push(print(data));
                if (typeof data !== 'string') tryTransfer(way, data.fill('z'));
              });
              keeper.to.on('message', ({ data }) => kept.push(data));

              const [ours, theirs] = [messages(1), messages(5)];
              ours.forEach((data, i) => {
                taker.from.send(data);
                keeper.from.send(theirs[i]);
              });
              await until(() => taken.length >= ours.length);
              await until(() => kept.length >= theirs.length);
              assert.deepStrictEqual(taken, ours.map(print));
              assert.deepStrictEqual(kept.map(print), theirs.map(print));
              check();
            });
          }
        }
      }
    });
  }

  describe(`in one packet over the ${transport} transport`, () => {
    for (const way of ways) {
      test(`what is behind a message that is taken by ${way} is read, and answered`, async (t) => {
        const taken = [];
        const { port } = await serve(
          t,
          (ws) => {
            ws.on('message', ({ data }) => {
              taken.push(print(data));
              if (data.length === 1) ws.send('again');
              if (typeof data !== 'string') tryTransfer(way, data);
            });
          },
          { options: { transport } }
        );
        const client = await connect(t, port);
        const fragment = (opcode, payload, fin) => frame({ opcode, payload, fin });
        client.send(
          binary(pattern(5000)),
          ping('one'),
          binary(pattern(300)),
          fragment(2, pattern(2000), false),
          ping('two'),
          fragment(0, pattern(3000), false),
          fragment(0, '', true),
          text('Grüße'),
          binary('x'),
          binary(''),
          ping('three'),
          binary(pattern(6000)),
          // The rest of this one comes later.
          binary(pattern(1000)).subarray(0, 400)
        );
        await until(() => taken.length >= 7);
        client.send(binary(pattern(1000)).subarray(400), ping('four'));
        assert.deepStrictEqual(await client.frames(5), [
          '10:one',
          '10:two',
          '1:again',
          '10:three',
          '10:four'
        ]);
        assert.deepStrictEqual(
          taken,
          [
            pattern(5000),
            pattern(300),
            Buffer.concat([pattern(2000), pattern(3000)]),
            'Grüße',
            Buffer.from('x'),
            Buffer.alloc(0),
            pattern(6000),
            pattern(1000)
          ].map(print)
        );
      });
    }
  });
}
