'use strict';

// The WebAssembly engine has no other thread: what takes long is done in steps, between which everybody else has their turn.

const assert = require('node:assert');
const { once } = require('node:events');
const { test } = require('node:test');
const zlib = require('node:zlib');

process.env.FAYE_WEBSOCKET_NATIVE = 'wasm';

const deflate = require('../deflate');
const WebSocket = require('..');
const { serve } = require('../testing/peers/server');
const { random } = require('../testing/peers/random');

const MIB = 1 << 20;
const LIMIT = 64 * MIB;
/** What one turn of the loop may inflate at most, with what a kilobyte of input may still become. */
const MOST_A_TURN = 2 * MIB;

/** Bytes that compress a thousandfold, bytes that compress a little, and bytes that do not. */
const MESSAGES = {
  zeros: Buffer.alloc(16 * MIB),
  words: Buffer.from('some words and others, again and again; '.repeat((16 * MIB) / 40)),
  noise: noise(4 * MIB)
};

/** Bytes at random. */
function noise(length) {
  const roll = random(1);
  return Buffer.from(Array.from({ length }, () => roll(256)));
}

/** A message as a peer compresses it. */
function compressed(plain) {
  const bytes = zlib.deflateRawSync(plain, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
  return bytes.subarray(0, -4);
}

/** Counts the turns of the loop until `done` is settled. */
async function turnsOf(done) {
  let turns = 0;
  let settled = false;
  done.finally(() => (settled = true));
  while (!settled) {
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  return turns;
}

for (const [name, plain] of Object.entries(MESSAGES)) {
  const least = plain.length / MOST_A_TURN;

  test(`a session of another host inflates ${name} of ${plain.length} bytes in many turns`, async () => {
    const session = deflate.configure({ maxLength: LIMIT }).createServerSession([{}]);
    const inflated = (data) =>
      new Promise((resolve, reject) =>
        session.processIncomingMessage({ rsv1: true, data }, (error, message) =>
          error ? reject(error) : resolve(message.data)
        )
      );
    for (let i = 0; i < 2; i++) {
      const result = inflated(compressed(plain));
      const turns = await turnsOf(result);
      assert.ok((await result).equals(plain));
      assert.ok(turns >= least, `${turns} turns`);
    }
    assert.ok((await inflated(compressed(Buffer.from('small')))).equals(Buffer.from('small')));
    session.close();
  });
}

test('a connection inflates in many turns, and another one has its messages meanwhile', async (t) => {
  const options = { extensions: [deflate], maxLength: LIMIT };
  const { url, next } = await serve(t, undefined, { options, WebSocket });
  const open = async () => {
    const client = new WebSocket.Client(url, [], options);
    t.after(() => client.terminate());
    const server = await next();
    if (client.readyState === 0) await once(client, 'open');
    return { client, server };
  };
  const [large, small] = [await open(), await open()];
  assert.strictEqual(WebSocket.engine, 'wasm');
  large.client.send(MESSAGES.zeros);
  large.client.send('behind');
  const received = [];
  const order = [];
  large.server.on('message', ({ data }) => {
    received.push(data);
    order.push('large');
  });
  const echoes = new Promise((resolve) => {
    small.server.on('message', ({ data }) => small.server.send(data));
    small.client.on('message', () => {
      order.push('small');
      if (received.length === 2) resolve();
      else small.client.send('echo');
    });
  });
  small.client.send('echo');
  await echoes;
  assert.ok(received[0].equals(MESSAGES.zeros));
  assert.strictEqual(received[1], 'behind');
  const before = order.indexOf('large');
  assert.ok(before >= 3, `${before} echoes came before the large message`);
});

test('a session that is closed in the middle of a message ends, and its callback hears of it', async () => {
  const session = deflate.configure({ maxLength: LIMIT }).createServerSession([{}]);
  let called = 0;
  session.processIncomingMessage({ rsv1: true, data: compressed(MESSAGES.zeros) }, () => called++);
  await new Promise((resolve) => setImmediate(resolve));
  session.close();
  const start = Date.now();
  while (called === 0 && Date.now() - start < 10_000) await new Promise((resolve) => setImmediate(resolve));
  assert.strictEqual(called, 1);
  session.processIncomingMessage({ rsv1: true, data: Buffer.alloc(1) }, (error) => {
    assert.match(error.message, /closed/);
    called++;
  });
  assert.strictEqual(called, 2);
});

test('a message of another host that becomes too long fails in the turn in which it does', async () => {
  const session = deflate.configure({ maxLength: 8 * MIB }).createServerSession([{}]);
  const failed = new Promise((resolve) =>
    session.processIncomingMessage({ rsv1: true, data: compressed(MESSAGES.zeros) }, resolve)
  );
  const turns = await turnsOf(failed);
  assert.strictEqual((await failed).type, 'too_large');
  assert.ok(turns >= 4, `${turns} turns`);
  session.close();
});
